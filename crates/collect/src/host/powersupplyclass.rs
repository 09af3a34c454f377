//! Batteries and mains adapters from sysfs.

use super::Setup;
use super::device_pattern;
use super::round::{Collector, Round};
use crate::Error;
use model::Labels;
use regex::bytes::Regex;

/// Files in the unit of their metric, and the metric.
const PLAIN: &[(&str, &str)] = &[
    ("authentic", "authentic"),
    ("calibrate", "calibrate"),
    ("capacity", "capacity"),
    ("capacity_alert_max", "capacity_alert_max"),
    ("capacity_alert_min", "capacity_alert_min"),
    ("cycle_count", "cyclecount"),
    ("online", "online"),
    ("present", "present"),
    ("time_to_empty_now", "time_to_empty_seconds"),
    ("time_to_full_now", "time_to_full_seconds"),
];

/// Files in millionths of the unit.
const MICRO: &[(&str, &str)] = &[
    ("current_boot", "current_boot"),
    ("current_max", "current_max"),
    ("current_now", "current_ampere"),
    ("energy_empty", "energy_empty"),
    ("energy_empty_design", "energy_empty_design"),
    ("energy_full", "energy_full"),
    ("energy_full_design", "energy_full_design"),
    ("energy_now", "energy_watthour"),
    ("voltage_boot", "voltage_boot"),
    ("voltage_max", "voltage_max"),
    ("voltage_max_design", "voltage_max_design"),
    ("voltage_min", "voltage_min"),
    ("voltage_min_design", "voltage_min_design"),
    ("voltage_now", "voltage_volt"),
    ("voltage_ocv", "voltage_ocv"),
    ("charge_control_limit", "charge_control_limit"),
    ("charge_control_limit_max", "charge_control_limit_max"),
    ("charge_counter", "charge_counter"),
    ("charge_empty", "charge_empty"),
    ("charge_empty_design", "charge_empty_design"),
    ("charge_full", "charge_full"),
    ("charge_full_design", "charge_full_design"),
    ("charge_now", "charge_ampere"),
    ("charge_term_current", "charge_term_current"),
    ("constant_charge_current", "constant_charge_current"),
    ("constant_charge_current_max", "constant_charge_current_max"),
    ("constant_charge_voltage", "constant_charge_voltage"),
    ("constant_charge_voltage_max", "constant_charge_voltage_max"),
    ("precharge_current", "precharge_current"),
    ("input_current_limit", "input_current_limit"),
    ("power_now", "power_watt"),
];

/// Files in tenths of degrees.
const TENTHS: &[(&str, &str)] = &[
    ("temp", "temp_celsius"),
    ("temp_alert_max", "temp_alert_max_celsius"),
    ("temp_alert_min", "temp_alert_min_celsius"),
    ("temp_ambient", "temp_ambient_celsius"),
    ("temp_ambient_alert_max", "temp_ambient_max_celsius"),
    ("temp_ambient_alert_min", "temp_ambient_min_celsius"),
    ("temp_max", "temp_max_celsius"),
    ("temp_min", "temp_min_celsius"),
];

/// Files that become labels of the info series under their own names.
const WORDS: [&str; 11] = [
    "capacity_level",
    "charge_type",
    "health",
    "manufacturer",
    "model_name",
    "scope",
    "serial_number",
    "status",
    "technology",
    "type",
    "usb_type",
];

const INFO: &str = "info of /sys/class/power_supply/<power_supply>.";

pub(super) struct PowerSupply {
    ignored: Option<Regex>,
}

impl PowerSupply {
    pub(super) fn new(setup: &mut Setup<'_>) -> Result<Self, Error> {
        let option = "powersupply.ignored-supplies";
        Ok(Self { ignored: device_pattern(option, &setup.options.powersupply_exclude)? })
    }
}

impl Collector for PowerSupply {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let dir = round.roots.sys.join("class/power_supply");
        for supply in round.names(&dir)? {
            if self.ignored.as_ref().is_some_and(|ignored| ignored.is_match(supply.as_bytes())) {
                continue;
            }
            let dir = dir.join(&supply);
            let labels = Labels::from_pairs([("power_supply", &supply)]);
            for (table, divisor) in [(PLAIN, 1.0), (MICRO, 1e6), (TENTHS, 10.0)] {
                for (file, metric) in table {
                    let Some(value) = round.float(&dir.join(file)) else { continue };
                    let help = format!("{metric} value of /sys/class/power_supply/<power_supply>.");
                    let name = format!("node_power_supply_{metric}");
                    round.gauge(&name, &help, &labels, value / divisor);
                }
            }
            let mut info = labels.to_builder();
            for file in WORDS {
                info.set(file, &round.word(&dir.join(file)).unwrap_or_default());
            }
            round.gauge("node_power_supply_info", INFO, &info.build(), 1.0);
        }
        Ok(())
    }
}
