//! What a location is computed from: receptors, wind and enhancements, in local metres.

use super::answer::LocateOptions;
use super::error::LocateError;
use super::model::{Receptor, WindSeries};
use std::ops::Range;

/// One block of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// The steps of the wind that lie in the block.
    pub steps: Range<usize>,
    /// Mean enhancement at each receptor in kg/m3; `None` where too little was measured.
    pub enhancements: Vec<Option<f64>>,
}

/// Everything a location is computed from.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// The places of the stations.
    pub receptors: Vec<Receptor>,
    /// The wind, beginning early enough before the first block for the air to travel through the district.
    pub wind: WindSeries,
    /// The blocks, in order of time.
    pub blocks: Vec<Block>,
}

/// A block and a receptor with a known enhancement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub(super) block: usize,
    pub(super) receptor: usize,
    /// Enhancement in kg/m3.
    pub(super) enhancement: f64,
}

impl Scene {
    /// Checks that every number is finite.
    pub(super) fn check(&self, options: &LocateOptions) -> Result<(), LocateError> {
        if self.receptors.is_empty() {
            return Err(LocateError::NoReceptors);
        }
        let first = |what, mut is_wrong: Box<dyn FnMut(usize) -> bool + '_>, count: usize| {
            (0..count).find(|place| is_wrong(*place)).map_or(Ok(()), |place| Err(LocateError::Number { what, place }))
        };
        let receptor = |place: usize| {
            self.receptors
                .get(place)
                .is_some_and(|r| !(r.east_m.is_finite() && r.north_m.is_finite() && (0.0..1e4).contains(&r.height_m)))
        };
        first("the position of the receptor", Box::new(receptor), self.receptors.len())?;
        let wind = |place: usize| {
            self.wind.steps.get(place).copied().flatten().is_some_and(|w| {
                !((w.toward_east.hypot(w.toward_north) - 1.0).abs() < 1e-6 && (0.0..200.0).contains(&w.speed_m_s))
            })
        };
        first("the wind of the step", Box::new(wind), self.wind.steps.len())?;
        let block = |place: usize| {
            self.blocks
                .get(place)
                .is_some_and(|block| block.enhancements.iter().flatten().any(|e| !(0.0..1e9).contains(e)))
        };
        first("an enhancement of the block", Box::new(block), self.blocks.len())?;
        let heights = [options.source_height_m, options.mast_height_m];
        first(
            "a height of the options",
            Box::new(|place| !heights.get(place).is_some_and(|h| (0.0..1e3).contains(h))),
            2,
        )
    }

    /// Returns every block and receptor with an enhancement and a wind.
    pub(super) fn pairs(&self) -> Vec<Pair> {
        let mut pairs = Vec::new();
        for (block, content) in self.blocks.iter().enumerate() {
            let winds = self.wind.steps.get(content.steps.clone()).unwrap_or_default();
            if winds.iter().flatten().next().is_none() {
                continue;
            }
            for (receptor, enhancement) in content.enhancements.iter().enumerate() {
                pairs.extend(enhancement.map(|enhancement| Pair { block, receptor, enhancement }));
            }
        }
        pairs
    }
}
