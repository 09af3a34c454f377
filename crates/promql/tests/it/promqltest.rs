//! Every query of upstream's promqltest scripts parses, unless its script expects it to fail.

use promql::script::{CommandKind, EvalTime, Outcome, parse_script};
use promql::{ParserOptions, parse_with};
use std::fs;
use std::path::Path;

/// A query and whether its script expects an error (of any kind, not only of the parser).
pub(crate) struct Eval {
    pub(crate) place: String,
    pub(crate) query: String,
    pub(crate) may_fail: bool,
}

/// Names and texts of all scripts, or `None` when they are absent.
fn scripts() -> Option<Vec<(String, String)>> {
    let folder = testkit::conformance_dir("promqltest", "promqltest")?;
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "test"));
    files.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    Some(files.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect())
}

/// All evals of all scripts, or `None` when the scripts are absent.
pub(crate) fn evals() -> Option<Vec<Eval>> {
    let mut evals = Vec::new();
    for (name, text) in scripts()? {
        for command in parse_script(&text).unwrap().commands {
            let CommandKind::Eval(eval) = command.kind else { continue };
            let place = format!("{name}:{}", command.line);
            assert!(text[eval.query_start..].starts_with(&eval.query), "{place}");
            let may_fail = eval.expect.fail.is_some();
            evals.push(Eval { place, query: eval.query, may_fail });
        }
    }
    Some(evals)
}

#[test]
fn every_query_of_the_scripts_parses_or_may_fail() {
    let Some(evals) = evals() else { return };
    assert_eq!(evals.len(), 2214, "number of evals in the scripts");
    let mut refused = Vec::new();
    for eval in &evals {
        if let Err(error) = parse_with(&eval.query, &ParserOptions::ALL) {
            assert!(eval.may_fail, "{}: {}\n{}", eval.place, eval.query, error.render(&eval.query));
            refused.push(format!("{}: {error}", eval.place));
        }
    }
    let expect = expect_test::expect![[r#"
        aggregators.test:481: 1:14: parse error: invalid label name "a\xc5z"
        functions.test:523: 1:27: parse error: string "\xff" is not valid UTF-8"#]];
    expect.assert_eq(&refused.join("\n"));
}

/// What the scripts contain, in the order of the tally below.
#[derive(Default)]
struct Tally {
    lines: usize,
    clears: usize,
    loads: usize,
    loads_with_nhcb: usize,
    series: usize,
    series_with_starts: usize,
    instants: usize,
    ranges: usize,
    fails: usize,
    strings: usize,
    range_vectors: usize,
    scalars: usize,
    ordered: usize,
    warns: usize,
    infos: usize,
    no_warns: usize,
    no_infos: usize,
}

impl Tally {
    fn add(&mut self, command: CommandKind) {
        match command {
            CommandKind::Clear => self.clears += 1,
            CommandKind::Load(load) => {
                self.loads += 1;
                self.loads_with_nhcb += usize::from(load.with_nhcb);
                self.series += load.series.len();
                let with_starts = load.series.iter().filter(|series| !series.starts.is_empty());
                self.series_with_starts += with_starts.count();
            }
            CommandKind::Eval(eval) => self.add_eval(&eval),
        }
    }

    fn add_eval(&mut self, eval: &promql::script::Eval) {
        match eval.time {
            EvalTime::Instant { .. } => self.instants += 1,
            EvalTime::Range { .. } => self.ranges += 1,
        }
        match eval.outcome {
            Outcome::Scalar(_) => self.scalars += 1,
            Outcome::String(_) => self.strings += 1,
            Outcome::RangeVector { .. } => self.range_vectors += 1,
            Outcome::Series(_) => {}
        }
        self.fails += usize::from(eval.expect.fail.is_some());
        self.ordered += usize::from(eval.expect.ordered);
        self.warns += eval.expect.warn.len();
        self.infos += eval.expect.info.len();
        self.no_warns += usize::from(eval.expect.no_warn);
        self.no_infos += usize::from(eval.expect.no_info);
    }
}

#[test]
fn every_script_is_read_to_its_end() {
    let Some(scripts) = scripts() else { return };
    let mut tally = Tally::default();
    for (name, text) in scripts {
        tally.lines += text.lines().count();
        let script = parse_script(&text);
        let script = script.unwrap_or_else(|error| panic!("{name}:{}", error.render(&text)));
        script.commands.into_iter().for_each(|command| tally.add(command.kind));
    }
    let Tally { lines, clears, loads, loads_with_nhcb, series, series_with_starts, .. } = tally;
    assert_eq!((lines, clears, loads, loads_with_nhcb), (11830, 231, 310, 33));
    assert_eq!((series, series_with_starts), (1052, 37));
    let Tally { instants, ranges, fails, scalars, strings, range_vectors, .. } = tally;
    assert_eq!((instants, ranges, fails), (1885, 329, 35));
    assert_eq!((scalars, strings, range_vectors), (54, 5, 5));
    let Tally { ordered, warns, infos, no_warns, no_infos, .. } = tally;
    assert_eq!((ordered, warns, infos, no_warns, no_infos), (24, 90, 132, 265, 149));
}
