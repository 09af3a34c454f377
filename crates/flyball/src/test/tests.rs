//! Upstream's scripts on the database: in memory and written into segments.

use super::{Database, run_script};
use query::script::Options;
use std::fs;

fn all_pass(sealed: bool) {
    let Some(folder) = testkit::conformance_dir("promqltest", "promqltest") else { return };
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "test"));
    paths.sort();
    let mut passed = 0;
    let mut troubles = Vec::new();
    for path in &paths {
        let mut database = Database { db: None, sealed };
        match run_script(path, &Options::upstream(), &mut database) {
            Ok(report) => {
                passed += report.passed;
                let name = path.display();
                troubles.extend(report.failures.iter().map(|f| format!("{name}: {f:#?}")));
            }
            Err(reason) => troubles.push(reason),
        }
    }
    assert!(troubles.is_empty(), "{passed} passed\n{}", troubles.join("\n"));
    assert_eq!(passed, 2214);
}

#[test]
fn upstreams_scripts_pass_on_head_and_journal() {
    all_pass(false);
}

#[test]
fn upstreams_scripts_pass_on_segments() {
    all_pass(true);
}
