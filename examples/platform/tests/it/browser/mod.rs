//! The pages in a real browser over HTTP: Debian's `chromium`, without a window. A missing browser is a failure.

mod access;
mod acts;
mod chart;
mod driver;
mod layout;
mod live;
mod page;
mod size;
mod stage;

pub(crate) use driver::Browser;
pub(crate) use page::Page;
