//! Runs the collectors in turn and reports for each how long it took and whether it had data.
//! A collector that fails costs its own series of this round and nothing else.
//! Cost on this scale: about 60 reads of virtual files a second, no allocation per line.

mod arp;
mod bcache;
mod bcachefs;
mod bonding;
mod btrfs;
mod conntrack;
mod cpu;
mod cpufreq;
mod diskstats;
mod dmi;
mod dmmultipath;
mod edac;
mod entropy;
mod fibrechannel;
mod filefd;
mod filesystem;
mod filter;
mod hwmon;
mod infiniband;
mod ipvs;
mod kernel_hung;
mod loadavg;
mod mdadm;
mod meminfo;
mod netclass;
mod netdev;
mod netstat;
mod nfs;
mod nfsd;
mod numbers;
mod nvme;
mod os;
mod powersupplyclass;
mod pressure;
mod rapl;
mod round;
mod schedstat;
mod selinux;
mod sockstat;
mod softnet;
mod stat;
mod tapestats;
mod textfile;
mod thermal_zone;
mod time;
mod timex;
mod udp_queues;
mod uname;
mod vmstat;
mod watchdog;
mod xfs;
mod zfs;

use crate::family::{Families, FamilyId};
use crate::{COLLECTORS, Error, ErrorKind, Family, Host, Options, Roots};
use model::{Labels, Timestamp};
use regex::bytes::Regex;
use round::{Collector, Plain, Round};
use std::sync::Arc;
use sys::Clock;

/// A collector that had no data in the last round, and why.
#[derive(Debug)]
pub struct Fault {
    /// Name of the collector.
    pub collector: &'static str,
    /// The reason; [`ErrorKind::NoData`] is ordinary.
    pub error: Error,
}

/// The host collector: `node_exporter`'s metrics without its process and its HTTP.
pub struct HostCollector {
    host: Arc<dyn Host>,
    clock: Arc<dyn Clock>,
    roots: Roots,
    parts: Vec<Part>,
    families: Families,
    duration: FamilyId,
    success: FamilyId,
    faults: Vec<Fault>,
    buffer: Vec<u8>,
}

struct Part {
    name: &'static str,
    label: Labels,
    collector: Box<dyn Collector>,
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
        let mut families = Families::default();
        let duration = families.gauge(
            "node_scrape_collector_duration_seconds",
            "node_exporter: Duration of a collector scrape.",
        );
        let success = families.gauge(
            "node_scrape_collector_success",
            "node_exporter: Whether a collector succeeded.",
        );
        let mut parts = Vec::new();
        for name in switched_on(options)? {
            let setup = &mut Setup { host: &host, roots: &roots, options, out: &mut families };
            let collector = build(name, setup)?;
            parts.push(Part { name, label: Labels::from_pairs([("collector", name)]), collector });
        }
        let (faults, buffer) = (Vec::new(), Vec::new());
        Ok(Self { host, clock, roots, parts, families, duration, success, faults, buffer })
    }

    /// Reads the host once. The families live until the next call; those without samples are
    /// names that had some earlier, or that this machine never fills.
    pub fn collect(&mut self, now: Timestamp) -> &[Family] {
        self.families.clear();
        self.faults.clear();
        for part in &mut self.parts {
            let start = self.clock.monotonic();
            let mut round = Round {
                now,
                host: &*self.host,
                roots: &self.roots,
                buffer: &mut self.buffer,
                out: &mut self.families,
            };
            let outcome = part.collector.collect(&mut round);
            let took = self.clock.monotonic().saturating_sub(start);
            self.families.push(self.duration, &part.label, took.as_secs_f64());
            self.families.push(self.success, &part.label, f64::from(u8::from(outcome.is_ok())));
            self.faults.extend(outcome.err().map(|error| Fault { collector: part.name, error }));
        }
        self.families.as_slice()
    }

    /// Collectors that had no data in the last round.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

/// What a collector is built from.
struct Setup<'a> {
    host: &'a Arc<dyn Host>,
    roots: &'a Roots,
    options: &'a Options,
    out: &'a mut Families,
}

fn switched_on(options: &Options) -> Result<Vec<&'static str>, Error> {
    if let Some((name, _)) =
        options.switches.iter().find(|(name, _)| COLLECTORS.iter().all(|known| known.name != name))
    {
        return Err(Error::unknown_collector(name));
    }
    let is_on = |name: &str, default| {
        options.switches.iter().rfind(|(switch, _)| switch == name).map_or(default, |(_, on)| *on)
    };
    Ok(COLLECTORS.iter().filter(|s| is_on(s.name, s.default)).map(|s| s.name).collect())
}

fn build(name: &'static str, setup: &mut Setup<'_>) -> Result<Box<dyn Collector>, Error> {
    Ok(match name {
        "arp" => Box::new(arp::Arp::new(setup)?),
        "bcache" => Box::new(bcache::Bcache::new(setup)),
        "bcachefs" => Box::new(Plain(bcachefs::collect)),
        "bonding" => Box::new(Plain(bonding::collect)),
        "btrfs" => Box::new(Plain(btrfs::collect)),
        "conntrack" => Box::new(conntrack::Conntrack::new(setup)),
        "cpu" => Box::new(cpu::Cpu::new(setup)),
        "cpufreq" => Box::new(cpufreq::Cpufreq::new(setup)),
        "diskstats" => Box::new(diskstats::Diskstats::new(setup)?),
        "dmi" => Box::new(dmi::Dmi::new(setup)),
        "dmmultipath" => Box::new(Plain(dmmultipath::collect)),
        "edac" => Box::new(Plain(edac::collect)),
        "entropy" => Box::new(entropy::Entropy::new(setup)),
        "fibrechannel" => Box::new(Plain(fibrechannel::collect)),
        "filefd" => Box::new(filefd::Filefd::new(setup)),
        "filesystem" => Box::new(filesystem::Filesystem::new(setup)?),
        "hwmon" => Box::new(hwmon::Hwmon::new(setup)?),
        "infiniband" => Box::new(Plain(infiniband::collect)),
        "ipvs" => Box::new(Plain(ipvs::collect)),
        "kernel_hung" => Box::new(Plain(kernel_hung::collect)),
        "loadavg" => Box::new(loadavg::Loadavg::new(setup)),
        "mdadm" => Box::new(Plain(mdadm::collect)),
        "meminfo" => Box::new(meminfo::Meminfo::new(setup)),
        "netclass" => Box::new(netclass::Netclass::new(setup)?),
        "netdev" => Box::new(netdev::Netdev::new(setup)?),
        "netstat" => Box::new(netstat::Netstat::new(setup)?),
        "nfs" => Box::new(Plain(nfs::collect)),
        "nfsd" => Box::new(Plain(nfsd::collect)),
        "nvme" => Box::new(nvme::Nvme::new(setup)),
        "os" => Box::new(os::Os::new(setup)),
        "powersupplyclass" => Box::new(powersupplyclass::PowerSupply::new(setup)?),
        "pressure" => Box::new(pressure::Pressure::new(setup)),
        "rapl" => Box::new(Plain(rapl::collect)),
        "schedstat" => Box::new(schedstat::Schedstat::new(setup)),
        "selinux" => Box::new(Plain(selinux::collect)),
        "sockstat" => Box::new(sockstat::Sockstat::new(setup)),
        "softnet" => Box::new(softnet::Softnet::new(setup)),
        "stat" => Box::new(stat::Stat::new(setup)),
        "tapestats" => Box::new(tapestats::Tapestats::new(setup)?),
        "textfile" => Box::new(textfile::Textfile::new(setup)),
        "thermal_zone" => Box::new(thermal_zone::ThermalZone::new(setup)),
        "time" => Box::new(time::Time::new(setup)),
        "timex" => Box::new(Plain(timex::collect)),
        "udp_queues" => Box::new(udp_queues::UdpQueues::new(setup)),
        "uname" => Box::new(uname::Uname::new(setup)),
        "vmstat" => Box::new(vmstat::Vmstat::new(setup)?),
        "watchdog" => Box::new(watchdog::Watchdog::new(setup)),
        "xfs" => Box::new(Plain(xfs::collect)),
        "zfs" => Box::new(Plain(zfs::collect)),
        unknown => return Err(Error::unknown_collector(unknown)),
    })
}

/// A pattern over device names; an empty one is none at all.
fn device_pattern(option: &str, pattern: &str) -> Result<Option<Regex>, Error> {
    if pattern.is_empty() {
        return Ok(None);
    }
    Regex::new(pattern).map(Some).map_err(|error| Error::option(option, error))
}

/// Runs the parser that `selector` chooses over a text and says what kind of trouble it had; the
/// door for tests that feed parsers with damaged texts.
pub fn parse_any(selector: u8, text: &[u8]) -> Result<(), ErrorKind> {
    type Parser = fn(&[u8]) -> Result<(), Error>;
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
    ];
    PARSERS[usize::from(selector) % PARSERS.len()](text).map_err(|error| error.kind())
}

#[cfg(test)]
mod tests;
