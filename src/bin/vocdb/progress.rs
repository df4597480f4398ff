//! Bars on standard error for what takes time.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar that is drawn as the template says; none where standard error is no terminal, or JSON was asked for.
pub(crate) fn bar(is_hidden: bool, template: &str) -> ProgressBar {
    let target = if is_hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style = ProgressStyle::with_template(template);
    ProgressBar::with_draw_target(None, target).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Shows on a bar how much is done, and of how much.
pub(crate) fn on(bar: &ProgressBar) -> impl FnMut(u64, u64) + '_ {
    |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    }
}

/// By files.
pub(crate) const FILES: &str = "{bar:40} {pos}/{len} files {eta}";
/// By segments that are rewritten.
pub(crate) const SEGMENTS: &str = "{bar:40} {pos}/{len} segments {eta}";
