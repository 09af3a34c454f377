//! `flyball test`: tries queries and rules on data written beside them.
//! The scripts are read by `promql`, run by `query`; here is the database they run on and what
//! people get to see.

mod rules;
mod store;
#[cfg(test)]
mod tests;

use crate::cli::{TestArgs, TestCommand, TestPromql};
use commands::console::{Console, Mark, Verdict};
use commands::features::Features;
use commands::files;
use promql::script::parse_script;
use query::EngineOptions;
use query::script::{Difference, Failure, Options, Report};
use std::io;
use std::path::Path;
use store::Database;

/// Runs one of the tests.
pub(crate) fn run(args: &TestArgs, console: &mut Console<'_>) -> io::Result<Verdict> {
    match &args.command {
        TestCommand::Promql(_) if args.junit.is_some() => {
            console.complain("--junit goes with `test rules`, not with `test promql`")?;
            Ok(Verdict::Unusable)
        }
        TestCommand::Promql(args) => promql(args, console),
        TestCommand::Rules(rules) => {
            rules::run(rules, rules.junit.as_ref().or(args.junit.as_ref()), console)
        }
    }
}

fn promql(args: &TestPromql, console: &mut Console<'_>) -> io::Result<Verdict> {
    let features = Features::named(&args.features.enable_feature);
    let complaints: Vec<String> = features.complaints().collect();
    if !complaints.is_empty() {
        console.complain(complaints.join("\n"))?;
        return Ok(Verdict::Unusable);
    }
    let options = if args.features.enable_feature.is_empty() {
        Options::upstream()
    } else {
        let mut engine = EngineOptions::default();
        features.apply(&mut engine);
        Options { engine, syntax: features.syntax }
    };
    let mut verdict = Verdict::Good;
    let (mut passed, mut failed) = (0, 0);
    for file in &args.files {
        match run_script(file, &options, &mut Database::new()) {
            Ok(report) => {
                passed += report.passed;
                failed += report.failures.len();
                verdict = verdict.max(tell(file, &report, console)?);
            }
            Err(reason) => {
                console.blame("", Mark::Failed, reason)?;
                verdict = Verdict::Unusable;
            }
        }
    }
    console.say(format_args!("{passed} passed, {failed} failed"))?;
    Ok(verdict)
}

/// Runs a script; the error is a sentence with file and place.
fn run_script(file: &Path, options: &Options, database: &mut Database) -> Result<Report, String> {
    let name = file.display();
    let text = files::read_text(file).map_err(|error| error.to_string())?;
    let script = parse_script(&text)
        .map_err(|error| format!("{name}:{}", error.render(&text).trim_end()))?;
    query::script::run(&script, options, database).map_err(|error| format!("{name}:{error}"))
}

/// Tells what failed: place, query, and what was expected and found.
fn tell(file: &Path, report: &Report, console: &mut Console<'_>) -> io::Result<Verdict> {
    for Failure { line, query, form, differences } in &report.failures {
        let mut text = format!("{}:{line}: {query}", file.display());
        if let Some(form) = form {
            text = format!("{text}\n  {form}");
        }
        for Difference { expected, found } in differences {
            text = format!("{text}\n  expected {expected}\n  found    {found}");
        }
        console.blame("", Mark::Failed, text)?;
    }
    Ok(if report.failures.is_empty() { Verdict::Good } else { Verdict::Bad })
}
