//! Samples and windows on standard output.

use super::range::shown;
use super::series::Series;
use crate::failure::Failure;
use crate::output::Output;
use serde::Serialize;
use std::io::Write;
use vocdb::interop::csv::{SampleWriter, WindowWriter};
use vocdb::model::Zone;
use vocdb::query::WindowValue;
use vocdb::{Sample, Timestamp};

/// Names of the current series, in answers with several, and its unit.
#[derive(Serialize, Default)]
struct Names {
    #[serde(skip_serializing_if = "Option::is_none")]
    station: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    unit: String,
}

/// One sample as JSON.
#[derive(Serialize)]
struct SampleLine<'a> {
    #[serde(flatten)]
    names: &'a Names,
    time: String,
    value: Option<f64>,
    quality: &'static str,
}

/// One window as JSON.
#[derive(Serialize)]
struct WindowLine<'a> {
    #[serde(flatten)]
    names: &'a Names,
    end: String,
    value: Option<f64>,
    valid: u32,
    coverage: f64,
}

/// Prints an answer of several series, or of one without its name.
pub(super) struct Printer<'a> {
    to: Format<'a>,
    is_long: bool,
    names: Names,
    zone: Option<&'a Zone>,
}

enum Format<'a> {
    Json(&'a mut Output),
    Samples(SampleWriter<&'a mut dyn Write>),
    Windows(WindowWriter<&'a mut dyn Write>),
}

impl<'a> Printer<'a> {
    pub(super) fn new(
        output: &'a mut Output,
        is_windows: bool,
        is_long: bool,
        zone: Option<&'a Zone>,
    ) -> Result<Self, Failure> {
        let to = match (output.is_json(), is_windows, is_long) {
            (true, ..) => Ok(Format::Json(output)),
            (_, true, true) => WindowWriter::long(output.writer()).map(Format::Windows),
            (_, true, false) => WindowWriter::new(output.writer()).map(Format::Windows),
            (_, false, true) => SampleWriter::long(output.writer()).map(Format::Samples),
            (_, false, false) => SampleWriter::new(output.writer()).map(Format::Samples),
        };
        let to = match (to.map_err(Failure::from_output)?, zone) {
            (Format::Samples(writer), Some(zone)) => Format::Samples(writer.zone(zone.clone())),
            (Format::Windows(writer), Some(zone)) => Format::Windows(writer.zone(zone.clone())),
            (other, _) => other,
        };
        Ok(Self { to, is_long, names: Names::default(), zone })
    }

    /// What follows is of this series.
    pub(super) fn begin(&mut self, series: &Series) {
        let (station, channel, unit) = (&series.station, &series.channel, &series.unit);
        match &mut self.to {
            Format::Json(_) => {
                let named = |name: &String| self.is_long.then(|| name.clone());
                self.names = Names { station: named(station), channel: named(channel), unit: unit.clone() };
            }
            Format::Samples(writer) => writer.series(station, channel, unit),
            Format::Windows(writer) => writer.series(station, channel, unit),
        }
    }

    pub(super) fn sample(&mut self, time: Timestamp, sample: Sample) -> Result<(), Failure> {
        match &mut self.to {
            Format::Samples(writer) => writer.write(time, sample).map_err(Failure::from_output),
            Format::Json(output) => {
                let (time, quality) = (shown(self.zone, time), sample.quality.name());
                output.object(&SampleLine { names: &self.names, time, value: sample.value, quality })
            }
            Format::Windows(_) => Ok(()),
        }
    }

    pub(super) fn window(&mut self, window: &WindowValue) -> Result<(), Failure> {
        match &mut self.to {
            Format::Windows(writer) => writer.write(window).map_err(Failure::from_output),
            Format::Json(output) => {
                let WindowValue { end, value, valid, coverage } = *window;
                let end = shown(self.zone, end);
                output.object(&WindowLine { names: &self.names, end, value, valid, coverage })
            }
            Format::Samples(_) => Ok(()),
        }
    }

    pub(super) fn finish(self) -> Result<(), Failure> {
        match self.to {
            Format::Json(_) => Ok(()),
            Format::Samples(writer) => writer.finish().map_err(Failure::from_output),
            Format::Windows(writer) => writer.finish().map_err(Failure::from_output),
        }
    }
}
