//! Services that listen on this host and are not watched: found in the kernel's list of sockets,
//! without a connection, and offered with the line that would watch them.

use config::{PostgresDsn, ServiceAddress, ServiceSettings};
use std::io::Read as _;
use std::path::Path;
use sys::Vfs;

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
pub struct Offer {
    /// What listens there by convention.
    pub service: &'static str,
    /// Where.
    pub address: String,
    /// What flyball.yml would have to say.
    pub line: String,
}

/// What listens on this host, for everybody or on loopback, and is not watched.
pub fn offers(vfs: &dyn Vfs, settings: &ServiceSettings) -> Vec<Offer> {
    let tables = tables();
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

/// The kernel's lists of sockets of both families.
fn tables() -> [String; 2] {
    // Files of the kernel have no length that a `Vfs` could ask for.
    let read = |path: &str| {
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path).map(|file| file.take(SOCKETS_BYTES_MAX));
        // A machine without the list has no offers.
        drop(file.and_then(|mut file| file.read_to_end(&mut bytes)));
        String::from_utf8_lossy(&bytes).into_owned()
    };
    [read("/proc/net/tcp"), read("/proc/net/tcp6")]
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
        let mut words = line.split_ascii_whitespace();
        let (local, state) = (words.nth(1)?, words.nth(1)?);
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
    use super::{offer, ports};

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

    #[test]
    fn lines_are_ready_to_be_used() {
        let offers = super::KNOWN.map(|(port, service)| offer(port, service));
        for line in offers.into_iter().chain([super::docker_offer()]).map(|offer| offer.line) {
            let read = config::load_any("flyball.yml", &line, &config::Outside::nothing());
            assert!(read.is_ok(), "{line}: {read:?}");
        }
    }
}
