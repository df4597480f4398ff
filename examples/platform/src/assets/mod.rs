//! Styles and scripts, within the binary.

use crate::failure::Failure;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// The colours of drawings, which a drawing that is a file of its own has within it.
pub(crate) const DRAWING_STYLE: &str = include_str!("drawing.css");
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const ICON: &str = "icon.svg";
/// Hexadecimal digits of a tag.
const TAG_DIGITS: usize = 32;

/// A file of the pages.
struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
    /// Tag of its content, quoted.
    tag: String,
}

static ASSETS: LazyLock<[Asset; 7]> = LazyLock::new(|| {
    [
        // What the style of pages says about drawings holds after their colours.
        asset("style.css", CSS, concat!(include_str!("drawing.css"), include_str!("style.css"))),
        asset("live.js", SCRIPT, include_str!("live.js")),
        asset(ICON, "image/svg+xml", include_str!("icon.svg")),
        asset("chart.css", CSS, include_str!("chart.css")),
        asset("chart.js", SCRIPT, include_str!("chart.js")),
        asset("uplot/uPlot.min.css", CSS, include_str!("uplot/uPlot.min.css")),
        asset("uplot/uPlot.iife.min.js", SCRIPT, include_str!("uplot/uPlot.iife.min.js")),
    ]
});

fn asset(name: &'static str, kind: &'static str, text: &'static str) -> Asset {
    let digest = Sha256::digest(text.as_bytes());
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Asset { name, kind, text, tag: format!("\"{}\"", digits.get(..TAG_DIGITS).unwrap_or(&digits)) }
}

/// `GET /assets/{name}`. A browser that has the file already gets no second copy of it.
pub(crate) async fn show(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Failure> {
    let asset = ASSETS.iter().find(|asset| asset.name == name).ok_or(Failure::NotFound)?;
    let caching = [(CACHE_CONTROL, "no-cache"), (ETAG, asset.tag.as_str())];
    if headers.get_all(IF_NONE_MATCH).iter().any(|known| known.to_str().is_ok_and(|tags| has(tags, &asset.tag))) {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    Ok((caching, [(CONTENT_TYPE, asset.kind)], asset.text).into_response())
}

/// `GET /favicon.ico`, which browsers ask for by themselves.
pub(crate) async fn icon(headers: HeaderMap) -> Result<Response, Failure> {
    show(Path(ICON.to_owned()), headers).await
}

/// Whether a list of tags has a tag.
fn has(tags: &str, tag: &str) -> bool {
    tags.split(',').map(str::trim).any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found_in_lists_and_differ_between_files() {
        assert!(has("\"a\", W/\"b\"", "\"b\"") && has("*", "\"b\"") && !has("\"ab\"", "\"b\""));
        let mut tags: Vec<&str> = ASSETS.iter().map(|asset| asset.tag.as_str()).collect();
        tags.sort_unstable();
        tags.dedup();
        assert_eq!(tags.len(), ASSETS.len());
    }
}
