//! The collectors side by side: who is due, what each said last, who had no data and why.
//! A collector that fails costs its own series of this round and nothing else.
//! Cost on this scale: about 60 reads of virtual files a second, no allocation per line.

mod arp;
mod bcache;
mod bcachefs;
mod bonding;
mod btrfs;
mod buddyinfo;
mod cgroups;
mod conntrack;
mod cpu;
mod cpu_info;
mod cpu_vulnerabilities;
mod cpufreq;
mod crew;
mod diskstats;
mod dmi;
mod dmmultipath;
mod drbd;
mod edac;
mod entropy;
mod ethtool;
mod fibrechannel;
mod filefd;
mod filesystem;
mod filter;
mod hwmon;
mod infiniband;
mod interrupts;
mod ipvs;
mod kernel_hung;
mod ksmd;
mod lnstat;
mod loadavg;
mod mdadm;
mod meminfo;
mod meminfo_numa;
mod mountstats;
mod netclass;
mod netdev;
mod netstat;
mod nfs;
mod nfsd;
mod numbers;
mod nvme;
mod os;
mod part;
mod pcidevice;
mod powersupplyclass;
mod pressure;
mod processes;
mod rapl;
mod round;
mod schedstat;
mod selinux;
mod slabinfo;
mod sockstat;
mod softirqs;
mod softnet;
mod stat;
mod swap;
mod sysctl;
mod systemd;
mod tapestats;
mod tcpstat;
mod textfile;
mod thermal_zone;
mod time;
mod timex;
mod udp_queues;
mod uname;
mod vmstat;
mod watchdog;
mod xfrm;
mod xfs;
mod zfs;
mod zoneinfo;

use crate::family::{Families, FamilyId};
use crate::{COLLECTORS, Error, ErrorKind, Family, Host, Options, Roots, Switch};
use crew::{Crew, Machine};
use model::{Labels, Timestamp};
use part::{Limits, Part};
use regex::bytes::Regex;
use round::{Collector, Plain};
use std::sync::Arc;
use std::time::Duration;
use sys::Clock;

/// A collector that had no data when it ran last, and why.
#[derive(Debug)]
pub struct Fault {
    /// Name of the collector.
    pub collector: &'static str,
    /// Kind of trouble; [`ErrorKind::NoData`] is ordinary.
    pub kind: ErrorKind,
    /// The reason for people.
    pub message: String,
}

/// The host collector: `node_exporter`'s metrics without its process and its HTTP.
///
/// Each collector has its own pace, time and limit of samples. Between two runs its last
/// values are handed out again; one that hangs has none until it returns.
pub struct HostCollector {
    crew: Crew,
    /// Collectors by their place; `None` while one hangs.
    parts: Vec<Option<Part>>,
    /// Name, label and reason of the fault of each, by place.
    notes: Vec<Note>,
    report: Report,
    /// What was lent by each, then the report.
    out: Vec<Family>,
    lent: Vec<usize>,
}

/// What is known of a collector even while it hangs.
struct Note {
    name: &'static str,
    label: Labels,
    took: Duration,
    fault: Option<(ErrorKind, String)>,
}

/// The series about the collectors themselves.
struct Report {
    families: Families,
    duration: FamilyId,
    success: FamilyId,
    fault: FamilyId,
}

impl Report {
    fn new() -> Self {
        let mut families = Families::default();
        let duration = families.gauge(
            "node_scrape_collector_duration_seconds",
            "node_exporter: Duration of a collector scrape.",
        );
        let success = families.gauge(
            "node_scrape_collector_success",
            "node_exporter: Whether a collector succeeded.",
        );
        let fault = families.gauge(
            "flyball_host_collector_fault",
            "Collectors without data and why, value is always 1.",
        );
        Self { families, duration, success, fault }
    }

    fn fill(&mut self, notes: &[Note]) {
        self.families.clear();
        for note in notes {
            let success = f64::from(u8::from(note.fault.is_none()));
            self.families.push(self.duration, &note.label, note.took.as_secs_f64());
            self.families.push(self.success, &note.label, success);
            if let Some((kind, _)) = &note.fault {
                let mut labels = note.label.to_builder();
                labels.set("reason", kind.word());
                self.families.push(self.fault, &labels.build(), 1.0);
            }
        }
    }
}

impl HostCollector {
    /// A collector that reads `host` below `roots`; fails when an option is invalid or the platform
    /// is not Linux. `clock` measures how long each part takes.
    pub fn new(
        host: Arc<dyn Host>,
        clock: Arc<dyn Clock>,
        roots: Roots,
        options: &Options,
    ) -> Result<Self, Error> {
        #[cfg(not(target_os = "linux"))]
        if true {
            return Err(Error::unsupported());
        }
        let (mut parts, mut notes) = (Vec::new(), Vec::new());
        for known in switched_on(options)? {
            let mut families = Families::default();
            let setup = &mut Setup { host: &host, roots: &roots, options, out: &mut families };
            let collector = build(known.name, setup)?;
            let limits = limits(known, options);
            let part = Part::new(parts.len(), known.name, collector, families, limits);
            let (label, took) = (part.label().clone(), Duration::ZERO);
            notes.push(Note { name: known.name, label, took, fault: None });
            parts.push(Some(part));
        }
        let crew = Crew::new(Machine { host, clock, roots });
        let (out, lent) = (Vec::new(), vec![0; parts.len()]);
        Ok(Self { crew, parts, notes, report: Report::new(), out, lent })
    }

    /// Reads the host once. The families live until the next call; those without samples are
    /// names that had some earlier, or that this machine never fills.
    pub fn collect(&mut self, now: Timestamp) -> &[Family] {
        self.take_back();
        for part in self.crew.returned() {
            let index = part.index();
            self.parts[index] = Some(part);
        }
        let is_due = |part: &mut Part| part.is_due(now);
        let due: Vec<_> = self.parts.iter_mut().filter_map(|part| part.take_if(is_due)).collect();
        let asked: Vec<_> = due.iter().map(Part::index).collect();
        let outcome = self.crew.run(due, now);
        for (index, note) in self.notes.iter_mut().enumerate() {
            if self.parts[index].is_none() && !asked.contains(&index) {
                note.fault = Some(noted(&Error::hangs()));
            }
        }
        for (index, took) in outcome.stuck {
            self.notes[index].took = took;
            self.notes[index].fault = Some(noted(&Error::timeout(took)));
        }
        for mut part in outcome.left {
            part.fail(Error::not_asked(crew::STUCK_MAX));
            self.put_back(part);
        }
        for part in outcome.back {
            self.put_back(part);
        }
        self.report.fill(&self.notes);
        self.lend();
        &self.out
    }

    fn put_back(&mut self, part: Part) {
        let note = &mut self.notes[part.index()];
        note.took = part.took();
        note.fault = part.error().map(noted);
        let index = part.index();
        self.parts[index] = Some(part);
    }

    fn lend(&mut self) {
        for (part, lent) in self.parts.iter_mut().zip(&mut self.lent) {
            *lent = part.as_mut().map_or(0, |part| part.lend(&mut self.out));
        }
        self.report.families.lend(&mut self.out);
    }

    fn take_back(&mut self) {
        let mut out = self.out.drain(..);
        for (part, lent) in self.parts.iter_mut().zip(&self.lent) {
            let own = out.by_ref().take(*lent);
            if let Some(part) = part {
                part.take_back(own);
            }
        }
        self.report.families.take_back(out);
        self.lent.fill(0);
    }

    /// Collectors that had no data when they ran last.
    pub fn faults(&self) -> Vec<Fault> {
        let fault = |note: &Note| {
            let (kind, message) = note.fault.clone()?;
            Some(Fault { collector: note.name, kind, message })
        };
        self.notes.iter().filter_map(fault).collect()
    }
}

fn noted(error: &Error) -> (ErrorKind, String) {
    (error.kind(), error.to_string())
}

/// Pace, time and limit of a collector: what is configured, else its defaults.
fn limits(known: &Switch, options: &Options) -> Limits {
    let of = |list: &[(String, Duration)], default| {
        list.iter().rfind(|(name, _)| name == known.name).map_or(default, |(_, time)| *time)
    };
    Limits {
        interval: of(&options.intervals, known.interval),
        timeout: of(&options.timeouts, options.timeout),
        samples_max: options.samples_max,
    }
}

/// What a collector is built from.
struct Setup<'a> {
    host: &'a Arc<dyn Host>,
    roots: &'a Roots,
    options: &'a Options,
    out: &'a mut Families,
}

fn switched_on(options: &Options) -> Result<Vec<&'static Switch>, Error> {
    let switches = options.switches.iter().map(|(name, _)| name);
    let paces = options.intervals.iter().chain(&options.timeouts).map(|(name, _)| name);
    let is_known = |name: &&String| COLLECTORS.iter().any(|known| known.name == *name);
    if let Some(name) = switches.chain(paces).find(|name| !is_known(name)) {
        return Err(Error::unknown_collector(name));
    }
    let is_on = |name: &str, default| {
        options.switches.iter().rfind(|(switch, _)| switch == name).map_or(default, |(_, on)| *on)
    };
    Ok(COLLECTORS.iter().filter(|s| is_on(s.name, s.default)).collect())
}

fn build(name: &'static str, setup: &mut Setup<'_>) -> Result<Box<dyn Collector>, Error> {
    Ok(match name {
        "arp" => Box::new(arp::Arp::new(setup)?),
        "bcache" => Box::new(bcache::Bcache::new(setup)),
        "conntrack" => Box::new(conntrack::Conntrack::new(setup)),
        "cpu" => Box::new(cpu::Cpu::new(setup)?),
        "cpufreq" => Box::new(cpufreq::Cpufreq::new(setup)),
        "diskstats" => Box::new(diskstats::Diskstats::new(setup)?),
        "dmi" => Box::new(dmi::Dmi::new(setup)),
        "entropy" => Box::new(entropy::Entropy::new(setup)),
        "ethtool" => Box::new(ethtool::Ethtool::new(setup)?),
        "filefd" => Box::new(filefd::Filefd::new(setup)),
        "filesystem" => Box::new(filesystem::Filesystem::new(setup)?),
        "hwmon" => Box::new(hwmon::Hwmon::new(setup)?),
        "interrupts" => Box::new(interrupts::Interrupts::new(setup)?),
        "loadavg" => Box::new(loadavg::Loadavg::new(setup)),
        "meminfo" => Box::new(meminfo::Meminfo::new(setup)),
        "netclass" => Box::new(netclass::Netclass::new(setup)?),
        "netdev" => Box::new(netdev::Netdev::new(setup)?),
        "netstat" => Box::new(netstat::Netstat::new(setup)?),
        "nvme" => Box::new(nvme::Nvme::new(setup)),
        "os" => Box::new(os::Os::new(setup)),
        "powersupplyclass" => Box::new(powersupplyclass::PowerSupply::new(setup)?),
        "pressure" => Box::new(pressure::Pressure::new(setup)),
        "schedstat" => Box::new(schedstat::Schedstat::new(setup)),
        "slabinfo" => Box::new(slabinfo::Slabinfo::new(setup)?),
        "sockstat" => Box::new(sockstat::Sockstat::new(setup)),
        "softnet" => Box::new(softnet::Softnet::new(setup)),
        "stat" => Box::new(stat::Stat::new(setup)),
        "sysctl" => Box::new(sysctl::Sysctl::new(setup)),
        "systemd" => Box::new(systemd::Systemd::new(setup)?),
        "tapestats" => Box::new(tapestats::Tapestats::new(setup)?),
        "textfile" => Box::new(textfile::Textfile::new(setup)),
        "thermal_zone" => Box::new(thermal_zone::ThermalZone::new(setup)),
        "time" => Box::new(time::Time::new(setup)),
        "udp_queues" => Box::new(udp_queues::UdpQueues::new(setup)),
        "uname" => Box::new(uname::Uname::new(setup)),
        "vmstat" => Box::new(vmstat::Vmstat::new(setup)?),
        "watchdog" => Box::new(watchdog::Watchdog::new(setup)),
        name => Box::new(plain(name).ok_or_else(|| Error::unknown_collector(name))?),
    })
}

/// Collectors that remember nothing between rounds.
fn plain(name: &str) -> Option<Plain> {
    Some(Plain(match name {
        "bcachefs" => bcachefs::collect,
        "bonding" => bonding::collect,
        "btrfs" => btrfs::collect,
        "buddyinfo" => buddyinfo::collect,
        "cgroups" => cgroups::collect,
        "cpu_vulnerabilities" => cpu_vulnerabilities::collect,
        "dmmultipath" => dmmultipath::collect,
        "drbd" => drbd::collect,
        "edac" => edac::collect,
        "fibrechannel" => fibrechannel::collect,
        "infiniband" => infiniband::collect,
        "ipvs" => ipvs::collect,
        "kernel_hung" => kernel_hung::collect,
        "ksmd" => ksmd::collect,
        "lnstat" => lnstat::collect,
        "mdadm" => mdadm::collect,
        "meminfo_numa" => meminfo_numa::collect,
        "mountstats" => mountstats::collect,
        "nfs" => nfs::collect,
        "nfsd" => nfsd::collect,
        "pcidevice" => pcidevice::collect,
        "processes" => processes::collect,
        "rapl" => rapl::collect,
        "selinux" => selinux::collect,
        "softirqs" => softirqs::collect,
        "swap" => swap::collect,
        "tcpstat" => tcpstat::collect,
        "timex" => timex::collect,
        "xfrm" => xfrm::collect,
        "xfs" => xfs::collect,
        "zfs" => zfs::collect,
        "zoneinfo" => zoneinfo::collect,
        _ => return None,
    }))
}

/// A pattern over device names; an empty one is none at all.
fn device_pattern(option: &str, pattern: &str) -> Result<Option<Regex>, Error> {
    if pattern.is_empty() {
        return Ok(None);
    }
    Regex::new(pattern).map(Some).map_err(|error| Error::option(option, error))
}

type Parser = fn(&[u8]) -> Result<(), Error>;

/// Every parser; new ones come last, so that kept samples keep their parser.
const PARSERS: &[Parser] = &[
    |text| arp::parse(text).map(drop),
    |text| conntrack::parse(text).map(drop),
    |text| cpu::parse(text).map(drop),
    |text| cpu::parse_range(text).map(drop),
    |text| diskstats::parse(text).map(drop),
    |text| {
        diskstats::parse_udev(text);
        Ok(())
    },
    |text| filefd::parse(text).map(drop),
    |text| filesystem::parse(text).map(drop),
    |text| loadavg::parse(text).map(drop),
    |text| meminfo::parse(text).map(drop),
    |text| netdev::parse(text).map(drop),
    |text| netstat::parse(text).map(drop),
    |text| netstat::parse_snmp6(text).map(drop),
    |text| {
        os::parse(text);
        Ok(())
    },
    |text| pressure::parse(text).map(drop),
    |text| schedstat::parse(text).map(drop),
    |text| sockstat::parse(text).map(drop),
    |text| softnet::parse(text).map(drop),
    |text| stat::parse(text).map(drop),
    |text| udp_queues::parse(text).map(drop),
    |text| vmstat::parse(text).map(drop),
    |text| {
        bcache::parse(text);
        Ok(())
    },
    |text| {
        bcachefs::rows(text);
        Ok(())
    },
    |text| {
        bcachefs::sections(text);
        Ok(())
    },
    |text| {
        bcachefs::io_errors(text);
        Ok(())
    },
    |text| btrfs::parse(text).map(drop),
    |text| {
        infiniband::rate(text);
        Ok(())
    },
    |text| ipvs::parse(text).map(drop),
    |text| ipvs::parse_totals(text).map(drop),
    |text| mdadm::parse(text).map(drop),
    |text| nfs::parse(text).map(drop),
    |text| {
        selinux::parse(text);
        Ok(())
    },
    |text| textfile::parse(text).map(drop),
    |text| xfs::parse(text).map(drop),
    |text| zfs::parse(text).map(drop),
    |text| zfs::parse_io(text).map(drop),
    |text| {
        zfs::dataset(text);
        Ok(())
    },
    |text| buddyinfo::parse(text).map(drop),
    |text| cgroups::parse(text).map(drop),
    |text| interrupts::parse(text).map(drop),
    |text| lnstat::parse(text).map(drop),
    |text| meminfo_numa::parse(text).map(drop),
    |text| meminfo_numa::parse_counts(text).map(drop),
    |text| processes::parse(text).map(drop),
    |text| slabinfo::parse(text).map(drop),
    |text| softirqs::parse(text).map(drop),
    |text| swap::parse(text).map(drop),
    |text| tcpstat::parse(text).map(drop),
    |text| xfrm::parse(text).map(drop),
    |text| zoneinfo::parse(text).map(drop),
    |text| {
        drbd::parse(text);
        Ok(())
    },
    |text| {
        cpu_info::parse(text);
        Ok(())
    },
    |text| mountstats::parse(text).map(drop),
    |text| {
        mountstats::addresses(text);
        Ok(())
    },
];

/// Runs the parser that `selector` chooses over a text and says what kind of trouble it had; the
/// door for tests that feed parsers with damaged texts.
pub fn parse_any(selector: u8, text: &[u8]) -> Result<(), ErrorKind> {
    PARSERS[usize::from(selector) % PARSERS.len()](text).map_err(|error| error.kind())
}

#[cfg(test)]
mod tests;
