//! Units of systemd, asked over the system bus as `systemctl` does.
//! One question lists all units; services, sockets and timers are asked one by one for what the
//! list does not have. A unit that goes away meanwhile has fewer series this round.

use super::Setup;
use super::filter::Filter;
use super::round::{Collector, Round};
use crate::Error;
use crate::dbus::{Body, Bus, Call};
use model::Labels;
use std::io;
use std::path::PathBuf;

/// States that `ActiveState` of a unit may have.
const STATES: [&str; 5] = ["active", "activating", "deactivating", "inactive", "failed"];
const SYSTEMD: &str = "org.freedesktop.systemd1";
const MANAGER: &str = "org.freedesktop.systemd1.Manager";
const MANAGER_PATH: &str = "/org/freedesktop/systemd1";
/// What systemd says where there is no limit.
const NO_LIMIT: f64 = u64::MAX as f64;

const STATE: &str = "Systemd unit";
const START: &str = "Start time of the unit since unix epoch in seconds.";
const TASKS: &str = "Current number of tasks per Systemd unit";
const TASKS_MAX: &str = "Maximum number of tasks per Systemd unit";
const RESTARTS: &str = "Service unit count of Restart triggers";
const RUNNING: &str = "Whether the system is operational (see 'systemctl is-system-running')";
const SUMMARY: &str = "Summary of systemd unit states";
const ACCEPTED: &str = "Total number of accepted socket connections";
const CONNECTIONS: &str = "Current number of socket connections";
const REFUSED: &str = "Total number of refused socket connections";
const TRIGGER: &str = "Seconds since epoch of last trigger.";
const VERSION: &str = "Detected systemd version";

pub(super) struct Systemd {
    socket: PathBuf,
    units: Filter,
    with_starts: bool,
    with_restarts: bool,
    with_tasks: bool,
}

/// A unit as the list has it.
struct Unit {
    name: String,
    is_loaded: bool,
    state: String,
    path: String,
}

impl Systemd {
    pub(super) fn new(setup: &mut Setup<'_>) -> Result<Self, Error> {
        let options = setup.options;
        let (include, exclude) = (&*options.systemd_include, &*options.systemd_exclude);
        // Upstream's patterns are of whole names here.
        let whole = |pattern: &str| match pattern {
            "" => String::new(),
            pattern => format!("^(?:{pattern})$"),
        };
        let (include, exclude) = (whole(include), whole(exclude));
        Ok(Self {
            socket: setup.roots.root.join("run/dbus/system_bus_socket"),
            units: Filter::new(("systemd.unit", &include, &exclude))?,
            with_starts: options.systemd_start_times,
            with_restarts: options.systemd_restarts,
            with_tasks: options.systemd_tasks,
        })
    }

    fn ask(&self, round: &mut Round<'_>) -> io::Result<()> {
        let (connection, user) = round.host.bus(&self.socket)?;
        let mut bus = Bus::open(connection, user)?;
        let mut units = list(&mut bus)?;
        summary(round, &units);
        let version = property(&mut bus, MANAGER_PATH, MANAGER, "Version")?.word()?;
        let number = version.split(|c: char| !c.is_ascii_digit() && c != '.').find(|n| n.len() > 2);
        let number = number.and_then(|number| number.parse().ok()).unwrap_or(0.0);
        let labels = Labels::from_pairs([("version", &version)]);
        round.gauge("node_systemd_version", VERSION, &labels, number);
        units.retain(|unit| unit.is_loaded && self.units.admits(unit.name.as_bytes()));
        for unit in &units {
            self.unit(round, &mut bus, unit)?;
        }
        let running = property(&mut bus, MANAGER_PATH, MANAGER, "SystemState")?.word()?;
        let running = f64::from(u8::from(running == "running"));
        round.gauge("node_systemd_system_running", RUNNING, &Labels::empty(), running);
        Ok(())
    }

    fn unit(&self, round: &mut Round<'_>, bus: &mut Bus, unit: &Unit) -> io::Result<()> {
        let kind = unit.name.rsplit('.').next().unwrap_or_default();
        let mut kind_of_service = String::new();
        if kind == "service" {
            let word = ask_word(bus, unit, "org.freedesktop.systemd1.Service", "Type")?;
            kind_of_service = word.unwrap_or_default();
        }
        for state in STATES {
            let labels = Labels::from_pairs([
                ("name", unit.name.as_str()),
                ("state", state),
                ("type", &kind_of_service),
            ]);
            let value = f64::from(u8::from(unit.state == state));
            round.gauge("node_systemd_unit_state", STATE, &labels, value);
        }
        let label = Labels::from_pairs([("name", &unit.name)]);
        if self.with_starts {
            let since = ask_number(bus, unit, &interface("unit"), "ActiveEnterTimestamp")?;
            let since = since.filter(|_| unit.state == "active").unwrap_or(0.0) / 1e6;
            round.gauge("node_systemd_unit_start_time_seconds", START, &label, since);
        }
        match kind {
            "service" => self.service(round, bus, unit, &label),
            "socket" => socket(round, bus, unit, &label),
            "timer" => {
                let at = ask_number(bus, unit, &interface(kind), "LastTriggerUSec")?;
                let name = "node_systemd_timer_last_trigger_seconds";
                put(round, name, TRIGGER, &label, at.map(|micros| micros / 1e6));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn service(
        &self,
        round: &mut Round<'_>,
        bus: &mut Bus,
        unit: &Unit,
        label: &Labels,
    ) -> io::Result<()> {
        let of = interface("service");
        if self.with_restarts
            && let Some(count) = ask_number(bus, unit, &of, "NRestarts")?
        {
            round.counter("node_systemd_service_restart_total", RESTARTS, label, count);
        }
        if self.with_tasks {
            for (name, help, column) in [
                ("node_systemd_unit_tasks_current", TASKS, "TasksCurrent"),
                ("node_systemd_unit_tasks_max", TASKS_MAX, "TasksMax"),
            ] {
                let count = ask_number(bus, unit, &of, column)?;
                put(round, name, help, label, count.filter(|count| *count < NO_LIMIT));
            }
        }
        Ok(())
    }
}

impl Collector for Systemd {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        self.ask(round).map_err(|error| Error::read(&self.socket, error))
    }
}

fn socket(round: &mut Round<'_>, bus: &mut Bus, unit: &Unit, label: &Labels) -> io::Result<()> {
    let of = interface("socket");
    let accepted = ask_number(bus, unit, &of, "NAccepted")?;
    if let Some(count) = accepted {
        let name = "node_systemd_socket_accepted_connections_total";
        round.counter(name, ACCEPTED, label, count);
    }
    let now = ask_number(bus, unit, &of, "NConnections")?;
    put(round, "node_systemd_socket_current_connections", CONNECTIONS, label, now);
    // Systemd before 239 does not count them.
    let refused = ask_number(bus, unit, &of, "NRefused")?;
    put(round, "node_systemd_socket_refused_connections_total", REFUSED, label, refused);
    Ok(())
}

fn put(round: &mut Round<'_>, name: &str, help: &str, label: &Labels, value: Option<f64>) {
    if let Some(value) = value {
        round.gauge(name, help, label, value);
    }
}

/// Units by state; those that are not loaded count, too.
fn summary(round: &mut Round<'_>, units: &[Unit]) {
    for state in STATES {
        let count = units.iter().filter(|unit| unit.state == state).count();
        let labels = Labels::from_pairs([("state", state)]);
        round.gauge("node_systemd_units", SUMMARY, &labels, count as f64);
    }
}

fn list(bus: &mut Bus) -> io::Result<Vec<Unit>> {
    let mut body = bus.call(&Call {
        destination: SYSTEMD,
        path: MANAGER_PATH,
        interface: MANAGER,
        member: "ListUnits",
        arguments: &[],
    })?;
    body.structures(|body| {
        let (name, _, load) = (body.text()?, body.text()?, body.text()?);
        let (state, _, _) = (body.text()?, body.text()?, body.text()?);
        let path = body.text()?;
        // Its job: number, kind and path.
        let _job = (body.u32()?, body.text()?, body.text()?);
        Ok(Unit { name, is_loaded: load == "loaded", state, path })
    })
}

/// `org.freedesktop.systemd1.Service` and its like.
fn interface(kind: &str) -> String {
    let (first, rest) = kind.split_at(kind.len().min(1));
    format!("{SYSTEMD}.{}{rest}", first.to_ascii_uppercase())
}

fn property(bus: &mut Bus, path: &str, interface: &str, name: &str) -> io::Result<Body> {
    bus.call(&Call {
        destination: SYSTEMD,
        path,
        interface: "org.freedesktop.DBus.Properties",
        member: "Get",
        arguments: &[interface, name],
    })
}

/// A number of a unit; `None` when it has none, or is gone.
fn ask_number(bus: &mut Bus, unit: &Unit, of: &str, name: &str) -> io::Result<Option<f64>> {
    told(property(bus, &unit.path, of, name).and_then(|mut body| body.number()))
}

fn ask_word(bus: &mut Bus, unit: &Unit, of: &str, name: &str) -> io::Result<Option<String>> {
    told(property(bus, &unit.path, of, name).and_then(|mut body| body.word()))
}

/// A refusal costs its value; a connection that is broken costs the round.
fn told<T>(answer: io::Result<T>) -> io::Result<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(None),
        Err(error) => Err(error),
    }
}
