//! The style and the script, within the binary.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;

/// The colours of drawings, which a drawing that is a file of its own has within it.
pub(crate) const DRAWING_STYLE: &str = include_str!("drawing.css");
/// The style of pages. What it says about drawings holds after their colours.
const STYLE: &str = concat!(include_str!("drawing.css"), include_str!("style.css"));

/// `GET /assets/style.css`
pub(crate) async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "no-cache")], STYLE)
}

/// `GET /assets/live.js`
pub(crate) async fn script() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "no-cache")], include_str!("live.js"))
}
