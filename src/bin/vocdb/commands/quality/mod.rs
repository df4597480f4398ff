//! `vocdb quality`: tests of stored readings, and quality flags set by hand.

mod check;
mod flag;
mod mark;
mod print;
mod threshold;

use crate::failure::Failure;
use crate::output::Output;
use crate::values::{self, Moment};
use check::Question;
use clap::{ArgGroup, Args};
use flag::Setting;
use std::path::PathBuf;
use threshold::Bound;
use vocdb::checks::{QualityTest, ThresholdKind};
use vocdb::model::Zone;

/// Test stored readings for faults and forgeries, or set the quality flag of readings
///
/// Without --flag, all tests run over the store and print what they find, with a reason and numbers: gaps, impossible values, spikes, flat
/// lines, copied blocks, signals that are too smooth, peaks that pile up under a limit, calibrations at peaks, and others. Nothing is
/// changed or deleted, and the exit code is 0 whatever is found. With --flag-suspect, the values in doubt that have the flag normal get
/// the flag suspect; the ledger records who set it, the reason, and the finding. A fault of the sensor and an event in the air can look
/// alike: read the findings before you flag.
///
/// With --flag, the readings of a range get a flag: of all channels of the instrument, or of the channels given. Values stay as they are.
/// The rules in force re-evaluate the range: differences are recorded as amendments, alarms that open are history, and nobody is notified
/// of them. Setting the same flag again changes nothing, so the command can be repeated, also after it was killed. The store must not be
/// open elsewhere when flags are set.
///
/// Example: vocdb quality store --limit benzene=30:ppb
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("changes").args(["flag", "flag_suspect"]))]
pub(crate) struct Quality {
    /// Folder of the store
    store: PathBuf,
    /// Station; for tests also a pattern such as park/* [default: all stations]
    #[arg(long)]
    station: Option<String>,
    /// Instrument; for flags optional if the station has only one
    #[arg(long, requires = "station")]
    instrument: Option<String>,
    /// Channel; repeat it for further channels [default: all channels]
    #[arg(long = "channel", value_name = "CHANNEL")]
    channels: Vec<String>,
    /// Start, inclusive: RFC 3339, or a date (midnight UTC, or in --zone)
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    from: Option<Moment>,
    /// End, exclusive: RFC 3339, or a date (midnight UTC, or in --zone)
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    to: Option<Moment>,
    /// Time zone of printed times, and of times without an offset: Asia/Shanghai, +08:00 [default: UTC]
    #[arg(long, allow_hyphen_values = true, value_parser = values::zone)]
    zone: Option<Zone>,
    /// Test to run, such as flat-line; repeat it for further tests [default: all tests]
    #[arg(long = "test", value_name = "TEST", value_parser = threshold::test, conflicts_with = "flag")]
    tests: Vec<QualityTest>,
    /// Limit under which peaks may pile up, such as benzene=30:ppb
    #[arg(long, value_name = "CHANNEL=VALUE:UNIT", value_parser = threshold::bound, conflicts_with = "flag")]
    limit: Vec<Bound>,
    /// Range of possible values, such as benzene=-1..500:ppb
    #[arg(long, value_name = "CHANNEL=MIN..MAX:UNIT", value_parser = threshold::range, conflicts_with = "flag")]
    range: Vec<(Bound, Bound)>,
    /// Greatest distance of a value from the mean of its two neighbours in time, such as benzene=20:ppb
    #[arg(long, value_name = "CHANNEL=VALUE:UNIT", value_parser = threshold::bound, conflicts_with = "flag")]
    spike: Vec<Bound>,
    /// Greatest change within an hour, such as temperature=5:degC
    #[arg(long, value_name = "CHANNEL=VALUE:UNIT", value_parser = threshold::bound, conflicts_with = "flag")]
    rate: Vec<Bound>,
    /// False alarms a month that are accepted for each test and channel, 1e-6 to 1
    #[arg(long, value_name = "NUMBER", default_value_t = 0.01, value_parser = threshold::rate, conflicts_with = "flag")]
    false_alarms: f64,
    /// Give values in doubt the flag suspect
    #[arg(long, requires_all = ["by", "reason"])]
    flag_suspect: bool,
    /// Flag to set, such as calibration, maintenance, suspect or normal
    #[arg(long, value_name = "FLAG", value_parser = values::flag, requires_all = ["station", "from", "to", "by", "reason"])]
    flag: Option<vocdb::Quality>,
    /// Author of the change
    #[arg(long, value_name = "WHO", value_parser = values::line, requires = "changes")]
    by: Option<String>,
    /// Reason for the change
    #[arg(long, alias = "why", value_name = "WHY", value_parser = values::line, requires = "changes")]
    reason: Option<String>,
    /// Count the readings that --flag would change, and change nothing
    #[arg(long, requires = "flag")]
    dry_run: bool,
}

impl Quality {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let range = values::range_in(self.zone.as_ref(), self.from.as_ref(), self.to.as_ref())?;
        let author = self.by.as_deref().zip(self.reason.as_deref());
        if let Some(((flag, station), (by, reason))) = self.flag.zip(self.station.as_deref()).zip(author) {
            let (store, instrument, channels) = (self.store.as_path(), self.instrument.as_deref(), &self.channels);
            let is_dry_run = self.dry_run;
            let setting = Setting { store, station, instrument, channels, range, flag, by, reason, is_dry_run };
            return setting.run(output);
        }
        let kinds = [
            (ThresholdKind::Limit, &self.limit),
            (ThresholdKind::Spike, &self.spike),
            (ThresholdKind::RatePerHour, &self.rate),
        ];
        let mut thresholds: Vec<_> = kinds
            .into_iter()
            .flat_map(|(kind, bounds)| bounds.iter().map(move |bound| bound.threshold(kind)))
            .collect();
        for (min, max) in &self.range {
            thresholds.extend([min.threshold(ThresholdKind::RangeMin), max.threshold(ThresholdKind::RangeMax)]);
        }
        let question = Question {
            store: &self.store,
            station: self.station.as_deref(),
            instrument: self.instrument.as_deref(),
            channels: &self.channels,
            range,
            tests: &self.tests,
            thresholds,
            false_alarms: self.false_alarms,
            author: author.filter(|_| self.flag_suspect),
        };
        question.run(output)
    }
}
