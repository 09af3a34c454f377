//! Services that listen on this host and are not watched: found in the kernel's list of sockets,
//! without a connection, and offered with the line that would watch them. There are at most four,
//! and each is told once, however often it comes and goes.

use config::{PostgresDsn, ServiceAddress, ServiceSettings};
use exposition::Family;
use model::Labels;
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use sys::Vfs;

/// Time between two looks at what listens.
const LOOK_INTERVAL: Duration = Duration::from_secs(30);
/// Most bytes of a list of sockets.
const SOCKETS_BYTES_MAX: u64 = 16 << 20;
/// State of a listening socket in `/proc/net/tcp`.
const LISTEN: &str = "0A";
/// Ports that belong to services, by convention.
const KNOWN: [(u16, &str); 3] = [(6379, "redis"), (5432, "postgres"), (80, "nginx")];

/// Where Docker's engine listens.
const DOCKER: &str = "/var/run/docker.sock";

/// A service that could be watched.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Offer {
    /// What listens there by convention.
    service: &'static str,
    /// Where.
    address: String,
    /// What flyball.yml would have to say.
    line: String,
}

/// What is offered now, and what was told of it.
pub struct Offers {
    vfs: Arc<dyn Vfs>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What is watched; nothing is offered before it is known.
    settings: Option<ServiceSettings>,
    shown: Vec<Offer>,
    /// Services that were told in the log since the start.
    told: BTreeSet<&'static str>,
}

impl Offers {
    /// Offers nothing before the first configuration.
    pub fn new(vfs: Arc<dyn Vfs>) -> Self {
        Self { vfs, state: Mutex::default() }
    }

    /// Takes note of what is watched, and looks at once: what a reload watches is offered no more.
    /// Reads files of the kernel.
    pub fn configure(&self, settings: ServiceSettings) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).settings = Some(settings);
        self.look(&tables());
    }

    /// Looks every 30 seconds, so that a service that starts later is offered, too.
    pub async fn watch(self: Arc<Self>, stopped: impl Future<Output = ()>) {
        let mut stopped = std::pin::pin!(stopped);
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
                () = &mut stopped => return,
            }
            let this = Arc::clone(&self);
            if let Err(error) = tokio::task::spawn_blocking(move || this.look(&tables())).await {
                std::panic::resume_unwind(error.into_panic());
            }
        }
    }

    /// What is offered, as a family: one series a service.
    pub fn family(&self) -> Family {
        let help = "Services that listen on this host and are not watched, value is always 1.";
        let mut family = Family::gauge("flyball_service_offered", help);
        for offer in &self.state.lock().unwrap_or_else(PoisonError::into_inner).shown {
            let labels = [("service", offer.service), ("address", &offer.address)];
            family.push(Labels::from_pairs(labels), 1.0);
        }
        family
    }

    fn look(&self, tables: &[String]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { settings, shown, told } = &mut *state;
        let Some(settings) = settings else { return };
        *shown = offers(self.vfs.as_ref(), settings, tables);
        for Offer { service, address, line } in shown {
            if told.insert(service) {
                let what =
                    "a service listens here and is not watched; a line of flyball.yml would do it";
                tracing::info!(service, address, line, "{what}");
            }
        }
    }
}

/// What listens on this host, for everybody or on loopback, and is not watched.
fn offers(vfs: &dyn Vfs, settings: &ServiceSettings, tables: &[String]) -> Vec<Offer> {
    let listens = |port| tables.iter().any(|table| ports(table).any(|found| found == port));
    let offered = KNOWN.iter().filter(|(port, service)| {
        // Many programs listen on port 80.
        let is_there = *service != "nginx" || vfs.exists(Path::new("/etc/nginx")).unwrap_or(false);
        is_there && listens(*port) && !is_watched(*port, settings)
    });
    let docker = docker(vfs, settings);
    offered.map(|(port, service)| offer(*port, service)).chain(docker).collect()
}

/// Docker's socket, which names containers; whoever may ask it may do anything.
fn docker(vfs: &dyn Vfs, settings: &ServiceSettings) -> Option<Offer> {
    let is_there = vfs.exists(Path::new(DOCKER)).unwrap_or(false);
    let is_off = settings.containers.enabled == Some(false);
    (is_there && !is_off && settings.containers.docker.is_none()).then(docker_offer)
}

fn docker_offer() -> Offer {
    let line = format!("collect: {{containers: {{docker: 'unix://{DOCKER}'}}}}");
    Offer { service: "docker", address: DOCKER.to_owned(), line }
}

/// The kernel's lists of listening sockets of both families. They stand before all connections, so
/// that a server with very many of these costs no more.
fn tables() -> [String; 2] {
    // Files of the kernel have no length that a `Vfs` could ask for.
    let read = |path: &str| {
        let mut table = String::new();
        // A machine without the list has no offers.
        let Ok(file) = std::fs::File::open(path) else { return table };
        // The first line names the columns.
        let lines = BufReader::new(file.take(SOCKETS_BYTES_MAX)).lines().skip(1);
        let listens = |line: &String| state(line) == Some(LISTEN);
        for line in lines.map_while(Result::ok).take_while(listens) {
            table.push_str(&line);
            table.push('\n');
        }
        table
    };
    [read("/proc/net/tcp"), read("/proc/net/tcp6")]
}

/// The column with the state of a socket.
fn state(line: &str) -> Option<&str> {
    line.split_ascii_whitespace().nth(3)
}

fn offer(port: u16, service: &'static str) -> Offer {
    let address = format!("127.0.0.1:{port}");
    let line = match service {
        "postgres" => {
            format!("collect: {{postgres: [{{dsn: 'postgres://USER@{address}/postgres'}}]}}")
        }
        "nginx" => "collect: {nginx: [{url: 'http://127.0.0.1/nginx_status'}]}".to_owned(),
        _ => format!("collect: {{redis: [{{address: '{address}'}}]}}"),
    };
    Offer { service, address, line }
}

/// Is an instance of this port configured, wherever it is?
fn is_watched(port: u16, settings: &ServiceSettings) -> bool {
    let at = |address: &ServiceAddress| match address {
        ServiceAddress::Tcp { port: found, .. } => *found == port,
        ServiceAddress::Unix(_) => true,
    };
    let of_dsn = |dsn: &PostgresDsn| match dsn {
        PostgresDsn::Inline(dsn) => at(&dsn.address),
        PostgresDsn::File(_) => true,
    };
    match port {
        6379 => settings.redis.iter().any(|one| at(&one.address)),
        5432 => settings.postgres.iter().any(|one| of_dsn(&one.dsn)),
        _ => !settings.nginx.is_empty(),
    }
}

/// Ports of sockets that listen on loopback or everywhere, from a table of the kernel.
fn ports(table: &str) -> impl Iterator<Item = u16> {
    table.lines().filter_map(|line| {
        let (local, state) = (line.split_ascii_whitespace().nth(1)?, state(line)?);
        let (address, port) = local.rsplit_once(':')?;
        let everywhere = address.bytes().all(|digit| digit == b'0');
        // Each 32-bit word is in the byte order of the machine; these are all little endian.
        let loopback = address.len() == 8 && address.ends_with("7F")
            || address == "00000000000000000000000001000000";
        (state == LISTEN && (everywhere || loopback)).then(|| u16::from_str_radix(port, 16).ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::{Offers, offer, ports};
    use std::sync::Arc;

    const REDIS: &str = "   0: 0100007F:18EB 00000000:0000 0A 00000000:00000000";

    #[test]
    fn listening_sockets_of_loopback_and_of_everywhere() {
        let table = "  sl  local_address rem_address   st tx_queue\n   \
             0: 0100007F:18EB 00000000:0000 0A 00000000:00000000\n   \
             1: 00000000:1538 00000000:0000 0A 00000000:00000000\n   \
             2: 0100007F:0050 0100007F:9999 01 00000000:00000000\n   \
             3: 0500000A:0016 00000000:0000 0A 00000000:00000000\n   \
             4: 00000000000000000000000001000000:0019 0:0 0A 0\n   odd\n";
        assert_eq!(ports(table).collect::<Vec<_>>(), [6379, 5432, 25]);
    }

    /// A socket of this test in the list of the real kernel.
    #[test]
    fn the_list_of_the_kernel_is_read() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(super::tables().iter().any(|table| ports(table).any(|found| found == port)));
    }

    /// Redis that starts after Flyball, is watched by a reload, stops and starts again.
    #[test]
    fn a_service_that_comes_later_is_offered_until_it_is_watched_or_gone() {
        let offers = Offers::new(Arc::new(sys::OsVfs));
        let shown = || {
            let family = offers.family();
            let of = |point: &exposition::Point| point.labels.value("address").to_owned();
            family.points.iter().map(of).filter(|a| a.ends_with(":6379")).collect::<Vec<_>>()
        };
        let (empty, redis) = ([String::new()], [format!("{REDIS}\n")]);
        offers.look(&redis);
        assert_eq!(shown(), [""; 0], "nothing before the configuration is known");
        let nothing = || Some(config::ServiceSettings::default());
        offers.state.lock().unwrap().settings = nothing();
        for (tables, expected) in [(&empty, &[][..]), (&redis, &["127.0.0.1:6379"]), (&empty, &[])]
        {
            offers.look(tables);
            assert_eq!(shown(), expected);
        }
        let text = "collect: {redis: [{address: '127.0.0.1:6379'}]}";
        let read = config::load_any("flyball.yml", text, &config::Outside::nothing()).unwrap();
        let config::ConfigFile::Flyball(read) = read.config else { panic!("{text}") };
        offers.state.lock().unwrap().settings = Some(read.services);
        offers.look(&redis);
        assert_eq!(shown(), [""; 0], "it is watched");
        offers.state.lock().unwrap().settings = nothing();
        offers.look(&redis);
        assert_eq!(shown(), ["127.0.0.1:6379"], "it is watched no more");
        assert_eq!(offers.state.lock().unwrap().told.iter().filter(|s| **s == "redis").count(), 1);
    }

    #[test]
    fn lines_are_ready_to_be_used() {
        let offers = super::KNOWN.map(|(port, service)| offer(port, service));
        for line in offers.into_iter().chain([super::docker_offer()]).map(|offer| offer.line) {
            let read = config::load_any("flyball.yml", &line, &config::Outside::nothing());
            assert!(read.is_ok(), "{line}: {read:?}");
        }
    }
}
