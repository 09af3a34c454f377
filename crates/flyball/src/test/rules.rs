//! `flyball test rules`: unit tests of rules with promtool's files, output and exit codes.
//! Rule groups run as in the server, on samples in memory and on a virtual clock.

mod compare;
mod diff;
mod junit;
mod stage;

use crate::cli::TestRules;
use crate::load::{self, GroupDefaults};
use ::rules::GroupSpec;
use commands::console::{Console, Verdict, io_words};
use commands::features::Features;
use commands::files;
use config::rule_tests::{RuleTest, RuleTestFile};
use config::{GlobalConfig, Problem};
use diff::Marks;
use junit::Report;
use model::Timestamp;
use regex::Regex;
use stage::Stage;
use std::io;
use std::path::{Path, PathBuf};
use sys::{Clock, SystemClock};

/// Runs files of rule tests; results also go to the file `junit`.
pub(super) fn run(
    args: &TestRules,
    junit: Option<&PathBuf>,
    console: &mut Console<'_>,
) -> io::Result<Verdict> {
    let features = Features::named(&args.features.enable_feature);
    let complaints: Vec<String> = features.complaints().collect();
    if !complaints.is_empty() {
        console.complain(complaints.join("\n"))?;
        return Ok(Verdict::Bad);
    }
    let only = match (args.run.is_empty(), Regex::new(&args.run.join("|"))) {
        (true, _) => None,
        (false, Ok(only)) => Some(only),
        (false, Err(error)) => {
            console.complain(format_args!("--run={}: {error}", args.run.join("|")))?;
            return Ok(Verdict::Bad);
        }
    };
    let clock = SystemClock::new();
    let mut runner =
        Runner { args, features: &features, only, clock: &clock, report: Report::default() };
    let mut verdict = Verdict::Good;
    for file in &args.files {
        console.say(format_args!("Unit Testing:  {}", file.display()))?;
        let failures = runner.file(file, console)?;
        if failures.is_empty() {
            console.say("  SUCCESS")?;
        } else {
            verdict = Verdict::Bad;
            console.complain("  FAILED:")?;
            for failure in &failures {
                console.complain(failure)?;
                console.say("")?;
            }
        }
        console.say("")?;
    }
    if let Some(path) = junit
        && let Err(error) = std::fs::write(path, runner.report.render())
    {
        let (path, why) = (path.display(), io_words(&error));
        console.complain(format_args!("cannot write the results to {path}: {why}"))?;
        verdict = Verdict::Bad;
    }
    Ok(verdict)
}

struct Runner<'a> {
    args: &'a TestRules,
    features: &'a Features,
    /// Names of tests that are wanted.
    only: Option<Regex>,
    clock: &'a dyn Clock,
    report: Report,
}

/// A file of tests with its rule files, named and read.
struct Loaded {
    file: RuleTestFile,
    rule_files: Vec<(String, String)>,
}

impl Runner<'_> {
    /// Everything that failed in a file.
    fn file(&mut self, path: &Path, console: &mut Console<'_>) -> io::Result<Vec<String>> {
        let name = path.display().to_string();
        self.report.begin_file(&name, timestamp(self.clock.now()));
        let Loaded { file, rule_files } = match load_file(path, &name, console)? {
            Ok(loaded) => loaded,
            Err(reason) => {
                self.report.abort(&reason);
                return Ok(vec![reason]);
            }
        };
        let mut failures = Vec::new();
        for (index, test) in file.tests.iter().enumerate() {
            if self.only.as_ref().is_some_and(|only| !only.is_match(&test.name)) {
                continue;
            }
            let name = match test.name.as_str() {
                "" => format!("unnamed#{index}"),
                name => name.to_owned(),
            };
            let failed = self.case(&name, &file, test, &rule_files, console)?;
            self.report.add_test(&name, &failed);
            failures.extend(failed);
        }
        Ok(failures)
    }

    /// Everything that failed in a test.
    fn case(
        &self,
        name: &str,
        file: &RuleTestFile,
        test: &RuleTest,
        rule_files: &[(String, String)],
        console: &mut Console<'_>,
    ) -> io::Result<Vec<String>> {
        let began = self.clock.monotonic();
        if self.args.debug {
            console.complain(format_args!("DEBUG: Starting test {name}"))?;
        }
        let groups = self.groups(file, test, rule_files);
        let stage = groups.and_then(|groups| {
            Stage::new(file, test, groups, self.features).map_err(|reason| vec![reason])
        });
        let failures = match stage {
            Ok(mut stage) => {
                let failures = self.test(file, test, &mut stage, console.complains_in_colour());
                if self.args.debug {
                    console.complain(stage.dump())?;
                }
                failures
            }
            Err(failures) => failures,
        };
        if self.args.debug {
            let took = self.clock.monotonic().saturating_sub(began);
            console.complain(format_args!("DEBUG: Test {name} finished, took {took:?}"))?;
        }
        Ok(failures)
    }

    /// Groups of the rule files in the order of their evaluation.
    fn groups(
        &self,
        file: &RuleTestFile,
        test: &RuleTest,
        rule_files: &[(String, String)],
    ) -> Result<Vec<GroupSpec>, Vec<String>> {
        let global = GlobalConfig::default();
        let defaults = GroupDefaults {
            interval: test.interval,
            query_offset: global.rule_query_offset,
            scheme: global.name_scheme,
            syntax: self.features.syntax,
            unknown_keys: self.args.unknown_keys.treatment(),
        };
        let mut groups = Vec::new();
        for (name, text) in rule_files {
            let parsed = load::parse_rules(name, text, defaults);
            let mistakes =
                |problems: Vec<Problem>| problems.iter().map(Problem::to_string).collect();
            groups.extend(parsed.map_err::<Vec<String>, _>(mistakes)?.0);
        }
        let turn = |group: &GroupSpec| {
            file.group_eval_order.iter().position(|name| *name == group.name).unwrap_or(0)
        };
        groups.sort_by_key(turn);
        Ok(groups)
    }

    fn test(
        &self,
        file: &RuleTestFile,
        test: &RuleTest,
        stage: &mut Stage,
        in_colour: bool,
    ) -> Vec<String> {
        let marks = if in_colour { Marks::COLOURS } else { Marks::SIGNS };
        let marks = self.args.diff.then_some(marks);
        let mut failures = Vec::new();
        if let Err(errors) = stage.play(|at, stage| {
            for case in test.alerts.iter().filter(|case| stage.shows(at, case.at)) {
                failures.extend(compare::alerts(&test.name, case, stage, marks));
            }
        }) {
            failures.extend(errors);
            return failures;
        }
        for case in &test.queries {
            failures.extend(compare::query(case, file.fuzzy_compare, stage));
        }
        failures
    }
}

/// Reads a file of tests and the rule files that it names, or says why that cannot be.
fn load_file(
    path: &Path,
    name: &str,
    console: &mut Console<'_>,
) -> io::Result<Result<Loaded, String>> {
    let text = match files::read_text(path) {
        Ok(text) => text,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let file = match config::rule_tests::load(name, &text) {
        Ok(loaded) => loaded.config,
        Err(error) => return Ok(Err(error.to_string())),
    };
    Ok(rule_files(&file, console)?.map(|rule_files| Loaded { file, rule_files }))
}

/// As upstream's reports have it: to the second, without zone.
fn timestamp(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.ms()).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// Names and texts of the rule files.
fn rule_files(
    file: &RuleTestFile,
    console: &mut Console<'_>,
) -> io::Result<Result<Vec<(String, String)>, String>> {
    let mut texts = Vec::new();
    for pattern in &file.rule_files {
        let paths = match files::expand_pattern(pattern) {
            Ok(paths) => paths,
            Err(error) => return Ok(Err(format!("cannot list {pattern}: {}", io_words(&error)))),
        };
        let paths: Vec<_> = paths.into_iter().filter(|path| path.exists()).collect();
        if paths.is_empty() {
            console.complain(format_args!("  WARNING: no file match pattern {pattern}"))?;
        }
        for path in paths {
            let name = path.display().to_string();
            // A file that is named twice is read once, as in promtool.
            if texts.iter().any(|(known, _)| *known == name) {
                continue;
            }
            match files::read_text(&path) {
                Ok(text) => texts.push((name, text)),
                Err(error) => return Ok(Err(error.to_string())),
            }
        }
    }
    Ok(Ok(texts))
}
