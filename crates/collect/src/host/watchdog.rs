//! Hardware and software watchdogs from sysfs.

use super::Setup;
use super::round::{Collector, Round, attribute};
use crate::Error;
use crate::family::FamilyId;
use crate::text;
use model::Labels;

/// File and name of each number.
const NUMBERS: [(&str, &str); 7] = [
    ("access_cs0", "access_cs0"),
    ("bootstatus", "bootstatus"),
    ("fw_version", "fw_version"),
    ("nowayout", "nowayout"),
    ("pretimeout", "pretimeout_seconds"),
    ("timeleft", "timeleft_seconds"),
    ("timeout", "timeout_seconds"),
];

/// Files that become labels of the info series under their own names.
const WORDS: [&str; 5] = ["identity", "options", "pretimeout_governor", "state", "status"];

pub(super) struct Watchdog {
    numbers: [FamilyId; NUMBERS.len()],
    info: FamilyId,
}

impl Watchdog {
    pub(super) fn new(setup: &mut Setup<'_>) -> Self {
        let out = &mut *setup.out;
        Self {
            numbers: NUMBERS.map(|(file, name)| {
                let help = format!("Value of /sys/class/watchdog/<watchdog>/{file}");
                out.gauge(&format!("node_watchdog_{name}"), &help)
            }),
            info: out.gauge("node_watchdog_info", "Info of /sys/class/watchdog/<watchdog>"),
        }
    }
}

impl Collector for Watchdog {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let dir = round.roots.sys.join("class/watchdog");
        for name in round.host.list(&dir).map_err(|error| Error::read(&dir, error))? {
            let dir = dir.join(&name);
            let labels = Labels::from_pairs([("name", &name)]);
            for (family, (file, _)) in self.numbers.iter().zip(NUMBERS) {
                let number = attribute(round.host, &dir.join(file), round.buffer);
                if let Some(number) = number.and_then(text::decimal) {
                    round.out.push(*family, &labels, number as f64);
                }
            }
            let mut info = labels.to_builder();
            for file in WORDS {
                if let Some(word) = attribute(round.host, &dir.join(file), round.buffer) {
                    info.set(file, &text::label(word));
                }
            }
            round.out.push(self.info, &info.build(), 1.0);
        }
        Ok(())
    }
}
