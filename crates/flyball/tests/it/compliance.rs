//! The queries of the PromQL compliance tester, over the same samples in Debian's Prometheus and in
//! this binary, with the tester's tolerance. What differs is on a list with its reason.

use crate::sender::now_ms;
use crate::server::Server;
use conformance::compliance::{TestCase, expand, service};
use conformance::{Answer, Api, Change, Exactness, Question, Time, Witness};
use std::collections::BTreeMap;
use std::fmt::Write;
use testkit::{conformance_dir, find_program, skip};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/compat.md");
const BEGIN: &str =
    "<!-- compliance: written by `UPDATE_EXPECT=1 cargo test -p flyball compliance` -->\n";
const END: &str = "<!-- end of compliance -->";

/// Queries whose answers differ, with the change since Prometheus 2.42 that is the reason.
const EXPLAINED: &[(&str, Change)] = &[
    (r#"label_replace(demo_num_cpus, "~invalid", "", "src", "(.*)")"#, Change::Utf8Names),
    (r#"label_join(demo_num_cpus, "~invalid", "-", "instance")"#, Change::Utf8Names),
];

/// As the tester: ten minutes in steps of ten seconds, ended twelve minutes ago.
const LENGTH_MS: i64 = 10 * 60_000;
const STEP_MS: i64 = 10_000;
const AGO_MS: i64 = 12 * 60_000;
/// Ranges reach back one hour, offsets ten minutes to both sides.
const BEFORE_MS: i64 = 80 * 60_000;
const AFTER_MS: i64 = 11 * 60_000;

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Same,
    Different(String),
}

fn compare(case: &TestCase, time: Time, (theirs, ours): (&Api, &Api)) -> Verdict {
    let question = Question { query: case.query.clone(), time };
    let (theirs, ours) = (theirs.ask(&question).unwrap(), ours.ask(&question).unwrap());
    let fails = |answer: &Answer| matches!(answer, Answer::Error(_));
    assert_eq!(fails(&theirs), case.should_fail, "the witness on {}: {theirs}", case.query);
    if fails(&ours) != case.should_fail {
        return Verdict::Different(format!("should fail: {}; answers {ours}", case.should_fail));
    }
    let difference = Exactness::COMPLIANCE.difference(&theirs, &ours);
    match difference.filter(|_| !case.skip_comparison) {
        Some(difference) => Verdict::Different(difference),
        None => Verdict::Same,
    }
}

#[test]
fn the_compliance_testers_queries_are_answered_as_by_prometheus() {
    const SUITE: &str = "PromQL compliance";
    let Some(program) = find_program("prometheus") else {
        return skip(SUITE, "prometheus is not installed");
    };
    let Some(folder) = conformance_dir(SUITE, "promql-compliance") else { return };
    let file = std::fs::read_to_string(folder.join("promql-test-queries.yml")).unwrap();
    let cases = expand(&file).unwrap();
    assert_eq!(cases.len(), 539);

    // Three seconds after a multiple of the step: no step of a subquery lies on a window edge.
    let end_ms = (now_ms() - AGO_MS) / STEP_MS * STEP_MS + 3_000;
    let start_ms = end_ms - LENGTH_MS;
    let first_ms = (start_ms - BEFORE_MS) / 5_000 * 5_000;
    let samples = service(1, first_ms, end_ms + AFTER_MS);
    let samples: Vec<_> = samples.iter().collect();
    let server = Server::start(&["--config.file=/dev/null"]);
    let peer = tempfile::tempdir().unwrap();
    let witness = Witness::start(&program, peer.path()).unwrap();
    let ours = Api::new(server.address());
    for api in [witness.api(), &ours] {
        api.write(&samples).unwrap();
    }

    let time = Time::Range { start_ms, end_ms, step_ms: STEP_MS };
    let mut explained: BTreeMap<&str, Change> = EXPLAINED.iter().copied().collect();
    let (mut same, mut unexplained) = (0, Vec::new());
    for case in &cases {
        match (compare(case, time, (witness.api(), &ours)), explained.remove(&*case.query)) {
            (Verdict::Same, None) => same += 1,
            (Verdict::Different(_), Some(_)) => {}
            (Verdict::Different(why), None) => unexplained.push(format!("{}: {why}", case.query)),
            (Verdict::Same, Some(change)) => {
                unexplained.push(format!("{}: no longer differs by {change:?}", case.query));
            }
        }
    }
    println!(
        "PromQL compliance: {same} of {} the same, {} explained",
        cases.len(),
        EXPLAINED.len()
    );
    assert!(unexplained.is_empty(), "{} queries:\n{}", unexplained.len(), unexplained.join("\n"));
    assert!(explained.is_empty(), "not asked: {explained:?}");
    testkit::assert_page(PAGE, (BEGIN, END), &page(same));
}

/// What the page says, between the marks.
fn page(same: usize) -> String {
    let mut text = String::from(
        "\n| queries | answered alike | differences | unexplained |\n|---|---|---|---|\n",
    );
    let all = same + EXPLAINED.len();
    writeln!(text, "| {all} | {same} | {} | 0 |\n", EXPLAINED.len()).unwrap();
    for (query, change) in EXPLAINED {
        writeln!(text, "- `{query}`: {}", change.describe()).unwrap();
    }
    text + "\n"
}
