//! Upstream's promqltest scripts: every eval passes, and docs/compat.md says how many there are.

use promql::script::parse_script;
use query::MemoryQuerier;
use query::script::{Options, Report, run};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/compat.md");
const BEGIN: &str = "<!-- promqltest: written by `UPDATE_EXPECT=1 cargo test -p query` -->\n";
const END: &str = "<!-- end -->";

pub(crate) fn scripts(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "test"));
    paths.sort();
    paths
}

fn run_file(path: &Path) -> Report {
    let name = path.display();
    let text = std::fs::read_to_string(path).unwrap();
    let script = parse_script(&text).unwrap_or_else(|error| panic!("{name}:{error}"));
    let report = run(&script, &Options::upstream(), &mut MemoryQuerier::new());
    report.unwrap_or_else(|error| panic!("{name}:{error}"))
}

#[test]
fn every_eval_of_upstreams_scripts_passes_and_the_page_says_so() {
    let Some(folder) = testkit::conformance_dir("promqltest", "promqltest") else { return };
    let mut table = String::from("\n| script | passed | failed |\n|---|---|---|\n");
    let mut failures = String::new();
    let (mut passed, mut failed) = (0, 0);
    for path in scripts(&folder) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let report = run_file(&path);
        writeln!(table, "| {name} | {} | {} |", report.passed, report.failures.len()).unwrap();
        for failure in &report.failures {
            println!("{name}.test:{}: {failure:#?}", failure.line);
            writeln!(failures, "- {name}.test:{}: `{}`", failure.line, failure.query).unwrap();
        }
        passed += report.passed;
        failed += report.failures.len();
    }
    writeln!(table, "| all | {passed} | {failed} |").unwrap();
    if !failures.is_empty() {
        write!(table, "\nThese fail:\n\n{failures}").unwrap();
    }
    println!("promqltest: {passed} passed, {failed} failed");
    testkit::assert_page(PAGE, (BEGIN, END), &format!("{table}\n"));
    assert_eq!((passed, failures.as_str()), (2214, ""));
}
