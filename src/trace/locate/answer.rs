//! The answer: what the readings can bear, and why.

use super::bootstrap::{Best, Draws};
use super::density::Density;
use super::error::LocateError;
use super::fit::Question;
use super::model::SPEED_MIN_M_S;
use super::options::LocateOptions;
use super::scene::{MARGIN_MIN_M, Pair, Scene};
use super::search::search;
use super::sector::{Sector, winds};

/// How sure a location is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The source is in the areas given.
    Located,
    /// The source lies in the sector given; its distance cannot be determined.
    DirectionOnly,
    /// The readings say nothing of the source's place.
    NotEnough,
}

impl Verdict {
    /// Returns the verdict as JSON answers name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Located => "located",
            Self::DirectionOnly => "direction_only",
            Self::NotEnough => "not_enough",
        }
    }
}

/// A rate of release with its 90 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReleaseRate {
    /// Median in kg/s.
    pub kg_s: f64,
    /// Lower end of the interval in kg/s.
    pub low_kg_s: f64,
    /// Upper end of the interval in kg/s.
    pub high_kg_s: f64,
}

/// Where a source is.
#[derive(Debug, Clone, PartialEq)]
pub struct Location {
    /// How sure the answer is.
    pub verdict: Verdict,
    /// Why the verdict is not better, or what it rests on.
    pub reason: String,
    /// The most probable place, metres east and north, unless nothing can be said.
    pub mode: Option<(f64, f64)>,
    /// The rate, unless nothing can be said.
    pub rate: Option<ReleaseRate>,
    /// The sector that the source lies in, unless nothing can be said.
    pub sector: Option<Sector>,
    density: Option<Density>,
}

/// Kernel width as a share of the mean distance between the source and the receptors that see it. The one constant that was calibrated
/// on releases of known place: Prairie Grass 1956 and METEC 2022. Dispersion models are wrong in proportion to the distance.
pub(super) const KERNEL_SHARE: f64 = 0.11;
/// Standard deviation of the logarithm of the rate that the model itself brings along: half of all predictions of a Gaussian model with wind
/// on site lie within a factor of 1.3 (Hanna, Briggs and Hosker 1982 give a factor of 2 as the usual bound).
const RATE_MODEL_SIGMA: f64 = 0.405;
/// Standard deviations on each side of a 90 % interval.
const SIGMAS_90: f64 = 1.645;
/// Independent observations with an enhancement that a distance needs: with seven samplers on two arcs, its error is as large as itself.
const INDEPENDENT_MIN: usize = 10;
/// Spread of wind directions in degrees that lets one station alone see a source from several sides.
const DIRECTION_SPREAD_MIN_DEG: f64 = 40.0;
/// Share of the network's diagonal within which most of the mass must lie.
const NEAR_SHARE: f64 = 1.0 / 3.0;
/// The mass that must lie there.
const NEAR_MASS_MIN: f64 = 0.55;
/// Share of the greatest enhancement from which on a station clearly saw the plume.
const HIGH_SHARE: f64 = 0.1;

/// Locates the source of the enhancements of a scene.
///
/// The method: for every place of a grid and every hypothesis of the spread and the wind's bias, a Gaussian plume gives the transport `g` to
/// each receptor and block; square roots of enhancements `e` are fitted by `sqrt(Q g)`, where the rate `Q` has a closed form. Weights from two
/// Dirichlet distributions, over blocks and over receptors, give one best place each (a Bayesian bootstrap); smoothed, they are the density that
/// areas and credible levels come from. The same scene gives the same answer.
///
/// # Errors
/// [`LocateError`] for a scene without receptors, wind or enhancements, and for numbers that are not finite.
pub fn locate(scene: &Scene, options: &LocateOptions) -> Result<Location, LocateError> {
    scene.check(options)?;
    let pairs = scene.pairs();
    if pairs.is_empty() {
        return Err(LocateError::NoReadings);
    }
    let seen = Seen::of(scene, &pairs);
    if let Some(reason) = seen.shortage() {
        return Ok(Location::nothing(reason));
    }
    let Some((extent, domain)) = scene.extents(options) else { return Err(LocateError::NoReceptors) };
    let diagonal_m = extent.diagonal_m();
    let draws = Draws::new(scene, &pairs, options.draws.clamp(20, 2_000));
    let best = search(&Question { scene, pairs: &pairs, options, domain, network_m: extent.diagonal_m() }, &draws);
    let Some((first, rest)) = best.split_first() else {
        return Ok(Location::nothing("no place in reach explains the enhancements under the wind measured".to_owned()));
    };
    let Some(density) =
        Density::new(rest, KERNEL_SHARE * scene.mean_distance_m(&pairs, (first.east_m, first.north_m)).max(1.0))
    else {
        return Ok(Location::nothing("the bootstrap found no place".to_owned()));
    };
    let near_m = NEAR_SHARE * diagonal_m.max(2.0 * MARGIN_MIN_M);
    let near = density.mass(|east, north| (east - density.mode.0).hypot(north - density.mode.1) <= near_m);
    let (verdict, reason) = seen.verdict(draws.independent, near, near_m);
    Ok(Location {
        verdict,
        reason,
        mode: Some(density.mode),
        rate: rate(rest, draws.scale_kg_m3),
        sector: Sector::upwind(scene, &pairs),
        density: Some(density),
    })
}

impl Location {
    /// Creates the answer that nothing can be located, with the reason.
    pub(in crate::trace) const fn nothing(reason: String) -> Self {
        Self { verdict: Verdict::NotEnough, reason, mode: None, rate: None, sector: None, density: None }
    }

    /// Returns what may be reported: for a verdict other than [`Verdict::Located`], the sector and the reason, but neither a place, nor areas,
    /// nor a rate. Readings that do not determine a distance determine none of these.
    #[must_use]
    pub fn reported(&self) -> Self {
        match self.verdict {
            Verdict::Located => self.clone(),
            Verdict::DirectionOnly | Verdict::NotEnough => {
                let (reason, sector) = (self.reason.clone(), self.sector);
                Self { verdict: self.verdict, reason, mode: None, rate: None, sector, density: None }
            }
        }
    }

    /// Returns the area in m2 of the smallest region that holds a share (0 to 1) of the probability.
    #[must_use]
    pub fn area_m2(&self, share: f64) -> Option<f64> {
        self.density.as_ref().map(|density| density.area_m2(share))
    }

    /// Returns the credible level of a point in local metres: the share of the probability at points more probable than this one.
    #[must_use]
    pub fn credible_level(&self, east_m: f64, north_m: f64) -> Option<f64> {
        self.density.as_ref().map(|density| density.level(east_m, north_m))
    }

    /// Returns the middles of the cells of the probability, metres east and north, and the probability of each; together 1. Empty where nothing
    /// can be said.
    pub fn cells(&self) -> impl Iterator<Item = (f64, f64, f64)> {
        self.density.iter().flat_map(Density::cells)
    }

    /// Returns the resolution of the location in metres: twice the width of the kernel that smooths it.
    #[must_use]
    pub fn resolution_m(&self) -> f64 {
        self.density.as_ref().map_or(0.0, |density| 2.0 * density.width_m)
    }

    /// Returns the middles of square cells that make up the smallest region with a share (0 to 1) of the probability, in local metres, and
    /// the side of a cell in metres.
    #[must_use]
    pub fn region(&self, share: f64) -> (Vec<(f64, f64)>, f64) {
        self.density.as_ref().map_or((Vec::new(), 0.0), |density| density.region(share))
    }
}

/// What the network has seen.
struct Seen {
    /// Receptors with an enhancement.
    receptors: usize,
    /// Those of them with an enhancement of a tenth of the greatest or more.
    high: usize,
    /// Sum of the enhancements.
    total: f64,
    /// Spread of wind directions during enhancements in degrees.
    spread_deg: f64,
    /// Whether the wind ever reached the speed that a model needs.
    has_wind: bool,
}

impl Seen {
    fn of(scene: &Scene, pairs: &[Pair]) -> Self {
        let enhanced: Vec<&Pair> = pairs.iter().filter(|pair| pair.enhancement > 0.0).collect();
        let mut receptors: Vec<usize> = enhanced.iter().map(|pair| pair.receptor).collect();
        receptors.sort_unstable();
        receptors.dedup();
        let greatest = enhanced.iter().map(|pair| pair.enhancement).fold(0.0, f64::max);
        let is_high = |receptor: usize| {
            enhanced.iter().any(|pair| pair.receptor == receptor && pair.enhancement >= HIGH_SHARE * greatest)
        };
        let has_wind = pairs.iter().any(|pair| winds(scene, pair).any(|wind| wind.speed_m_s >= SPEED_MIN_M_S));
        Self {
            receptors: receptors.len(),
            high: receptors.iter().filter(|receptor| is_high(**receptor)).count(),
            total: enhanced.iter().map(|pair| pair.enhancement).sum(),
            spread_deg: direction_spread(scene, &enhanced),
            has_wind,
        }
    }

    /// What is missing for any answer.
    fn shortage(&self) -> Option<String> {
        if !self.has_wind {
            return Some(format!(
                "the wind never reached {SPEED_MIN_M_S} m/s: in calm air, no direction can be determined"
            ));
        }
        if self.receptors == 0 || self.total <= 0.0 {
            return Some("no station reads above its background: there is nothing to locate".to_owned());
        }
        None
    }

    fn verdict(&self, independent: usize, near: f64, near_m: f64) -> (Verdict, String) {
        let direction = |reason: String| (Verdict::DirectionOnly, reason);
        if self.receptors < 2 && self.spread_deg < DIRECTION_SPREAD_MIN_DEG {
            return direction(format!(
                "one station alone saw the plume, under winds within {:.0} degrees: its distance cannot be determined",
                self.spread_deg
            ));
        }
        if independent < INDEPENDENT_MIN {
            return direction(format!(
                "only {independent} independent readings show the plume: a distance needs {INDEPENDENT_MIN}"
            ));
        }
        if near < NEAR_MASS_MIN {
            return direction(format!(
                "places further than {near_m:.0} m from the most probable one explain the readings nearly as well ({:.0} % of the \
                 probability)",
                100.0 * (1.0 - near)
            ));
        }
        let (stations, high) = (self.receptors, self.high);
        let saw = format!("{high} of {stations} stations clearly saw the plume");
        (Verdict::Located, format!("{saw}, in {independent} independent readings"))
    }
}

/// The width in degrees of the narrowest arc that holds the mean wind of every enhanced block.
fn direction_spread(scene: &Scene, enhanced: &[&Pair]) -> f64 {
    let bearing = |pair: &&Pair| {
        let (east, north) =
            winds(scene, pair).fold((0.0, 0.0), |sum, wind| (sum.0 + wind.toward_east, sum.1 + wind.toward_north));
        east.atan2(north).to_degrees().rem_euclid(360.0)
    };
    let mut bearings: Vec<f64> = enhanced.iter().map(bearing).collect();
    bearings.sort_unstable_by(f64::total_cmp);
    let (Some(first), Some(last)) = (bearings.first(), bearings.last()) else { return 0.0 };
    let around = first + 360.0 - last;
    let gap = bearings.iter().zip(bearings.iter().skip(1)).map(|(a, b)| b - a).fold(around, f64::max);
    360.0 - gap
}

/// The median rate of the draws and its interval, widened by the error of the model.
fn rate(best: &[Best], scale_kg_m3: f64) -> Option<ReleaseRate> {
    let mut logs: Vec<f64> =
        best.iter().map(|best| (best.rate_kg_s * scale_kg_m3).ln()).filter(|log| log.is_finite()).collect();
    logs.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| logs.get(super::grid::whole(share * (logs.len().saturating_sub(1)) as f64)).copied();
    let (low, middle, high) = (at(0.05)?, at(0.5)?, at(0.95)?);
    let model = SIGMAS_90 * RATE_MODEL_SIGMA;
    Some(ReleaseRate {
        kg_s: middle.exp(),
        low_kg_s: (middle - (middle - low).hypot(model)).exp(),
        high_kg_s: (middle + (high - middle).hypot(model)).exp(),
    })
}
