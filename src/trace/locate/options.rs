//! What a location may assume.

/// What a location may assume.
#[derive(Debug, Clone, PartialEq)]
pub struct LocateOptions {
    /// Number of draws of the bootstrap, 20 to 2,000.
    pub draws: usize,
    /// Height of the source above ground in metres: tanks and flanges of a process area by default.
    pub source_height_m: f64,
    /// Height of the wind sensor above ground in metres.
    pub mast_height_m: f64,
    /// Places that the search must reach, metres east and north: named sites, for instance.
    pub reach: Vec<(f64, f64)>,
}

impl Default for LocateOptions {
    fn default() -> Self {
        Self { draws: 200, source_height_m: 2.0, mast_height_m: 10.0, reach: Vec::new() }
    }
}
