//! Upstream's devices (`ethtool/*/{driver,settings,statistics}`) through the ethtool collector, and
//! devices that answer some questions only.

use crate::tree::{FixtureHost, render};
use collect::{
    DriverCounter, DriverName, FilesystemSpace, Host, HostCollector, HostFile, LinkModes, Options,
    OsHost, Roots, SystemName,
};
use expect_test::expect_file;
use model::Timestamp;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use sys::SystemClock;

/// Devices told by the outputs of ethtool(8) in a folder.
struct Devices {
    files: FixtureHost,
    folder: PathBuf,
}

/// Names of ethtool(8) for the bits of the modes in the fixtures.
const MODES: [(&str, u32); 9] = [
    ("10baseT/Half", 0),
    ("10baseT/Full", 1),
    ("100baseT/Half", 2),
    ("100baseT/Full", 3),
    ("1000baseT/Full", 5),
    ("10000baseT/Full", 12),
    ("Yes", 6),
    ("Symmetric", 13),
    ("TP", 7),
];

impl Devices {
    /// Lines `name: value` of an output; a device without it does not support the question.
    fn lines(&self, device: &str, file: &str) -> io::Result<Vec<(String, String)>> {
        let path = self.folder.join(device).join(file);
        let text = fs::read_to_string(path).map_err(|_gone| io::Error::from_raw_os_error(95))?;
        if let Some(errno) = text.strip_prefix("ERROR: ") {
            return Err(io::Error::from_raw_os_error(errno.trim().parse().unwrap()));
        }
        let pair = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            Some((name.trim().to_owned(), value.trim().to_owned()))
        };
        Ok(text.lines().filter_map(pair).collect())
    }
}

impl Host for Devices {
    fn open(&self, path: &Path) -> io::Result<Box<dyn HostFile>> {
        self.files.open(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.files.list(path)
    }

    fn filesystem_space(&self, path: &Path) -> io::Result<FilesystemSpace> {
        self.files.filesystem_space(path)
    }

    fn system_name(&self) -> SystemName {
        self.files.system_name()
    }

    fn time_zone(&self, now: Timestamp) -> (String, i32) {
        self.files.time_zone(now)
    }

    fn page_bytes(&self) -> u64 {
        self.files.page_bytes()
    }

    fn link_modes(&self, device: &str) -> io::Result<LinkModes> {
        let path = self.folder.join(device).join("settings");
        let text = fs::read_to_string(path).map_err(|_gone| io::Error::from_raw_os_error(95))?;
        // Modes stand on several lines below one name.
        let bits = |what: &str| {
            let from = text.lines().filter(|line| !line.contains("Auto-negotiation"));
            let mut is_of = false;
            let mut bits = 0;
            for line in from {
                if line.contains(':') {
                    is_of = line.trim_start().to_lowercase().starts_with(what)
                        || what == "supported" && line.contains("Supports auto-negotiation");
                }
                for word in line.split([' ', '\t']).filter(|_| is_of) {
                    let mode = MODES.iter().find(|(name, _)| *name == word);
                    bits |= mode.map_or(0, |(_, bit)| 1 << bit);
                    bits |= u32::from(word == "MII") << 9;
                }
            }
            bits
        };
        let negotiates = text.contains("Auto-negotiation: on");
        Ok(LinkModes { supported: bits("supported"), advertised: bits("advertised"), negotiates })
    }

    fn driver_name(&self, device: &str) -> io::Result<DriverName> {
        let lines = self.lines(device, "driver")?;
        let of = |wanted: &str| {
            let found = lines.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        Ok(DriverName {
            driver: of("driver"),
            version: of("version"),
            firmware: of("firmware-version"),
            bus: of("bus-info"),
            rom: of("expansion-rom-version"),
        })
    }

    fn driver_counters(&self, device: &str) -> io::Result<Vec<DriverCounter>> {
        let lines = self.lines(device, "statistics")?;
        let counter = |(name, value): (String, String)| Some((name, value.parse().ok()?));
        Ok(lines.into_iter().filter_map(counter).collect())
    }
}

/// Lines of the collector over the fixtures' devices, and the reason of its fault.
fn collected(
    suite: &str,
    devices: &[&str],
    change: fn(&mut Options),
) -> Option<(Vec<String>, Vec<String>)> {
    let from = testkit::conformance_dir(suite, "node-fixtures")?;
    let dir = tempfile::tempdir().unwrap();
    for device in devices {
        fs::create_dir_all(dir.path().join("class/net").join(device)).unwrap();
    }
    fs::write(dir.path().join("class/net/bonding_masters"), "bond0\n").unwrap();
    let known = collect::COLLECTORS.iter();
    let switches = known.map(|k| (k.name.to_owned(), k.name == "ethtool")).collect();
    let timeout = Duration::from_mins(2);
    let mut options = Options { switches, timeout, ..Options::default() };
    change(&mut options);
    let host = Devices { files: FixtureHost(OsHost::new()), folder: from.join("ethtool") };
    let roots = Roots { sys: dir.path().into(), ..Roots::default() };
    let clock = Arc::new(SystemClock::new());
    let mut collector = HostCollector::new(Arc::new(host), clock, roots, &options).unwrap();
    let lines = render(collector.collect(Timestamp::from_ms(1_700_000_000_000)));
    let own = |line: &String| !line.contains("node_scrape_") && !line.contains("flyball_");
    let faults = collector.faults().iter().map(|fault| fault.kind).collect::<Vec<_>>();
    let faults = faults.iter().map(|kind| format!("{kind:?}")).collect();
    Some((lines.into_iter().filter(own).collect(), faults))
}

#[test]
fn a_device_gives_the_scrape_that_upstream_expects() {
    let Some((lines, faults)) = collected("ethtool", &["eth0", "lo"], |_| {}) else { return };
    assert_eq!(faults, [""; 0]);
    expect_file!["ethtool/expected.txt"].assert_eq(&(lines.join("\n") + "\n"));
}

#[test]
fn devices_and_counters_are_chosen_by_pattern() {
    let of = |change| collected("ethtool", &["eth0"], change);
    let Some((lines, _)) = of(|options| options.ethtool_metrics = "^port_".into()) else { return };
    let counters = |lines: &[String]| {
        let is_counter =
            |line: &&String| line.starts_with("node_ethtool_") && !line.contains("info");
        lines.iter().filter(is_counter).cloned().collect::<Vec<_>>()
    };
    assert_eq!(counters(&lines), ["node_ethtool_port_received_dropped{device=\"eth0\"} 12028"]);
    for change in
        [(|options| options.ethtool_exclude = "eth".into()) as fn(&mut Options), |options| {
            options.ethtool_include = "wlan".into();
        }]
    {
        assert_eq!(of(change).unwrap().0, [""; 0]);
    }
}

/// `bond0` of the fixtures answers `EPERM`: the others have their series, and it is told.
#[test]
fn a_device_that_refuses_is_told_and_costs_itself() {
    let Some((lines, faults)) = collected("ethtool", &["bond0", "eth0"], |_| {}) else { return };
    assert_eq!(faults, ["Io"]);
    assert!(lines.contains(&"node_ethtool_received_missed{device=\"eth0\"} 401".to_owned()));
}
