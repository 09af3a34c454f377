//! Does a query fail, warn and inform as its script says?
//! Source: Prometheus 3.14, `checkAnnotations`.

use super::{Difference, Mismatch};
use crate::{QueryError, QueryOutput};
use promql::script::{Eval, TextMatch};

/// The output, whose value remains to be compared; `None` when the query failed as expected.
pub(super) fn expected(
    eval: &Eval,
    output: Result<QueryOutput, QueryError>,
) -> Result<Option<QueryOutput>, Mismatch> {
    let expect = &eval.expect;
    let output = match (output, &expect.fail) {
        (Ok(output), None) => output,
        (Ok(_), Some(text)) => {
            return Err(Difference::new(format!("error: {text}"), "an answer").into());
        }
        (Err(error), None) => {
            return Err(Difference::new("an answer", format!("error: {error}")).into());
        }
        (Err(error), Some(text)) if text.matches(&error.to_string()) => return Ok(None),
        (Err(error), Some(text)) => {
            let found = format!("error: {error}");
            return Err(Difference::new(format!("error: {text}"), found).into());
        }
    };
    let mut differences = Vec::new();
    for (what, wanted, none, found) in [
        ("warning", &expect.warn, expect.no_warn, &output.warnings),
        ("info", &expect.info, expect.no_info, &output.infos),
    ] {
        compare(what, (wanted, none), found, &mut differences);
    }
    if differences.is_empty() { Ok(Some(output)) } else { Err(differences.into()) }
}

/// Each expectation is met, and when there are any, each annotation is expected.
fn compare(
    what: &str,
    (wanted, none): (&[TextMatch], bool),
    found: &[String],
    differences: &mut Vec<Difference>,
) {
    for text in wanted.iter().filter(|text| !found.iter().any(|found| text.matches(found))) {
        let found = if found.is_empty() { format!("no {what}") } else { found.join("; ") };
        differences.push(Difference::new(format!("{what}: {text}"), found));
    }
    let surprising = |found: &&String| !wanted.iter().any(|text| text.matches(found));
    if none || !wanted.is_empty() {
        let surprises = found.iter().filter(surprising);
        differences.extend(surprises.map(|text| Difference::new(format!("no {what}"), text)));
    }
}
