//! IP Virtual Server: totals, and connections and weight of each backend.

use super::round::Round;
use crate::Error;
use crate::text;
use model::Labels;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Columns of the line of totals: name and help.
const TOTALS: [(&str, &str); 5] = [
    ("node_ipvs_connections_total", "The total number of connections made."),
    ("node_ipvs_incoming_packets_total", "The total number of incoming packets."),
    ("node_ipvs_outgoing_packets_total", "The total number of outgoing packets."),
    ("node_ipvs_incoming_bytes_total", "The total amount of incoming data."),
    ("node_ipvs_outgoing_bytes_total", "The total amount of outgoing data."),
];

const ACTIVE: &str = "The current active connections by local and remote address.";
const INACTIVE: &str = "The current inactive connections by local and remote address.";
const WEIGHT: &str = "The current backend weight by local and remote address.";

/// A real server behind a virtual one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Backend {
    local_address: String,
    local_port: u16,
    local_mark: String,
    remote_address: String,
    remote_port: u16,
    proto: String,
    weight: u64,
    active: u64,
    inactive: u64,
}

/// Totals: the third line holds connections, packets in and out, bytes in and out, base 16.
pub(super) fn parse_totals(content: &[u8]) -> Result<[u64; TOTALS.len()], Error> {
    let expected = "a third line of five hexadecimal numbers";
    let (number, line) =
        text::lines(content).nth(2).ok_or_else(|| Error::parse(1, expected, content))?;
    let mut totals = [0; TOTALS.len()];
    for (position, total) in totals.iter_mut().enumerate() {
        *total = text::hex(text::nth(line, position, number, expected)?, number)?;
    }
    Ok(totals)
}

/// Backends of all virtual servers.
pub(super) fn parse(content: &[u8]) -> Result<Vec<Backend>, Error> {
    let mut backends = Vec::new();
    let mut local = (String::new(), String::new(), 0, String::new());
    for (number, line) in text::lines(content) {
        let mut fields = text::fields(line);
        let (Some(first), Some(second)) = (fields.next(), fields.next()) else { continue };
        match first {
            b"TCP" | b"UDP" | b"SCTP" => {
                let (address, port) = address(second)
                    .ok_or_else(|| Error::parse(number, "an address and port", second))?;
                local = (text::label(first), address, port, String::new());
            }
            b"FWM" => {
                local = (text::label(first), String::new(), 0, text::label(second));
            }
            b"->" if second != b"RemoteAddress:Port" => {
                let (address, port) = address(second)
                    .ok_or_else(|| Error::parse(number, "an address and port", second))?;
                let column =
                    |index| text::uint(text::nth(line, index, number, "six columns")?, number);
                backends.push(Backend {
                    local_address: local.1.clone(),
                    local_port: local.2,
                    local_mark: local.3.clone(),
                    remote_address: address,
                    remote_port: port,
                    proto: local.0.clone(),
                    weight: column(3)?,
                    active: column(4)?,
                    inactive: column(5)?,
                });
            }
            // Headings.
            _ => {}
        }
    }
    Ok(backends)
}

/// `C0A80016:0CEA` or `[2620:0000:...:0001]:0050`: the port is hexadecimal, always.
fn address(field: &[u8]) -> Option<(String, u16)> {
    let text = std::str::from_utf8(field).ok()?;
    let (address, port) = text.rsplit_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let address = if let Some(inner) = address.strip_prefix('[') {
        inner.strip_suffix(']')?.parse::<Ipv6Addr>().ok()?.to_string()
    } else {
        Ipv4Addr::from(u32::from_str_radix(address, 16).ok()?).to_string()
    };
    Some((address, port))
}

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let net = round.roots.proc.join("net");
    let totals = round.parsed(&net.join("ip_vs_stats"), parse_totals)?;
    for ((name, help), total) in TOTALS.into_iter().zip(totals) {
        round.counter(name, help, &Labels::empty(), total as f64);
    }
    for backend in round.parsed(&net.join("ip_vs"), parse)? {
        let labels = Labels::from_pairs([
            ("local_address", &*backend.local_address),
            ("local_port", &backend.local_port.to_string()),
            ("local_mark", &backend.local_mark),
            ("remote_address", &backend.remote_address),
            ("remote_port", &backend.remote_port.to_string()),
            ("proto", &backend.proto),
        ]);
        let values = [
            ("node_ipvs_backend_connections_active", ACTIVE, backend.active),
            ("node_ipvs_backend_connections_inactive", INACTIVE, backend.inactive),
            ("node_ipvs_backend_weight", WEIGHT, backend.weight),
        ];
        for (name, help, value) in values {
            round.gauge(name, help, &labels, value as f64);
        }
    }
    Ok(())
}
