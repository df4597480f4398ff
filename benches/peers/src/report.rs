//! What the reader sees: a Markdown table, notes, and one JSON object a line.

use crate::cases::{Figure, Run};
use crate::engines;
use std::fmt::Write;

/// `rhai` is no store: it stands for the same rule as an interpreted closure.
const ENGINES: [&str; 5] = ["vocdb", "sqlite", "tsink", "pco", "rhai"];
/// Units of which less is better.
const LESS_IS_BETTER: [&str; 5] = ["bytes/value", "us", "s", "ms", "bytes"];

/// The whole report.
pub(crate) fn text(run: &Run) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "# vocdb and its peers\n");
    let kind = if run.options.is_quick {
        "Quick run: smaller loads than the cases' names say; the notes give them."
    } else {
        "Full run."
    };
    let _ =
        writeln!(text, "{kind} Stores under `{}`; durable figures are about its disk.\n", run.options.dir.display());
    table(&mut text, &run.figures);
    let _ = writeln!(
        text,
        "\nAll engines gave the answers of the source in every case above: counts to the value, sums to 1e-9.\n"
    );
    for (case, note) in &run.notes {
        let _ = writeln!(text, "- `{case}`: {note}");
    }
    for engine in engines::ALL.iter().filter(|engine| run.options.wants_engine(engine.name())) {
        for remark in engine.remarks() {
            let _ = writeln!(text, "- {}: {remark}", engine.name());
        }
    }
    text.push('\n');
    for figure in &run.figures {
        let _ = writeln!(text, "{}", json(figure, run.options.is_quick));
    }
    text
}

/// One figure as a JSON object; that of a quick run says so, since its loads are smaller than the case's name says.
fn json(figure: &Figure, is_quick: bool) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let (case, unit, value) = (quoted(&figure.case), quoted(figure.unit), serde_json::Value::from(figure.value));
    let quick = if is_quick { r#","quick":true"# } else { "" };
    format!(r#"{{"case":{case},"engine":{},"value":{value},"unit":{unit}{quick}}}"#, quoted(figure.engine))
}

fn table(text: &mut String, figures: &[Figure]) {
    let _ = writeln!(text, "| case | unit | better | {} | vocdb against the best rival |", ENGINES.join(" | "));
    let _ = writeln!(text, "|---|---|---|{}---|", "--:|".repeat(ENGINES.len()));
    let mut seen: Vec<&str> = Vec::new();
    for first in figures {
        if seen.contains(&first.case.as_str()) {
            continue;
        }
        seen.push(&first.case);
        let found = |engine: &str| figures.iter().find(|one| one.case == first.case && one.engine == engine);
        let cells = ENGINES.map(|engine| found(engine).map_or_else(String::new, |figure| shown(figure.value)));
        let less = LESS_IS_BETTER.contains(&first.unit);
        let better = if less { "less" } else { "more" };
        let rivals = ENGINES.iter().skip(1).filter(|name| **name != "pco").filter_map(|name| Some(found(name)?.value));
        let best = rivals.reduce(if less { f64::min } else { f64::max });
        let verdict = match (found("vocdb"), best) {
            (Some(own), Some(best)) => verdict(if less { best / own.value } else { own.value / best }),
            _ => String::new(),
        };
        let _ = writeln!(text, "| `{}` | {} | {better} | {} | {verdict} |", first.case, first.unit, cells.join(" | "));
    }
}

/// How many times better; a loss is in bold.
fn verdict(times: f64) -> String {
    if times < 1.0 { format!("**loses: {times:.2} x**") } else { format!("{times:.2} x") }
}

/// Four digits, and a letter for thousands, millions and milliards.
fn shown(value: f64) -> String {
    let steps = [(1e9, " G"), (1e6, " M"), (1e4, " k")];
    let scaled = steps.into_iter().find(|(step, _)| value >= *step);
    let (value, letter) =
        scaled.map_or((value, ""), |(step, letter)| (value / if step == 1e4 { 1e3 } else { step }, letter));
    let places = if value >= 100.0 {
        1
    } else if value >= 10.0 {
        2
    } else {
        3
    };
    format!("{value:.places$}{letter}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_said_in_words() {
        assert_eq!(verdict(0.5), "**loses: 0.50 x**");
        assert_eq!(verdict(3.5), "3.50 x");
    }

    #[test]
    fn a_figure_is_an_object_on_one_line() {
        let figure = Figure { case: "latest".to_owned(), engine: "vocdb", value: 2.5, unit: "us" };
        assert_eq!(json(&figure, false), r#"{"case":"latest","engine":"vocdb","value":2.5,"unit":"us"}"#);
        let quick: serde_json::Value = serde_json::from_str(&json(&figure, true)).unwrap();
        assert_eq!(quick["quick"], true);
    }

    #[test]
    fn large_values_are_shown_with_a_letter() {
        assert_eq!(shown(21_500_000.0), "21.50 M");
        assert_eq!(shown(0.647), "0.647");
        assert_eq!(shown(12_345.0), "12.35 k");
    }
}
