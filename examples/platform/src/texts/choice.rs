//! The language of a reader: the one chosen with the link in the frame of a page, or else one that the browser asks for, or else that of the
//! platform.

use super::Language;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::visit::cookie;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_LANGUAGE, SET_COOKIE};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::sync::Arc;

/// Name of the cookie with the code of the chosen language.
const LANGUAGE_COOKIE: &str = "vocdb_language";
/// Time for which a choice is kept: a year.
const KEPT_S: u32 = 31_536_000;
/// Bytes of a header that are looked at, and of an address to return to.
const TEXT_BYTES_MAX: usize = 2_000;

/// The language of a request. Whatever else the cookie and the header have in them is left alone.
pub(crate) fn choose(headers: &HeaderMap, usual: Language) -> Language {
    let chosen = cookie(headers, LANGUAGE_COOKIE).and_then(Language::of_code);
    let preferred = || headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).and_then(preferred);
    chosen.or_else(preferred).unwrap_or(usual)
}

/// The language of a header such as `zh-CN,zh;q=0.9,en;q=0.8` (RFC 9110, 12.5.4) that the browser prefers.
fn preferred(header: &str) -> Option<Language> {
    let header = header.get(..TEXT_BYTES_MAX).unwrap_or(header);
    let mut best = None;
    for part in header.split(',') {
        let (range, weight) = part.split_once(';').unwrap_or((part, "q=1"));
        let language = range.trim().split('-').next().and_then(|first| Language::of_code(&first.to_ascii_lowercase()));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.trim().parse::<f32>().ok());
        let weight = weight.filter(|weight| *weight > 0.0 && *weight <= 1.0);
        let Some((language, weight)) = language.zip(weight) else { continue };
        if best.is_none_or(|(_, most)| weight > most) {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language)
}

/// Where a reader returns to.
#[derive(Debug, Deserialize)]
pub(crate) struct Back {
    #[serde(default)]
    back: String,
}

/// `GET /language/{code}?back=PATH`: keeps the choice in a cookie.
pub(crate) async fn switch(
    State(platform): State<Arc<Platform>>,
    Path(code): Path<String>,
    back: Result<Query<Back>, QueryRejection>,
) -> Result<Response, Failure> {
    let language = Language::of_code(&code).ok_or(Failure::NotFound)?;
    let Query(back) = back.map_err(|_| Failure::NotFound)?;
    let secure = if platform.is_https { "; Secure" } else { "" };
    let code = language.code();
    let cookie = format!("{LANGUAGE_COOKIE}={code}; Path=/; Max-Age={KEPT_S}; HttpOnly; SameSite=Lax{secure}");
    let to = if is_own_path(&back.back) { back.back.as_str() } else { "/" };
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to(to)).into_response())
}

/// Whether a text is a path of this platform, and no address elsewhere.
pub(crate) fn is_own_path(text: &str) -> bool {
    let is_plain = text.len() <= TEXT_BYTES_MAX && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    is_plain && text.starts_with('/') && !text.starts_with("//")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_with_the_greatest_weight_is_asked_for() {
        for (header, found) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", Some(Language::Chinese)),
            ("en-GB;q=0.5, ZH-TW;q=0.7", Some(Language::Chinese)),
            ("de-DE,de;q=0.9,en;q=0.8,zh;q=0.1", Some(Language::English)),
            ("zh;q=0, en;q=0.1", Some(Language::English)),
            ("en, zh", Some(Language::English)),
            ("zhx, english", None),
            ("*", None),
            ("fr", None),
            ("zh;q=2, en;q=NaN, zh;q=, ;;;, -", None),
            ("", None),
        ] {
            assert_eq!(preferred(header), found, "{header}");
        }
        assert_eq!(preferred(&"é,".repeat(9_000)), None);
    }

    #[test]
    fn readers_return_to_pages_of_the_platform_only() {
        for path in ["/", "/station?name=park%2FS1&hours=6"] {
            assert!(is_own_path(path), "{path}");
        }
        let long = format!("/{}", "x".repeat(TEXT_BYTES_MAX));
        for text in
            ["", "alarms", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nset-cookie: a=b", &long]
        {
            assert!(!is_own_path(text), "{text}");
        }
    }
}
