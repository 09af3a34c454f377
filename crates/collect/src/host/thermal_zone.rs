//! Temperatures of thermal zones and states of cooling devices from sysfs.

use super::Setup;
use super::round::{Collector, Round, attribute};
use crate::Error;
use crate::family::FamilyId;
use crate::text;
use model::Labels;
use std::io;

const MILLIDEGREES_PER_DEGREE: f64 = 1000.0;

pub(super) struct ThermalZone {
    temperature: FamilyId,
    state: FamilyId,
    state_max: FamilyId,
}

impl ThermalZone {
    pub(super) fn new(setup: &mut Setup<'_>) -> Self {
        let out = &mut *setup.out;
        Self {
            temperature: out.gauge("node_thermal_zone_temp", "Zone temperature in Celsius"),
            state: out.gauge(
                "node_cooling_device_cur_state",
                "Current throttle state of the cooling device",
            ),
            state_max: out.gauge(
                "node_cooling_device_max_state",
                "Maximum throttle state of the cooling device",
            ),
        }
    }
}

impl Collector for ThermalZone {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let dir = round.roots.sys.join("class/thermal");
        let names = match round.host.list(&dir) {
            Ok(names) => names,
            // No zones are no trouble upstream.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::read(&dir, error)),
        };
        for name in names {
            let dir = dir.join(&name);
            let kind = attribute(round.host, &dir.join("type"), round.buffer);
            let kind = kind.map_or_else(String::new, text::label);
            // A zone that is off answers EINVAL or EAGAIN.
            let mut number = |file: &str| {
                let content = attribute(round.host, &dir.join(file), round.buffer);
                content.and_then(|content| text::float(content, 1).ok())
            };
            if let Some(zone) = name.strip_prefix("thermal_zone") {
                let labels = Labels::from_pairs([("zone", zone), ("type", &kind)]);
                if let Some(temperature) = number("temp") {
                    let degrees = temperature / MILLIDEGREES_PER_DEGREE;
                    round.out.push(self.temperature, &labels, degrees);
                }
            } else if let Some(device) = name.strip_prefix("cooling_device") {
                let labels = Labels::from_pairs([("name", device), ("type", &kind)]);
                if let (Some(state), Some(max)) = (number("cur_state"), number("max_state")) {
                    round.out.push(self.state, &labels, state);
                    round.out.push(self.state_max, &labels, max);
                }
            }
        }
        Ok(())
    }
}
