//! What an answer is worth: its response code and its records. Pure; the order and the meaning of
//! the checks are upstream's.

use crate::Reason;
use config::blackbox::{DnsProbe, RCODES, RecordChecks, SearchRegex, name_of};
use net::dns::{Answer, Record};

/// Why an answer is not as it must be.
pub(crate) fn judge(config: &DnsProbe, answer: &Answer) -> Option<(Reason, String)> {
    if !config.valid_rcodes.contains(&answer.rcode) {
        let name = name_of(RCODES, answer.rcode).unwrap_or("?");
        let message = format!("Rcode {name} ({}) is not one of the valid rcodes", answer.rcode);
        return Some((Reason::Rcode, message));
    }
    let sections = [
        ("Answer", &answer.answers, &config.answer),
        ("Authority", &answer.authorities, &config.authority),
        ("Additional", &answer.additionals, &config.additional),
    ];
    sections.into_iter().find_map(|(section, records, checks)| {
        let why = records_wrong(records, checks)?;
        Some((Reason::Records, format!("{section} RRs validation failed: {why}")))
    })
}

fn records_wrong(records: &[Record], checks: &RecordChecks) -> Option<String> {
    let RecordChecks {
        fail_if_matches: none_may,
        fail_if_all_match: all_must,
        fail_if_not_matches: each_must,
        fail_if_none_matches: one_must,
    } = checks;
    if records.is_empty() && !each_must.is_empty() {
        return Some("fail_if_not_matches_regexp specified but no RRs returned".to_owned());
    }
    if records.is_empty() && !one_must.is_empty() {
        return Some("fail_if_none_matches_regexp specified but no RRs returned".to_owned());
    }
    let fits = |rule: &SearchRegex, record: &Record| rule.regex.is_match(&record.text);
    for record in records {
        if let Some(rule) = none_may.iter().find(|rule| fits(rule, record)) {
            return Some(format!("{:?} matched regexp {}", record.text, rule.text));
        }
        if let Some(rule) = each_must.iter().find(|rule| !fits(rule, record)) {
            return Some(format!("{:?} did not match regexp {}", record.text, rule.text));
        }
    }
    let all = |rule: &SearchRegex| records.iter().all(|record| fits(rule, record));
    if !all_must.iter().all(all) {
        return Some("Not all RRs matched regexp".to_owned());
    }
    let one = |rule: &SearchRegex| records.iter().any(|record| fits(rule, record));
    if !one_must.is_empty() && !one_must.iter().any(one) {
        return Some("None of the RRs did matched any regexp".to_owned());
    }
    None
}
