//! Every query of upstream's promqltest scripts parses, unless its script expects it to fail.

use crate::conformance;
use promql::{ParserOptions, parse_with};
use std::fs;

/// A query and whether its script expects an error (of any kind, not only of the parser).
pub(crate) struct Eval {
    pub(crate) place: String,
    pub(crate) query: String,
    pub(crate) may_fail: bool,
}

/// All evals of all scripts, or `None` when the scripts are absent.
pub(crate) fn evals() -> Option<Vec<Eval>> {
    let folder = conformance::suite("promqltest")?;
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "test"));
    files.sort();
    let mut evals = Vec::new();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        collect(&name, &fs::read_to_string(&path).unwrap(), &mut evals);
    }
    Some(evals)
}

fn collect(file: &str, script: &str, evals: &mut Vec<Eval>) {
    for (index, line) in script.lines().enumerate() {
        let line = line.trim();
        if let Some(query) = query_of(line) {
            let place = format!("{file}:{}", index + 1);
            evals.push(Eval { place, query, may_fail: line.starts_with("eval_fail") });
        } else if line.starts_with("expect fail")
            && let Some(eval) = evals.last_mut()
        {
            eval.may_fail = true;
        }
    }
}

/// The query behind `eval instant at T` or `eval range from A to B step S`.
fn query_of(line: &str) -> Option<String> {
    let rest = line.strip_prefix("eval")?;
    let words = if rest.contains(" instant at ") { 4 } else { 8 };
    let mut rest = line;
    for _ in 0..words {
        rest = rest.split_once(' ')?.1.trim_start();
    }
    Some(rest.to_owned())
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
