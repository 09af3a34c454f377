//! `flyball dashboard`: reads, checks and compares files of dashboards, and keeps them on a server.
//! What a dashboard is `dashboards` decides; the server is asked by its own API.

mod server;

use crate::cli::{DashboardCommand, DashboardImport, DashboardLint};
use crate::console::{Console, Mark, Verdict, io_words};
use crate::files::read_board;
use dashboards::{Dashboard, INPUT_BYTES_MAX, Imported, Severity, diff, import, lint};
use server::Server;
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::Path;

/// Longest file of metrics.
const METRICS_BYTES_MAX: u64 = 64 << 20;

/// Runs one of the subcommands.
pub fn run(command: &DashboardCommand, console: &mut Console<'_>) -> io::Result<Verdict> {
    match command {
        DashboardCommand::Import(args) => import_files(args, console),
        DashboardCommand::Lint(args) => lint_files(args, console),
        DashboardCommand::Diff { old, new } => compare(old, new, console),
        DashboardCommand::Export { uid, server } => {
            match Server::new(server).and_then(|server| server.export(uid)) {
                Ok(file) => {
                    console.answer().write_all(&file)?;
                    Ok(Verdict::Good)
                }
                Err(reason) => refused(&reason, console),
            }
        }
    }
}

fn import_files(args: &DashboardImport, console: &mut Console<'_>) -> io::Result<Verdict> {
    let server = if args.dry_run { None } else { Some(Server::new(&args.server)) };
    let server = match server.transpose() {
        Ok(server) => server,
        Err(reason) => return refused(&reason, console),
    };
    let folder = match (&server, &args.folder) {
        (Some(server), Some(title)) => match server.folder(title) {
            Ok(uid) => Some(uid),
            Err(reason) => return refused(&reason, console),
        },
        _ => None,
    };
    let mut worst = Verdict::Good;
    for file in &args.files {
        console.say(format_args!("Reading {}", name(file)))?;
        let imported = match load(file) {
            Ok(imported) => imported,
            Err(reason) => {
                worst = worst.max(refused(&reason, console)?);
                continue;
            }
        };
        say_report(&imported, console)?;
        let Some(server) = &server else {
            console.mark("  ", Mark::Success, summary(&imported.dashboard))?;
            continue;
        };
        worst = worst.max(
            match server.import(&imported.dashboard, folder.as_deref(), args.overwrite) {
                Ok(kept) => {
                    let line = format_args!("{}: {kept}", summary(&imported.dashboard));
                    console.mark("  ", Mark::Success, line)?;
                    Verdict::Good
                }
                Err(reason) => refused(&reason, console)?,
            },
        );
    }
    Ok(worst)
}

fn say_report(imported: &Imported, console: &mut Console<'_>) -> io::Result<()> {
    for finding in &imported.report {
        let line = format!("{}: {}: {}", finding.path, finding.kind.word(), finding.message);
        match finding.kind {
            dashboards::FindingKind::Changed => console.say(format_args!("  {line}"))?,
            dashboards::FindingKind::Dropped | dashboards::FindingKind::Unsupported => {
                console.mark("  ", Mark::Warning, line)?;
            }
        }
    }
    Ok(())
}

fn summary(dashboard: &Dashboard) -> String {
    let (panels, variables) = (dashboard.panels().len(), dashboard.variables().count());
    format!("{} with {panels} panels and {variables} variables", model::quote(dashboard.title()))
}

fn lint_files(args: &DashboardLint, console: &mut Console<'_>) -> io::Result<Verdict> {
    let metrics = match args.metrics.as_deref().map(metrics).transpose() {
        Ok(metrics) => metrics,
        Err(reason) => return refused(&reason, console),
    };
    let mut worst = Verdict::Good;
    for file in &args.files {
        console.say(format_args!("Checking {}", name(file)))?;
        worst = worst.max(match load(file) {
            Ok(imported) => linted(&imported.dashboard, metrics.as_ref(), args.strict, console)?,
            Err(reason) => refused(&reason, console)?,
        });
    }
    Ok(worst)
}

/// Says what is wrong with one dashboard.
fn linted(
    dashboard: &Dashboard,
    metrics: Option<&BTreeSet<String>>,
    is_strict: bool,
    console: &mut Console<'_>,
) -> io::Result<Verdict> {
    let complaints = lint(dashboard, metrics);
    let mut verdict = Verdict::Good;
    for complaint in &complaints {
        let line = format!("{}: {}", complaint.path, complaint.message);
        match complaint.severity {
            Severity::Warning if !is_strict => console.mark("  ", Mark::Warning, line)?,
            Severity::Warning | Severity::Error => {
                console.blame("  ", Mark::Failed, line)?;
                verdict = Verdict::Bad;
            }
        }
    }
    if verdict == Verdict::Good {
        console.mark("  ", Mark::Success, summary(dashboard))?;
    }
    Ok(verdict)
}

/// Names of the metrics in a file in the text format.
fn metrics(path: &Path) -> Result<BTreeSet<String>, String> {
    let text = if is_standard_input(path) {
        read_standard_input(METRICS_BYTES_MAX)
    } else {
        std::fs::read(path)
    };
    let text = text.map_err(|error| format!("cannot read {}: {}", name(path), io_words(&error)))?;
    let text = String::from_utf8_lossy(&text);
    let names = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let end = line.find(['{', ' ', '\t'])?;
        Some(line[..end].to_owned()).filter(|name| !name.is_empty())
    });
    Ok(names.collect())
}

fn compare(old: &Path, new: &Path, console: &mut Console<'_>) -> io::Result<Verdict> {
    if is_standard_input(old) && is_standard_input(new) {
        return refused("only one of the two can be standard input", console);
    }
    let (old, new) = match (load(old), load(new)) {
        (Ok(old), Ok(new)) => (old.dashboard, new.dashboard),
        (Err(reason), _) | (_, Err(reason)) => return refused(&reason, console),
    };
    let differences = diff(&old, &new);
    for difference in &differences {
        let line = match (&difference.old, &difference.new) {
            (Some(old), Some(new)) => format!("~ {}: {old} -> {new}", difference.place),
            (Some(old), None) => format!("- {}: {old}", difference.place),
            (None, Some(new)) => format!("+ {}: {new}", difference.place),
            (None, None) => format!("  {}", difference.place),
        };
        console.say(line)?;
    }
    Ok(if differences.is_empty() { Verdict::Good } else { Verdict::Bad })
}

/// Reads a file, or standard input for `-`.
fn load(path: &Path) -> Result<Imported, String> {
    let bytes = if is_standard_input(path) {
        read_standard_input(INPUT_BYTES_MAX as u64)
    } else {
        read_board(path)
    };
    let cannot = |error: &io::Error| format!("cannot read {}: {}", name(path), io_words(error));
    let bytes = bytes.map_err(|error| cannot(&error))?;
    import(&bytes).map_err(|error| format!("{}: {error}", name(path)))
}

/// What is longer than the bound is refused by who reads it.
fn read_standard_input(bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().take(bytes_max + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn name(path: &Path) -> String {
    if is_standard_input(path) { "standard input".into() } else { path.display().to_string() }
}

fn refused(reason: &str, console: &mut Console<'_>) -> io::Result<Verdict> {
    console.blame("  ", Mark::Failed, reason)?;
    Ok(Verdict::Bad)
}

#[cfg(test)]
mod tests;
