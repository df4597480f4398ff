//! How complete the readings are.

use crate::trace::report::input::Report;
use crate::trace::report::table::Table;
use crate::trace::report::text::{Escaped, moment, number, percent};

/// Writes the numbers of samples by station.
pub(in crate::trace::report) fn quality(report: &Report, out: &mut String) {
    let Some(channel) = report.channel.as_ref().filter(|channel| !channel.series.is_empty()) else {
        out.push_str("<p>There are no readings to judge.</p>\n");
        return;
    };
    let (name, unit) = (Escaped(&channel.name), Escaped(&channel.unit));
    let (from, to) = (moment(&report.zone, report.span.from), moment(&report.zone, report.span.to));
    let headers = ["Station", "Expected", "Valid", "Valid share", "Missing", "Flagged invalid", "Flags", "Greatest"];
    let mut table = Table::new(format!("Samples of {name} in {unit} from {from} to {to}"), headers);
    for series in &channel.series {
        let counts = &series.counts;
        let share = counts.valid as f64 / counts.expected.max(1) as f64;
        let flags = counts.flags.iter().map(|(flag, count)| format!("{} {count}", flag.name()));
        let flags = flags.collect::<Vec<_>>().join(", ");
        let values = series.values.iter().map(|(_, value)| *value);
        let greatest = values.reduce(f64::max).map_or_else(|| "–".to_owned(), number);
        table.row([
            Escaped(&series.station).to_string(),
            counts.expected.to_string(),
            counts.valid.to_string(),
            percent(share),
            counts.missing().to_string(),
            counts.flagged.to_string(),
            if flags.is_empty() { "–".to_owned() } else { flags },
            greatest,
        ]);
    }
    table.finish(out);
    out.push_str(
        "<p class=\"note\">Expected is the length of the time divided by the interval of the instrument. A flagged value is stored and is \
         not used. Missing samples are never taken for clean air.</p>\n",
    );
}
