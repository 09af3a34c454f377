//! Weaknesses of the processor and what the kernel does about them.

use super::round::Round;
use crate::Error;
use model::Labels;

const HELP: &str = concat!(
    "Details of each CPU vulnerability reported by sysfs. The value of the ",
    "series is an int encoded state of the vulnerability. The same state is ",
    "stored as a string in the label",
);

/// State and mitigation of a line like `Mitigation: PTI` or `Not affected`.
pub(super) fn parse(content: &str) -> (&'static str, &str) {
    let content = content.trim();
    if content.starts_with("Not affected") {
        ("not affected", "")
    } else if let Some(rest) = content.strip_prefix("Vulnerable") {
        ("vulnerable", rest.trim_start_matches([':', ' ']))
    } else if let Some(rest) = content.strip_prefix("Mitigation") {
        ("mitigation", rest.trim_start_matches([':', ' ']))
    } else {
        ("unknown", "")
    }
}

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let dir = round.roots.sys.join("devices/system/cpu/vulnerabilities");
    for codename in round.names(&dir)? {
        let Some(content) = round.word(&dir.join(&codename)) else { continue };
        let (state, mitigation) = parse(&content);
        let pairs = [("codename", &*codename), ("state", state), ("mitigation", mitigation)];
        let labels = Labels::from_pairs(pairs);
        round.gauge("node_cpu_vulnerabilities_info", HELP, &labels, 1.0);
    }
    Ok(())
}
