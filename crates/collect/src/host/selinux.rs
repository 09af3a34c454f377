//! `SELinux`: whether it is there, and its configured and current modes.

use super::round::Round;
use crate::text;
use crate::{Error, ErrorKind};
use model::Labels;

const ENABLED: &str = "SELinux is enabled, 1 is true, 0 is false";
const CONFIGURED: &str = "Configured SELinux enforcement mode";
const CURRENT: &str = "Current SELinux enforcement mode";

/// Neither enforcing nor permissive.
const UNKNOWN: f64 = -1.0;

/// The mode that `/etc/selinux/config` sets: enforcing 1, permissive 0, anything else -1.
pub(super) fn parse(content: &[u8]) -> f64 {
    let mut mode = UNKNOWN;
    for (_, line) in text::lines(content) {
        let Some((key, value)) = text::split_once(line, b'=') else { continue };
        if key.trim_ascii() == b"SELINUX" {
            mode = match value.trim_ascii() {
                b"enforcing" => 1.0,
                b"permissive" => 0.0,
                _ => UNKNOWN,
            };
        }
    }
    mode
}

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let enforce = round.roots.sys.join("fs/selinux/enforce");
    let Some(current) = round.float(&enforce) else {
        round.gauge("node_selinux_enabled", ENABLED, &Labels::empty(), 0.0);
        return Ok(());
    };
    let config = round.roots.root.join("etc/selinux/config");
    let configured = match round.parsed(&config, |content| Ok(parse(content))) {
        Err(error) if error.kind() == ErrorKind::NoData => UNKNOWN,
        configured => configured?,
    };
    round.gauge("node_selinux_enabled", ENABLED, &Labels::empty(), 1.0);
    round.gauge("node_selinux_config_mode", CONFIGURED, &Labels::empty(), configured);
    round.gauge("node_selinux_current_mode", CURRENT, &Labels::empty(), current);
    Ok(())
}
