//! `node_exporter`'s flags by name, for whoever brings its command line along.
//! Flags are written without `--collector.`; switches of collectors are not among them.

use crate::{Error, Options};

type Text = fn(&mut Options) -> &mut String;
type List = fn(&mut Options) -> &mut Vec<String>;
type Bool = fn(&mut Options) -> &mut bool;

/// Flags that hold a pattern.
const TEXTS: &[(&str, Text)] = &[
    ("arp.device-exclude", |o| &mut o.arp_exclude),
    ("cpu.info.bugs-include", |o| &mut o.cpu_info_bugs_include),
    ("cpu.info.flags-include", |o| &mut o.cpu_info_flags_include),
    ("diskstats.device-exclude", |o| &mut o.diskstats_exclude),
    ("ethtool.device-exclude", |o| &mut o.ethtool_exclude),
    ("ethtool.device-include", |o| &mut o.ethtool_include),
    ("ethtool.metrics-include", |o| &mut o.ethtool_metrics),
    ("filesystem.fs-types-exclude", |o| &mut o.filesystem_types_exclude),
    ("filesystem.mount-points-exclude", |o| &mut o.filesystem_mounts_exclude),
    ("hwmon.chip-exclude", |o| &mut o.hwmon_chip_exclude),
    ("hwmon.chip-include", |o| &mut o.hwmon_chip_include),
    ("hwmon.sensor-exclude", |o| &mut o.hwmon_sensor_exclude),
    ("hwmon.sensor-include", |o| &mut o.hwmon_sensor_include),
    ("interrupts.name-exclude", |o| &mut o.interrupts_exclude),
    ("interrupts.name-include", |o| &mut o.interrupts_include),
    ("netclass.ignored-devices", |o| &mut o.netclass_exclude),
    ("netdev.device-exclude", |o| &mut o.netdev_exclude),
    ("netdev.device-include", |o| &mut o.netdev_include),
    ("netstat.fields", |o| &mut o.netstat_fields),
    ("powersupply.ignored-supplies", |o| &mut o.powersupply_exclude),
    ("slabinfo.slabs-exclude", |o| &mut o.slabinfo_exclude),
    ("slabinfo.slabs-include", |o| &mut o.slabinfo_include),
    ("systemd.unit-exclude", |o| &mut o.systemd_exclude),
    ("systemd.unit-include", |o| &mut o.systemd_include),
    ("tapestats.ignored-devices", |o| &mut o.tapestats_exclude),
    ("vmstat.fields", |o| &mut o.vmstat_fields),
];

/// Flags that may be given several times.
const LISTS: &[(&str, List)] = &[
    ("sysctl.include", |o| &mut o.sysctl_include),
    ("sysctl.include-info", |o| &mut o.sysctl_include_info),
    ("textfile.directory", |o| &mut o.textfile_directories),
];

/// Flags that are on or off.
const BOOLS: &[(&str, Bool)] = &[
    ("bcache.priorityStats", |o| &mut o.bcache_priority_stats),
    ("cpu.guest", |o| &mut o.cpu_guest),
    ("cpu.info", |o| &mut o.cpu_info),
    ("interrupts.include-zeros", |o| &mut o.interrupts_include_zeros),
    ("netclass.ignore-invalid-speed", |o| &mut o.netclass_ignore_invalid_speed),
    ("stat.softirq", |o| &mut o.stat_softirq),
    ("systemd.enable-restarts-metrics", |o| &mut o.systemd_restarts),
    ("systemd.enable-start-time-metrics", |o| &mut o.systemd_start_times),
    ("systemd.enable-task-metrics", |o| &mut o.systemd_tasks),
];

fn find<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
}

impl Options {
    /// Sets a flag: a pattern, a list, or `true` and `false`.
    ///
    /// # Errors
    /// The flag is not known, or its value is not of its kind.
    pub fn set_flag(&mut self, name: &str, values: &[String]) -> Result<(), Error> {
        if let Some(list) = find(LISTS, name) {
            *list(self) = values.to_vec();
            return Ok(());
        }
        let one = match values {
            [one] => Ok(one),
            _ => Err(Error::flag(name, &format!("takes one value, found {}", values.len()))),
        };
        if let Some(text) = find(TEXTS, name) {
            text(self).clone_from(one?);
        } else if let Some(switch) = find(BOOLS, name) {
            *switch(self) = match &**one? {
                "true" => true,
                "false" => false,
                other => {
                    let expected = format!("expected true or false, found {other:?}");
                    return Err(Error::flag(name, &expected));
                }
            };
        } else {
            let texts = TEXTS.iter().map(|(known, _)| *known);
            let lists = LISTS.iter().map(|(known, _)| *known);
            let bools = BOOLS.iter().map(|(known, _)| *known);
            let known: Vec<_> = texts.chain(lists).chain(bools).collect();
            return Err(Error::flag(
                name,
                &format!("is not known, expected one of {}", known.join(", ")),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(name: &str, values: &[&str]) -> Result<Options, String> {
        let mut options = Options::default();
        let values: Vec<_> = values.iter().map(|&value| value.to_owned()).collect();
        options.set_flag(name, &values).map_err(|error| error.to_string())?;
        Ok(options)
    }

    #[test]
    fn flags_have_the_kind_that_upstream_gives_them() {
        let options = set("netdev.device-exclude", &["^veth"]);
        assert_eq!(options.map(|o| o.netdev_exclude), Ok("^veth".into()));
        assert_eq!(set("cpu.info", &["true"]).map(|o| o.cpu_info), Ok(true));
        let options = set("textfile.directory", &["/a", "/b"]);
        assert_eq!(options.map(|o| o.textfile_directories), Ok(vec!["/a".into(), "/b".into()]));
        let error = set("cpu.info", &["yes"]).err();
        let expected = "flag cpu.info: expected true or false, found \"yes\"";
        assert_eq!(error.as_deref(), Some(expected));
        let error = set("vmstat.fields", &[]).err();
        assert_eq!(error.as_deref(), Some("flag vmstat.fields: takes one value, found 0"));
        let error = set("netdev.device-exlude", &["a"]).err().unwrap_or_default();
        assert!(error.starts_with("flag netdev.device-exlude: is not known, expected"), "{error}");
    }
}
