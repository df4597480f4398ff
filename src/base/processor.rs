//! The same code for the processors that everybody has and for newer ones, chosen when it runs.
//!
//! Nothing here changes an answer: only instructions differ, each operation is the one that the source says, and no two are fused.

/// Runs some work with the best instructions that this processor has: those of x86-64-v3, or those that every processor of the target has.
/// Only what is inlined into the work profits.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn with_best<R>(work: impl FnOnce() -> R) -> R {
    use fearless_simd::{Level, Simd};
    match Level::new().as_avx2() {
        Some(newer) => newer.vectorize(work),
        None => work(),
    }
}

/// Runs some work: the target has no instructions to choose from.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
pub(crate) fn with_best<R>(work: impl FnOnce() -> R) -> R {
    work()
}
