//! Ways in and out for other formats, each behind its own feature.

#[cfg(feature = "csv")]
pub mod csv;
#[cfg(feature = "hj212")]
pub mod hj212;
#[cfg(feature = "mail")]
pub mod mail;
#[cfg(feature = "profiles")]
pub mod mapping;
#[cfg(feature = "webhook")]
pub mod webhook;
