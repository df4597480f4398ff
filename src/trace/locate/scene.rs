//! What a location is computed from: receptors, wind and enhancements, in local metres.

use super::error::LocateError;
use super::grid::Extent;
use super::model::{Receptor, WindSeries};
use super::options::LocateOptions;
use crate::base::limits::LOCATE_TRANSPORTS_MAX;
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

/// Margin around the network that is searched, as a share of its diagonal, and at least so many metres.
const MARGIN_SHARE: f64 = 0.5;
pub(super) const MARGIN_MIN_M: f64 = 50.0;

impl Scene {
    /// Returns the rectangle around the receptors, and the one in which a source is searched. `None` without a receptor.
    pub(super) fn extents(&self, options: &LocateOptions) -> Option<(Extent, Extent)> {
        let extent = Extent::around(self.receptors.iter().map(|receptor| (receptor.east_m, receptor.north_m)))?;
        let margin_m = (MARGIN_SHARE * extent.diagonal_m()).max(MARGIN_MIN_M);
        Some((extent, extent.with_margin(margin_m).including(&options.reach)))
    }

    /// Returns the mean distance in metres between a place and the receptors, weighted by their enhancements.
    pub(super) fn mean_distance_m(&self, pairs: &[Pair], (east_m, north_m): (f64, f64)) -> f64 {
        let (mut total, mut weighted) = (0.0, 0.0);
        for pair in pairs {
            let Some(receptor) = self.receptors.get(pair.receptor) else { continue };
            total += pair.enhancement;
            weighted += pair.enhancement * (receptor.east_m - east_m).hypot(receptor.north_m - north_m);
        }
        if total > 0.0 { weighted / total } else { 0.0 }
    }

    /// Checks that the scene is not too large and that every number is finite.
    pub(super) fn check(&self, options: &LocateOptions) -> Result<(), LocateError> {
        if self.receptors.is_empty() {
            return Err(LocateError::NoReceptors);
        }
        self.check_size()?;
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

    fn check_size(&self) -> Result<(), LocateError> {
        let known = |block: &Block| block.enhancements.iter().take(self.receptors.len()).flatten().count();
        let of_block = |block: &Block| known(block).saturating_mul(block.steps.len().max(1));
        let transports = self.blocks.iter().map(of_block).fold(0, usize::saturating_add);
        let max = LOCATE_TRANSPORTS_MAX;
        if transports > max { Err(LocateError::TooMuch { transports, max }) } else { Ok(()) }
    }

    /// Returns every block and receptor with an enhancement and a wind.
    pub(super) fn pairs(&self) -> Vec<Pair> {
        let mut pairs = Vec::new();
        for (block, content) in self.blocks.iter().enumerate() {
            let winds = self.wind.steps.get(content.steps.clone()).unwrap_or_default();
            if winds.iter().flatten().next().is_none() {
                continue;
            }
            for (receptor, enhancement) in content.enhancements.iter().take(self.receptors.len()).enumerate() {
                pairs.extend(enhancement.map(|enhancement| Pair { block, receptor, enhancement }));
            }
        }
        pairs
    }
}
