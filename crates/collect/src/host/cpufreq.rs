//! CPU frequencies and governors from sysfs.

use super::Setup;
use super::round::{Collector, Round, attribute};
use crate::Error;
use crate::family::FamilyId;
use crate::text;
use model::Labels;

/// File below `cpufreq/`, name and help; sysfs counts kilohertz.
const FREQUENCIES: [(&str, &str, &str); 6] = [
    ("cpuinfo_cur_freq", "frequency_hertz", "Current CPU thread frequency in hertz."),
    ("cpuinfo_min_freq", "frequency_min_hertz", "Minimum CPU thread frequency in hertz."),
    ("cpuinfo_max_freq", "frequency_max_hertz", "Maximum CPU thread frequency in hertz."),
    (
        "scaling_cur_freq",
        "scaling_frequency_hertz",
        "Current scaled CPU thread frequency in hertz.",
    ),
    (
        "scaling_min_freq",
        "scaling_frequency_min_hertz",
        "Minimum scaled CPU thread frequency in hertz.",
    ),
    (
        "scaling_max_freq",
        "scaling_frequency_max_hertz",
        "Maximum scaled CPU thread frequency in hertz.",
    ),
];

pub(super) struct Cpufreq {
    frequencies: [FamilyId; FREQUENCIES.len()],
    governor: FamilyId,
}

impl Cpufreq {
    pub(super) fn new(setup: &mut Setup<'_>) -> Self {
        let out = &mut *setup.out;
        Self {
            frequencies: FREQUENCIES
                .map(|(_, name, help)| out.gauge(&format!("node_cpu_{name}"), help)),
            governor: out
                .gauge("node_cpu_scaling_governor", "Current enabled CPU frequency governor."),
        }
    }
}

impl Collector for Cpufreq {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let dir = round.roots.sys.join("devices/system/cpu");
        for name in round.host.list(&dir).map_err(|error| Error::read(&dir, error))? {
            let Some(cpu) = name.strip_prefix("cpu") else { continue };
            if text::decimal(cpu.as_bytes()).is_none() {
                continue;
            }
            let dir = dir.join(&name).join("cpufreq");
            let labels = Labels::from_pairs([("cpu", cpu)]);
            for (family, (file, ..)) in self.frequencies.iter().zip(FREQUENCIES) {
                let khz = attribute(round.host, &dir.join(file), round.buffer);
                if let Some(khz) = khz.and_then(text::decimal) {
                    round.out.push(*family, &labels, khz as f64 * 1000.0);
                }
            }
            let path = dir.join("scaling_governor");
            let Some(current) = attribute(round.host, &path, round.buffer).map(text::label) else {
                continue;
            };
            let path = dir.join("scaling_available_governors");
            let Some(available) = attribute(round.host, &path, round.buffer) else { continue };
            for governor in text::fields(available).map(text::label) {
                let labels = Labels::from_pairs([("cpu", cpu), ("governor", &governor)]);
                let is_current = f64::from(u8::from(governor == current));
                round.out.push(self.governor, &labels, is_current);
            }
        }
        Ok(())
    }
}
