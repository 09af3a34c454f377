//! Memory zones of each node: watermarks, pages by use, where allocations came from.

use super::numbers::Number;
use super::round::Round;
use crate::Error;
use crate::text;
use model::Labels;

/// Fields of a zone, or of its node in the node's first zone.
const FIELDS: &[Number] = &[
    Number::gauge(
        "nr_free_pages",
        "node_zoneinfo_nr_free_pages",
        "Total number of free pages in the zone",
    ),
    Number::gauge("min", "node_zoneinfo_min_pages", "Zone watermark pages_min"),
    Number::gauge("low", "node_zoneinfo_low_pages", "Zone watermark pages_low"),
    Number::gauge("high", "node_zoneinfo_high_pages", "Zone watermark pages_high"),
    Number::gauge("scanned", "node_zoneinfo_scanned_pages", "Pages scanned since last reclaim"),
    Number::gauge(
        "spanned",
        "node_zoneinfo_spanned_pages",
        "Total pages spanned by the zone, including holes",
    ),
    Number::gauge(
        "present",
        "node_zoneinfo_present_pages",
        "Physical pages existing within the zone",
    ),
    Number::gauge(
        "managed",
        "node_zoneinfo_managed_pages",
        "Present pages managed by the buddy system",
    ),
    Number::gauge(
        "nr_active_anon",
        "node_zoneinfo_nr_active_anon_pages",
        "Number of anonymous pages recently more used",
    ),
    Number::gauge(
        "nr_inactive_anon",
        "node_zoneinfo_nr_inactive_anon_pages",
        "Number of anonymous pages recently less used",
    ),
    Number::gauge(
        "nr_isolated_anon",
        "node_zoneinfo_nr_isolated_anon_pages",
        "Temporary isolated pages from anon lru",
    ),
    Number::gauge(
        "nr_anon_pages",
        "node_zoneinfo_nr_anon_pages",
        "Number of anonymous pages currently used by the system",
    ),
    Number::gauge(
        "nr_anon_transparent_hugepages",
        "node_zoneinfo_nr_anon_transparent_hugepages",
        "Number of anonymous transparent huge pages currently used by the system",
    ),
    Number::gauge(
        "nr_active_file",
        "node_zoneinfo_nr_active_file_pages",
        "Number of active pages with file-backing",
    ),
    Number::gauge(
        "nr_inactive_file",
        "node_zoneinfo_nr_inactive_file_pages",
        "Number of inactive pages with file-backing",
    ),
    Number::gauge(
        "nr_isolated_file",
        "node_zoneinfo_nr_isolated_file_pages",
        "Temporary isolated pages from file lru",
    ),
    Number::gauge("nr_file_pages", "node_zoneinfo_nr_file_pages", "Number of file pages"),
    Number::gauge(
        "nr_slab_reclaimable",
        "node_zoneinfo_nr_slab_reclaimable_pages",
        "Number of reclaimable slab pages",
    ),
    Number::gauge(
        "nr_slab_unreclaimable",
        "node_zoneinfo_nr_slab_unreclaimable_pages",
        "Number of unreclaimable slab pages",
    ),
    Number::gauge(
        "nr_mlock_stack",
        "node_zoneinfo_nr_mlock_stack_pages",
        "mlock()ed pages found and moved off LRU",
    ),
    Number::gauge("nr_kernel_stack", "node_zoneinfo_nr_kernel_stacks", "Number of kernel stacks"),
    Number::gauge("nr_mapped", "node_zoneinfo_nr_mapped_pages", "Number of mapped pages"),
    Number::gauge("nr_dirty", "node_zoneinfo_nr_dirty_pages", "Number of dirty pages"),
    Number::gauge("nr_writeback", "node_zoneinfo_nr_writeback_pages", "Number of writeback pages"),
    Number::gauge(
        "nr_unevictable",
        "node_zoneinfo_nr_unevictable_pages",
        "Number of unevictable pages",
    ),
    Number::gauge(
        "nr_shmem",
        "node_zoneinfo_nr_shmem_pages",
        "Number of shmem pages (included tmpfs/GEM pages)",
    ),
    Number::counter("nr_dirtied", "node_zoneinfo_nr_dirtied_total", "Page dirtyings since bootup"),
    Number::counter("nr_written", "node_zoneinfo_nr_written_total", "Page writings since bootup"),
    Number::counter("numa_hit", "node_zoneinfo_numa_hit_total", "Allocated in intended node"),
    Number::counter("numa_miss", "node_zoneinfo_numa_miss_total", "Allocated in non intended node"),
    Number::counter(
        "numa_foreign",
        "node_zoneinfo_numa_foreign_total",
        "Was intended here, hit elsewhere",
    ),
    Number::counter(
        "numa_interleave",
        "node_zoneinfo_numa_interleave_total",
        "Interleaver preferred this zone",
    ),
    Number::counter("numa_local", "node_zoneinfo_numa_local_total", "Allocation from local node"),
    Number::counter("numa_other", "node_zoneinfo_numa_other_total", "Allocation from other node"),
];

/// A zone with those of its fields that hold one number, and its protection.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Zone {
    node: String,
    name: String,
    fields: Vec<(String, u64)>,
    protection: Vec<u64>,
}

/// All zones. `Node 0, zone DMA` begins one; sets of pages per processor are left out.
pub(super) fn parse(content: &[u8]) -> Result<Vec<Zone>, Error> {
    let mut zones: Vec<Zone> = Vec::new();
    for (number, line) in text::lines(content) {
        let mut fields = text::fields(line);
        let (Some(name), Some(value)) = (fields.next(), fields.next()) else { continue };
        if name == b"Node" {
            let node = text::label(value.strip_suffix(b",").unwrap_or(value));
            let name = text::label(text::nth(line, 3, number, "`Node n, zone name`")?);
            zones.push(Zone { node, name, ..Zone::default() });
            continue;
        }
        let Some(zone) = zones.last_mut() else { continue };
        if name == b"protection:" {
            let list = line.split(|byte| b"(,)".contains(byte)).skip(1);
            let list = list.map(<[u8]>::trim_ascii).filter(|field| !field.is_empty());
            zone.protection =
                list.map(|field| text::uint(field, number)).collect::<Result<_, _>>()?;
        } else if name == b"pages" {
            // `pages free` is nr_free_pages once more.
        } else if let Some(value) = text::decimal(value) {
            zone.fields.push((text::label(name), value));
        }
    }
    Ok(zones)
}

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    for zone in round.parsed(&round.roots.proc.join("zoneinfo"), parse)? {
        let labels = Labels::from_pairs([("node", &zone.node), ("zone", &zone.name)]);
        for number in FIELDS {
            let value = zone.fields.iter().find(|(name, _)| name == number.file());
            if let Some((_, value)) = value {
                number.push(round, &labels, *value as f64);
            }
        }
        for (index, value) in zone.protection.iter().enumerate() {
            let name = format!("node_zoneinfo_protection_{index}");
            let help = format!("Protection array {index}. field");
            round.gauge(&name, &help, &labels, *value as f64);
        }
    }
    Ok(())
}
