//! Energy that processor packages and their parts used, from the power capping framework.

use super::round::{Round, attribute};
use crate::Error;
use crate::text;
use model::Labels;
use std::collections::BTreeMap;
use std::path::PathBuf;

const MICROJOULES_PER_JOULE: f64 = 1e6;

/// A zone and its place among the zones of its name.
struct Zone {
    name: String,
    index: String,
    dir: PathBuf,
}

/// Zones by their directory's name; `package-0` carries its own index, others are counted.
fn zones(round: &mut Round<'_>) -> Result<Vec<Zone>, Error> {
    let dir = round.roots.sys.join("class/powercap");
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut zones = Vec::new();
    for entry in round.names(&dir)? {
        let dir = dir.join(&entry);
        // The control types themselves have no name file.
        let Some(name) = round.word(&dir.join("name")) else { continue };
        let own = name.rsplit_once('-').filter(|(_, n)| text::decimal(n.as_bytes()).is_some());
        let (name, index) = if let Some((name, index)) = own {
            (name.to_owned(), index.to_owned())
        } else {
            let count = seen.entry(name.clone()).or_default();
            *count += 1;
            (name, (*count - 1).to_string())
        };
        zones.push(Zone { name, index, dir });
    }
    Ok(zones)
}

/// Zone names may hold characters that metric names may not.
fn metric_name(zone: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
    format!("node_rapl_{}_joules_total", zone.chars().map(plain).collect::<String>())
}

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    for zone in zones(round)? {
        let path = zone.dir.join("energy_uj");
        // Only root may read the meter; upstream then counts its round as one without data.
        let Some(content) = attribute(round.host, &path, round.buffer) else {
            return Err(Error::no_data("energy_uj of a zone cannot be read; it needs root"));
        };
        let energy = text::uint(content, 1).map_err(|error| error.at(&path))?;
        let dir = zone.dir.to_string_lossy();
        let labels = Labels::from_pairs([("index", &*zone.index), ("path", &*dir)]);
        let help = format!("Current RAPL {} value in joules", zone.name);
        let joules = energy as f64 / MICROJOULES_PER_JOULE;
        round.counter(&metric_name(&zone.name), &help, &labels, joules);
    }
    Ok(())
}
