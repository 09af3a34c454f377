//! `flyball check config` on an alertmanager.yml by itself: the file, and the files it names.

use super::named::{self, Findings};
use super::{failed, valid, warned};
use crate::load;
use commands::console::{Console, Mark, Verdict, indented};
use commands::files;
use config::{AlertmanagerFile, MatcherMode};
use std::io;
use std::path::Path;

/// Checks one file; `alone` looks at no other file.
pub(super) fn check(
    file: &Path,
    mode: MatcherMode,
    alone: bool,
    console: &mut Console<'_>,
) -> io::Result<Verdict> {
    let name = file.display().to_string();
    let text = match files::read_text(file) {
        Ok(text) => text,
        Err(error) => return failed(&[error.to_string()], console),
    };
    let loaded = match config::alertmanager::load_in(mode, &name, &text) {
        Ok(loaded) => loaded,
        Err(error) => return failed(&error.texts(), console),
    };
    warned(&loaded.warnings, console)?;
    let findings = if alone {
        Findings::default()
    } else {
        named::alertmanager((file.to_owned(), text), &loaded.config)
    };
    for warning in &findings.warnings {
        console.mark("  ", Mark::Warning, indented(warning, "  "))?;
    }
    let mut mistakes = findings.mistakes;
    if !alone {
        let (wrong, doubtful) = load::rehearse(&name, &loaded.config);
        warned(&doubtful, console)?;
        mistakes.extend(wrong);
    }
    if !mistakes.is_empty() {
        return failed(&mistakes, console);
    }
    console.mark("  ", Mark::Success, found(&loaded.config))?;
    valid(&name, "alertmanager", console)
}

/// What the file has, so that a section that was forgotten is noticed.
fn found(file: &AlertmanagerFile) -> String {
    let integrations = file.receivers.iter().map(|receiver| receiver.integrations.len()).sum();
    let parts = [
        (file.receivers.len(), "receiver"),
        (integrations, "integration"),
        (file.inhibit_rules.len(), "inhibit rule"),
        (file.time_intervals.len(), "time interval"),
        (file.templates.len(), "template pattern"),
    ];
    let counted = parts.map(|(count, what)| {
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {what}{plural}")
    });
    format!("{} found", counted.join(", "))
}
