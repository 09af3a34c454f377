//! The clock: seconds since the epoch, time zone, clock sources.

use super::Setup;
use super::round::{Collector, Round, attribute};
use crate::family::FamilyId;
use crate::text;
use crate::{Error, ErrorKind};
use model::Labels;

pub(super) struct Time {
    seconds: FamilyId,
    zone_offset: FamilyId,
    available: FamilyId,
    current: FamilyId,
}

impl Time {
    pub(super) fn new(setup: &mut Setup<'_>) -> Self {
        let out = &mut *setup.out;
        Self {
            seconds: out.gauge("node_time_seconds", "System time in seconds since epoch (1970)."),
            zone_offset: out
                .gauge("node_time_zone_offset_seconds", "System time zone offset in seconds."),
            available: out.gauge(
                "node_time_clocksource_available_info",
                "Available clocksources read from '/sys/devices/system/clocksource'.",
            ),
            current: out.gauge(
                "node_time_clocksource_current_info",
                "Current clocksource read from '/sys/devices/system/clocksource'.",
            ),
        }
    }

    fn clock_sources(&self, round: &mut Round<'_>) -> Result<(), Error> {
        let dir = round.roots.sys.join("devices/system/clocksource");
        let names = round.host.list(&dir).map_err(|error| Error::read(&dir, error))?;
        for name in names {
            let Some(device) = name.strip_prefix("clocksource") else { continue };
            let labels =
                |source: &str| Labels::from_pairs([("clocksource", source), ("device", device)]);
            let path = dir.join(&name).join("available_clocksource");
            if let Some(available) = attribute(round.host, &path, round.buffer) {
                for source in text::fields(available) {
                    round.out.push(self.available, &labels(&text::label(source)), 1.0);
                }
            }
            let path = dir.join(&name).join("current_clocksource");
            if let Some(current) = attribute(round.host, &path, round.buffer) {
                round.out.push(self.current, &labels(&text::label(current)), 1.0);
            }
        }
        Ok(())
    }
}

impl Collector for Time {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        round.out.push(self.seconds, &Labels::empty(), round.now.seconds());
        let (zone, offset) = round.host.time_zone(round.now);
        let labels = Labels::from_pairs([("time_zone", &zone)]);
        round.out.push(self.zone_offset, &labels, f64::from(offset));
        match self.clock_sources(round) {
            Err(error) if error.kind() != ErrorKind::NoData => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}
