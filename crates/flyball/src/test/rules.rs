//! `flyball test rules`: unit tests of rules with promtool's files, output and exit codes.
//! Rule groups run as in the server, on samples in memory and on a virtual clock.

mod compare;
mod stage;

use crate::cli::TestRules;
use crate::console::{Console, Verdict, io_words};
use crate::features::Features;
use crate::load::{self, GroupDefaults};
use ::rules::GroupSpec;
use config::rule_tests::{RuleTest, RuleTestFile};
use config::{GlobalConfig, Problem};
use regex::Regex;
use stage::Stage;
use std::io;
use std::path::Path;

/// Runs files of rule tests.
pub(super) fn run(args: &TestRules, console: &mut Console<'_>) -> io::Result<Verdict> {
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
    let runner = Runner { args, features: &features, only };
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
    Ok(verdict)
}

struct Runner<'a> {
    args: &'a TestRules,
    features: &'a Features,
    /// Names of tests that are wanted.
    only: Option<Regex>,
}

impl Runner<'_> {
    /// Everything that failed in a file.
    fn file(&self, path: &Path, console: &mut Console<'_>) -> io::Result<Vec<String>> {
        let name = path.display().to_string();
        let text = match load::read_text(path) {
            Ok(text) => text,
            Err(error) => return Ok(vec![format!("cannot read {name}: {}", io_words(&error))]),
        };
        let file = match config::rule_tests::load(&name, &text) {
            Ok(loaded) => loaded.config,
            Err(error) => return Ok(vec![error.to_string()]),
        };
        let rule_files = match rule_files(&file, console)? {
            Ok(files) => files,
            Err(reason) => return Ok(vec![reason]),
        };
        let wanted =
            |test: &&RuleTest| self.only.as_ref().is_none_or(|only| only.is_match(&test.name));
        let mut failures = Vec::new();
        for test in file.tests.iter().filter(wanted) {
            match self.groups(&file, test, &rule_files) {
                Ok(groups) => failures.extend(self.test(&file, test, groups)),
                Err(mistakes) => failures.extend(mistakes),
            }
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

    fn test(&self, file: &RuleTestFile, test: &RuleTest, groups: Vec<GroupSpec>) -> Vec<String> {
        let mut stage = match Stage::new(file, test, groups, self.features) {
            Ok(stage) => stage,
            Err(reason) => return vec![reason],
        };
        let mut failures = Vec::new();
        if let Err(errors) = stage.play(|at, stage| {
            for case in test.alerts.iter().filter(|case| stage.shows(at, case.at)) {
                failures.extend(compare::alerts(&test.name, case, stage));
            }
        }) {
            failures.extend(errors);
            return failures;
        }
        for case in &test.queries {
            failures.extend(compare::query(case, file.fuzzy_compare, &stage));
        }
        failures
    }
}

/// Names and texts of the rule files.
fn rule_files(
    file: &RuleTestFile,
    console: &mut Console<'_>,
) -> io::Result<Result<Vec<(String, String)>, String>> {
    let mut texts = Vec::new();
    for pattern in &file.rule_files {
        let paths = match load::expand_pattern(pattern) {
            Ok(paths) => paths,
            Err(error) => return Ok(Err(format!("cannot list {pattern}: {}", io_words(&error)))),
        };
        let paths: Vec<_> = paths.into_iter().filter(|path| path.exists()).collect();
        if paths.is_empty() {
            console.complain(format_args!("  WARNING: no file match pattern {pattern}"))?;
        }
        for path in paths {
            let name = path.display().to_string();
            match load::read_text(&path) {
                Ok(text) => texts.push((name, text)),
                Err(error) => {
                    return Ok(Err(format!("cannot read {name}: {}", io_words(&error))));
                }
            }
        }
    }
    Ok(Ok(texts))
}
