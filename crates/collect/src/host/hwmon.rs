//! Sensors of the hardware monitoring drivers: temperatures, fans, voltages, power.

use super::Setup;
use super::filter::Filter;
use super::round::{Collector, Round};
use crate::Error;
use crate::text;
use model::{Labels, MetricKind};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const TYPES: [&str; 14] = [
    "vrm",
    "beep_enable",
    "update_interval",
    "in",
    "cpu",
    "fan",
    "pwm",
    "temp",
    "curr",
    "power",
    "energy",
    "humidity",
    "intrusion",
    "freq",
];

const CHIP_NAMES: &str = "Annotation metric for human-readable chip names";
const SENSOR_LABEL: &str = "Label for given chip and sensor";
const MILLI: f64 = 1000.0;
const MICRO: f64 = 1e6;

/// Files of one sensor by property; the empty property is the sensor's plain file.
type Properties = BTreeMap<String, String>;

pub(super) struct Hwmon {
    chips: Filter,
    sensors: Filter,
}

/// A monitoring device and the chip name that tells it from all others.
struct Chip {
    dir: PathBuf,
    name: String,
    own_name: String,
}

/// A sample of a sensor before it has labels.
#[derive(Debug, PartialEq)]
pub(super) struct Reading {
    name: String,
    kind: MetricKind,
    help: String,
    value: f64,
}

impl Hwmon {
    pub(super) fn new(setup: &mut Setup<'_>) -> Result<Self, Error> {
        let options = setup.options;
        let chips = ("hwmon.chip", &*options.hwmon_chip_include, &*options.hwmon_chip_exclude);
        let sensors =
            ("hwmon.sensor", &*options.hwmon_sensor_include, &*options.hwmon_sensor_exclude);
        Ok(Self { chips: Filter::new(chips)?, sensors: Filter::new(sensors)? })
    }

    fn chip(&self, round: &mut Round<'_>, chip: &Chip) {
        let mut sensors = BTreeMap::new();
        for dir in [chip.dir.clone(), chip.dir.join("device")] {
            read_sensors(round, &dir, &mut sensors);
        }
        if !chip.own_name.is_empty() {
            let pairs = [("chip", &chip.name), ("chip_name", &chip.own_name)];
            let labels = Labels::from_pairs(pairs);
            round.gauge("node_hwmon_chip_names", CHIP_NAMES, &labels, 1.0);
        }
        for (sensor, properties) in &sensors {
            // Patterns see chip and sensor as one text.
            if self.sensors.admits(format!("{};{sensor}", chip.name).as_bytes()) {
                push_sensor(round, &chip.name, sensor, properties);
            }
        }
    }
}

/// `temp1_crit` is type `temp`, number 1 and property `crit`.
pub(super) fn explode(file: &str) -> Option<(&str, u64, &str)> {
    let digits = file.find(|c: char| c.is_ascii_digit()).unwrap_or(file.len());
    let (kind, rest) = file.split_at(digits);
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (number, property) = rest.split_at(end);
    let number = if number.is_empty() { 0 } else { text::decimal(number.as_bytes())? };
    let property = match property.strip_prefix('_') {
        Some(property) if !property.is_empty() => property,
        None if property.is_empty() => "",
        Some(_) | None => return None,
    };
    (!kind.is_empty()).then_some((kind, number, property))
}

/// Small letters, digits, colons and underscores, none of the latter at the ends.
pub(super) fn clean(name: &str) -> String {
    let keep = |c: char| {
        let c = c.to_ascii_lowercase();
        if c.is_ascii_alphanumeric() || c == ':' || c == '_' { c } else { '_' }
    };
    name.chars().map(keep).collect::<String>().trim_matches('_').to_owned()
}

fn read_sensors(round: &mut Round<'_>, dir: &Path, into: &mut BTreeMap<String, Properties>) {
    for file in round.host.list(dir).unwrap_or_default() {
        let Some((kind, number, property)) = explode(&file) else { continue };
        if !TYPES.contains(&kind) {
            continue;
        }
        if let Some(value) = round.word(&dir.join(&file)) {
            let sensor = into.entry(format!("{kind}{number}")).or_default();
            sensor.insert(property.to_owned(), value);
        }
    }
}

fn push_sensor(round: &mut Round<'_>, chip: &str, sensor: &str, properties: &Properties) {
    let pairs = [("chip", chip), ("sensor", sensor)];
    let labels = Labels::from_pairs(pairs);
    if let Some(label) = properties.get("label") {
        let labels = Labels::from_pairs(pairs.into_iter().chain([("label", &**label)]));
        round.gauge("node_hwmon_sensor_label", SENSOR_LABEL, &labels, 1.0);
    }
    let Some((kind, ..)) = explode(sensor) else { return };
    for (element, value) in properties {
        if kind == "freq" && element == "input" {
            // Clocks go by the name that the driver gives them.
            let label = properties.get("label").map(|label| clean(label));
            let (Some(label), Ok(hertz)) = (label, text::float(value.as_bytes(), 1)) else {
                continue;
            };
            let labels = Labels::from_pairs([("chip", chip), ("sensor", &*label)]);
            let help = "Hardware monitor for GPU frequency in MHz";
            round.gauge("node_hwmon_freq_freq_mhz", help, &labels, hertz / MICRO);
        } else if let Some(reading) = reading(kind, element, value, properties.contains_key("")) {
            let family = round.out.declare(&reading.name, reading.kind, &reading.help);
            round.out.push(family, &labels, reading.value);
        }
    }
}

/// What an element of a sensor becomes; `has_plain` tells whether the sensor has a plain file.
pub(super) fn reading(kind: &str, element: &str, value: &str, has_plain: bool) -> Option<Reading> {
    if element == "label" {
        return None;
    }
    let gauge = |name: String, help: String, value: f64| {
        Some(Reading { name, kind: MetricKind::Gauge, help, value })
    };
    if kind == "beep_enable" {
        let on = f64::from(u8::from(value == "1"));
        return gauge("node_hwmon_beep_enabled".into(), "Hardware beep enabled".into(), on);
    }
    let number = text::float(value.as_bytes(), 1).ok()?;
    match kind {
        "vrm" => {
            let name = "node_hwmon_voltage_regulator_version".to_owned();
            return gauge(name, "Hardware voltage regulator".into(), number);
        }
        "update_interval" => {
            let name = "node_hwmon_update_interval_seconds".to_owned();
            return gauge(name, "Hardware monitor update interval".into(), number / MILLI);
        }
        _ => {}
    }
    let name = match element {
        "" => format!("node_hwmon_{kind}"),
        "input" if !has_plain => format!("node_hwmon_{kind}"),
        "input" => format!("node_hwmon_{kind}_input"),
        element => format!("node_hwmon_{kind}_{}", clean(element)),
    };
    with_unit(kind, element, &name, number)
}

/// Elements and their units; what is unknown is shown as it is.
fn with_unit(kind: &str, element: &str, name: &str, number: f64) -> Option<Reading> {
    let unit = |suffix: &str, what: &str, divisor: f64, kind: MetricKind| {
        let help = format!("Hardware monitor {what} ({element})");
        Some(Reading { name: format!("{name}{suffix}"), kind, help, value: number / divisor })
    };
    let gauge = MetricKind::Gauge;
    let plain = |help: String, divisor: f64| {
        Some(Reading { name: name.to_owned(), kind: gauge, help, value: number / divisor })
    };
    match (kind, element) {
        (_, "fault" | "alarm") => plain(format!("Hardware sensor {element} status ({kind})"), 1.0),
        (_, "beep") => Some(Reading {
            name: format!("{name}_enabled"),
            kind: gauge,
            help: "Hardware monitor sensor has beeping enabled".into(),
            value: number,
        }),
        ("in" | "cpu", _) => unit("_volts", "for voltage", MILLI, gauge),
        ("temp", "") => Some(Reading {
            name: format!("{name}_celsius"),
            kind: gauge,
            help: "Hardware monitor for temperature (input)".into(),
            value: number / MILLI,
        }),
        ("temp", element) if element != "type" => unit("_celsius", "for temperature", MILLI, gauge),
        ("curr", _) => unit("_amps", "for current", MILLI, gauge),
        ("energy", _) => unit("_joule_total", "for joules used so far", MICRO, MetricKind::Counter),
        ("power", "accuracy") => {
            plain("Hardware monitor power meter accuracy, as a ratio".into(), MICRO)
        }
        ("power", "average_interval" | "average_interval_min" | "average_interval_max") => {
            unit("_seconds", "power usage update interval", MILLI, gauge)
        }
        ("power", _) => unit("_watt", "for power usage in watts", MICRO, gauge),
        ("humidity", _) => plain(
            format!(
                "Hardware monitor for humidity, as a ratio (multiply with 100.0 to get the \
                 humidity as a percentage) ({element})"
            ),
            MICRO,
        ),
        ("fan", "input" | "min" | "max" | "target") => {
            unit("_rpm", "for fan revolutions per minute", 1.0, gauge)
        }
        _ => plain(format!("Hardware monitor {kind} element {element}"), 1.0),
    }
}

/// All monitoring devices. Numbers depend on the order of loading, so a chip is called after its
/// device, else after its name file; several on one device add that name, else their directory.
fn chips(round: &mut Round<'_>) -> Result<Vec<Chip>, Error> {
    let dir = round.roots.sys.join("class/hwmon");
    let mut chips = Vec::new();
    for entry in round.names(&dir)? {
        let dir = dir.join(&entry);
        if round.host.list(&dir).is_err() {
            continue;
        }
        let own_name = clean(&round.word(&dir.join("name")).unwrap_or_default());
        let name = match device_name(round, &dir) {
            Some(name) => name,
            None if own_name.is_empty() => clean(&entry),
            None => own_name.clone(),
        };
        chips.push((entry, Chip { dir, name, own_name }));
    }
    let mut seen = BTreeMap::new();
    for (_, chip) in &chips {
        *seen.entry(chip.name.clone()).or_insert(0_usize) += 1;
    }
    for (entry, chip) in &mut chips {
        if seen.get(&chip.name).is_some_and(|count| *count > 1) {
            let tells_apart = !chip.own_name.is_empty() && chip.own_name != chip.name;
            let own = if tells_apart { &chip.own_name } else { &*entry };
            chip.name = format!("{}_{own}", chip.name);
        }
    }
    Ok(chips.into_iter().map(|(_, chip)| chip).collect())
}

/// `platform_coretemp_0` for a device in `/sys/devices/platform/coretemp.0`.
fn device_name(round: &Round<'_>, dir: &Path) -> Option<String> {
    let device = round.host.resolve(&dir.join("device")).ok()?;
    let last = |path: &Path| clean(&path.file_name().unwrap_or_default().to_string_lossy());
    let (name, bus) = (last(&device), device.parent().map(last).unwrap_or_default());
    match (bus.is_empty(), name.is_empty()) {
        (_, true) => None,
        (true, false) => Some(name),
        (false, false) => Some(format!("{bus}_{name}")),
    }
}

impl Collector for Hwmon {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        for chip in chips(round)? {
            if self.chips.admits(chip.name.as_bytes()) {
                self.chip(round, &chip);
            }
        }
        Ok(())
    }
}
