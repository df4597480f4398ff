//! The page as a whole.

use super::figures;
use super::input::Report;
use super::sections;
use std::fmt::Write;

const STYLE: &str = include_str!("style.css");

impl Report {
    /// Returns the report as an HTML page that is also well-formed XML. Equal reports give equal bytes.
    ///
    /// ```
    /// use vocdb::trace::incident::Opening;
    /// use vocdb::trace::report::{Report, ReportOrigin};
    /// use vocdb::{Config, Database, TimeRange, Timestamp};
    /// let dir = tempfile::tempdir()?;
    /// let db = Database::open(dir.path(), Config::default())?;
    /// let night: Timestamp = "2026-03-14T02:10:00+08:00".parse()?;
    /// let id = db.open_incident(Opening::new("solvent <smell>", night), "Li Na", "three calls")?;
    /// let by = "Li Na".to_owned();
    /// let origin = ReportOrigin { by, at: night, program: "vocdb".to_owned(), store: "store".to_owned(), ledger: None };
    /// let span = TimeRange::new(night, night.plus_ms(7_200_000));
    /// let page = Report::new(origin, "Asia/Shanghai".parse()?, db.incident(id)?, span).html();
    /// assert!(page.contains("Incident 1: solvent &lt;smell&gt;") && page.contains("2026-03-14 02:10:00+08:00"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn html(&self) -> String {
        let mut out = String::new();
        let _ = write!(
            out,
            "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<meta charset=\"utf-8\"/>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n\
             <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
            sections::title(self)
        );
        sections::summary(self, &mut out);
        out.push_str("<main>\n");
        section("Source", &mut out, |out| sections::source(self, out));
        section("Investigation", &mut out, |out| sections::case(self, out));
        section("Readings", &mut out, |out| match &self.channel {
            Some(channel) => figures::readings(self, channel, out),
            None => out.push_str("<p>No channel was chosen for this report.</p>\n"),
        });
        section("Wind", &mut out, |out| match &self.wind {
            Some(wind) => figures::wind_rose(wind, out),
            None => out.push_str("<p>There is no wind measurement in this report.</p>\n"),
        });
        section("Odour reports", &mut out, |out| sections::odours(self, out));
        section("Treatment units", &mut out, |out| sections::facilities(self, out));
        section("Alarms", &mut out, |out| sections::alarms(self, out));
        section("Notifications", &mut out, |out| sections::notifications(self, out));
        section("Timeline", &mut out, |out| sections::history(self, out));
        section("Data quality", &mut out, |out| {
            sections::quality(self, out);
            sections::positions(self, out);
        });
        section("Method and limits", &mut out, sections::method);
        section("How to verify this report", &mut out, |out| sections::verification(self, out));
        section("Signatures", &mut out, |out| {
            out.push_str(
                "<div class=\"signatures\"><p>Prepared by<br/><br/>Name, date, signature</p><p>Reviewed by<br/><br/>Name, date, \
                 signature</p></div>\n",
            );
        });
        out.push_str("</main>\n</body>\n</html>\n");
        out
    }
}

fn section(heading: &str, out: &mut String, write: impl FnOnce(&mut String)) {
    let _ = writeln!(out, "<section>\n<h2>{heading}</h2>");
    write(out);
    out.push_str("</section>\n");
}
