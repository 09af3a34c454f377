//! `flyball migrate`: what of another system's files works here, in one report with lines: what
//! works, what will come later, what will not. Files are read as a start reads them; nothing is
//! changed and nobody is asked.

mod parts;
#[cfg(test)]
mod tests;

use crate::cli::MigrateArgs;
use crate::load::Files;
use commands::console::{Console, Mark, Verdict, indented};
use commands::features::Features;
use commands::files;
use parts::Part;
use std::io;
use std::path::Path;

/// Lines of one kind that are shown of a file; more are counted.
const LINES_MAX: usize = 50;

/// Runs the command.
pub(crate) fn run(args: &MigrateArgs, console: &mut Console<'_>) -> io::Result<Verdict> {
    let features = Features::named(&args.features.enable_feature);
    for complaint in features.complaints() {
        console.blame("", Mark::Warning, complaint)?;
    }
    let syntax = match features.languages() {
        Ok(syntax) => syntax,
        Err(reason) => {
            console.blame("", Mark::Failed, reason)?;
            return Ok(Verdict::Bad);
        }
    };
    let mut all = Vec::new();
    if let Some(path) = &args.prometheus {
        let files = Files { main: Some(path.clone()), ..Files::default() };
        all.push(parts::prometheus(path, &files, syntax));
    }
    if let Some(path) = &args.alertmanager {
        all.push(parts::alertmanager(path, syntax));
    }
    if let Some(path) = &args.blackbox {
        let text = files::read_text(path).map_err(|error| error.to_string());
        all.push(parts::blackbox(path, text));
    }
    if !args.grafana.is_empty() {
        all.push(parts::grafana(&args.grafana));
    }
    for part in &all {
        say(part, console)?;
    }
    let is_refused = all.iter().any(|part| !part.refused.is_empty());
    if is_refused {
        console.say("Files that are refused have mistakes; repair them, then ask again.")?;
    } else {
        for line in next_steps(args) {
            console.say(line)?;
        }
    }
    let is_less = all.iter().any(|part| !part.later.is_empty() || !part.never.is_empty());
    Ok(if is_refused || args.strict && is_less { Verdict::Bad } else { Verdict::Good })
}

fn say(part: &Part, console: &mut Console<'_>) -> io::Result<()> {
    console.say(&part.title)?;
    let kinds = [
        ("works", &part.works),
        ("comes later", &part.later),
        ("does not work", &part.never),
        ("to know", &part.notes),
        ("missing on this machine", &part.missing),
        ("refused", &part.refused),
    ];
    for (kind, lines) in kinds {
        if lines.is_empty() {
            continue;
        }
        console.say(format_args!("  {kind}:"))?;
        for line in lines.iter().take(LINES_MAX) {
            console.say(format_args!("    {}", indented(line, "    ")))?;
        }
        if lines.len() > LINES_MAX {
            console.say(format_args!("    and {} more", lines.len() - LINES_MAX))?;
        }
    }
    console.say("")
}

/// The command lines that start with these files.
fn next_steps(args: &MigrateArgs) -> Vec<String> {
    let flag = |name: &str, path: Option<&Path>| {
        path.map_or_else(String::new, |path| format!(" --{name}={}", quoted(path)))
    };
    let mut lines = Vec::new();
    let files = [
        flag("config.file", args.prometheus.as_deref()),
        flag("alertmanager.config.file", args.alertmanager.as_deref()),
        flag("blackbox.config.file", args.blackbox.as_deref()),
    ]
    .concat();
    if !files.is_empty() {
        lines.push("Start with these files:".to_owned());
        lines.push(format!("  flyball{files}"));
    }
    if !args.grafana.is_empty() {
        lines.push("Hand the dashboards over, while the server runs:".to_owned());
        for path in &args.grafana {
            let path = if path.is_dir() { &path.join("*.json") } else { path };
            lines.push(format!("  flyball dashboard import {}", quoted(path)));
        }
    }
    lines
}

/// A path as a shell reads it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,*".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}
