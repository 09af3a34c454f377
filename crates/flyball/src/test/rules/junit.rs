//! Results of rule tests as `JUnit` XML: what CI systems read.
//! Elements and attributes are those of upstream's `util/junitxml`.

use std::fmt::Write;

/// All files.
#[derive(Debug, Default)]
pub(super) struct Report {
    suites: Vec<Suite>,
}

/// One file.
#[derive(Debug)]
struct Suite {
    name: String,
    /// When its tests began, `2006-01-02T15:04:05`.
    timestamp: String,
    cases: Vec<Case>,
}

/// One test.
#[derive(Debug)]
struct Case {
    name: String,
    failures: Vec<String>,
    /// Why it could not run at all.
    error: Option<String>,
}

impl Report {
    /// A file whose tests begin.
    pub(super) fn begin_file(&mut self, name: &str, timestamp: String) {
        self.suites.push(Suite { name: name.to_owned(), timestamp, cases: Vec::new() });
    }

    /// A test of the last file, with what failed.
    pub(super) fn add_test(&mut self, name: &str, failures: &[String]) {
        self.add(Case { name: name.to_owned(), failures: failures.to_vec(), error: None });
    }

    /// The last file could not be run.
    pub(super) fn abort(&mut self, reason: &str) {
        let error = Some(reason.to_owned());
        self.add(Case { name: "unknown".to_owned(), failures: Vec::new(), error });
    }

    fn add(&mut self, case: Case) {
        if let Some(suite) = self.suites.last_mut() {
            suite.cases.push(case);
        }
    }

    /// The document, on one line.
    pub(super) fn render(&self) -> String {
        let mut out = "<testsuites>".to_owned();
        for suite in &self.suites {
            suite.write(&mut out).expect("writing to a string cannot fail");
        }
        out + "</testsuites>\n"
    }
}

impl Suite {
    fn write(&self, out: &mut String) -> std::fmt::Result {
        let failures: usize = self.cases.iter().map(|case| case.failures.len()).sum();
        let errors = self.cases.iter().filter(|case| case.error.is_some()).count();
        let (name, cases) = (escaped(&self.name), self.cases.len());
        write!(out, "<testsuite name=\"{name}\" tests=\"{cases}\" failures=\"{failures}\"")?;
        write!(out, " errors=\"{errors}\" skipped=\"0\" timestamp=\"{}\">", self.timestamp)?;
        for case in &self.cases {
            write!(out, "<testcase name=\"{}\">", escaped(&case.name))?;
            for failure in &case.failures {
                write!(out, "<failure>{}</failure>", escaped(failure))?;
            }
            if let Some(error) = &case.error {
                write!(out, "<error>{}</error>", escaped(error))?;
            }
            out.push_str("</testcase>");
        }
        out.push_str("</testsuite>");
        Ok(())
    }
}

/// Text for XML 1.0; characters that it cannot hold become U+FFFD, as in Go.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\t' => out.push_str("&#x9;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests;
