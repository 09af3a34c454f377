//! An answer as JSON, for programs. Fields are only ever added.

use super::{Answer, advice};
use net::Certificate;
use serde_json::{Value, json};

/// One object: what was asked, what came, and why.
pub(super) fn of(answer: &Answer) -> Value {
    let outcome = &answer.outcome;
    let findings = &outcome.findings;
    let phases = findings.spans.iter().map(|span| {
        json!({
            "phase": span.phase,
            "request": span.hop,
            "start_seconds": span.start.as_secs_f64(),
            "duration_seconds": span.length.as_secs_f64(),
            "complete": !span.is_cut,
        })
    });
    let conditions = answer.outcome.conditions.iter().map(
        |one| json!({ "condition": one.condition, "actual": one.shown, "success": one.holds }),
    );
    let now = answer.now.ms() / 1000;
    let certificates = outcome.certificates.iter().map(|one| certificate(one, now));
    json!({
        "target": answer.target,
        "success": outcome.success,
        "reason": outcome.reason.map(probe::Reason::name),
        "why": findings.why,
        "advice": advice::advice(answer),
        "duration_seconds": outcome.duration.as_secs_f64(),
        "address": findings.address,
        "connected": findings.connected,
        "status": findings.status,
        "version": findings.version,
        "rcode": findings.rcode,
        "tls": findings.tls.as_ref().map(|(version, cipher)| {
            json!({ "version": version, "cipher": cipher })
        }),
        "urls": findings.urls,
        "phases": phases.collect::<Vec<_>>(),
        "conditions": conditions.collect::<Vec<_>>(),
        "certificates_trusted": (!outcome.certificates.is_empty()).then_some(!answer.is_untrusted),
        "certificates": certificates.collect::<Vec<_>>(),
    })
}

fn certificate(one: &Certificate, now: i64) -> Value {
    json!({
        "subject": one.subject,
        "issuer": one.issuer,
        "dns_names": one.dns_names,
        "serial": one.serial,
        "fingerprint_sha256": one.fingerprint_sha256,
        "not_before": one.not_before,
        "not_after": one.not_after,
        "expires_in_seconds": one.not_after - now,
    })
}
