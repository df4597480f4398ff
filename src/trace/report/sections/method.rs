//! Method and limits in plain words, and how to verify the page.

use crate::trace::report::input::Report;
use crate::trace::report::text::Escaped;
use std::fmt::Write;

const METHOD: &str = "\
<h3>What was computed</h3>
<ul>
<li><strong>Alarms</strong> are opened by rules over the stored readings. The rule set, its file and line are recorded with each alarm.</li>
<li><strong>Location</strong>: the readings above the background are compared with the dispersion that a Gaussian plume or puff model expects from
each place under the measured wind. The place and the rate of release that fit best are the answer. The comparison is repeated with randomly weighted
readings and stations; the areas show how far the answer moves.</li>
<li><strong>50 % and 90 % area</strong>: the smallest areas that hold the source with these probabilities, if the wind measurement and the model
are right. In one case out of ten the source lies outside the 90 % area.</li>
<li><strong>Probability of a named site</strong>: the share of the probability on its ground, multiplied by the factors in the table, in
comparison with the other named sites. A source that is not on the list of sites cannot be named.</li>
</ul>
<h3>Limits</h3>
<ul>
<li>The wind is that of one station. Buildings, slopes and calm air turn it, and the direction of the source with it.</li>
<li>A station that is not where the list of positions has it moves the area by about as much.</li>
<li>Two sources that release at the same time can look like one between them.</li>
<li>A probability is not a finding. Only an inspection on site shows what was released.</li>
</ul>
";

/// Writes what was computed and what it cannot show.
pub(in crate::trace::report) fn method(out: &mut String) {
    out.push_str(METHOD);
}

/// Writes how to verify the page.
pub(in crate::trace::report) fn verification(report: &Report, out: &mut String) {
    let (store, number) = (Escaped(&report.origin.store), report.incident.opened.incident.0);
    let _ = write!(
        out,
        "<ol>\n<li><code>vocdb verify</code> with the store ({store}) reads every segment and checks its checksums.</li>\n\
         <li><code>vocdb incident show STORE {number}</code> prints the same case from the ledger.</li>\n\
         <li><code>vocdb audit STORE</code> lists every reading, flag and position that was changed, with author and reason.</li>\n"
    );
    if let Some(head) = report.origin.ledger {
        let _ = writeln!(
            out,
            "<li><code>vocdb report STORE {number} --ledger-head {}</code> prints the SHA-256 of the first {} records of the ledger. It must be \
             <code>{}</code>. The ledger only grows, so this stays true after further records.</li>",
            head.records, head.records, head.sha256
        );
    }
    out.push_str(
        "<li>The same command with the same store gives the same page, apart from the time and the author of the report. This page has no script and \
         loads nothing.</li>\n</ol>\n",
    );
}
