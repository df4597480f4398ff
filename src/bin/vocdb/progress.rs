//! Progress bars on standard error.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A progress bar with a template; hidden if standard error is no terminal, or JSON was requested.
pub(crate) fn bar(is_hidden: bool, template: &str) -> ProgressBar {
    let target = if is_hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style = ProgressStyle::with_template(template);
    ProgressBar::with_draw_target(None, target).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Updates a bar with the amount done and the total.
pub(crate) fn on(bar: &ProgressBar) -> impl FnMut(u64, u64) + '_ {
    |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    }
}

/// Template that counts files.
pub(crate) const FILES: &str = "{bar:40} {pos}/{len} files {eta}";
/// Template that counts segments.
pub(crate) const SEGMENTS: &str = "{bar:40} {pos}/{len} segments {eta}";
