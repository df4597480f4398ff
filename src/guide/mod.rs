//! The guide, chapter by chapter.

#[doc = include_str!("ARCHITECTURE.md")]
pub mod architecture {}

#[doc = include_str!("RULES.md")]
pub mod rules {}

#[doc = include_str!("ALARMS.md")]
pub mod alarms {}

#[doc = include_str!("TRACING.md")]
pub mod tracing {}

#[doc = include_str!("STATIONS.md")]
pub mod stations {}

#[doc = include_str!("OPERATIONS.md")]
pub mod operations {}

#[doc = include_str!("QUALITY.md")]
pub mod quality {}

#[doc = include_str!("FILES.md")]
pub mod files {}

#[doc = include_str!("CHANGELOG.md")]
pub mod changelog {}
