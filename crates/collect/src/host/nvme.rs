//! `NVMe` controllers and their namespaces from sysfs.

use super::Setup;
use super::round::{Collector, Round, attribute};
use crate::Error;
use crate::family::FamilyId;
use crate::text;
use model::Labels;
use std::path::Path;

pub(super) struct Nvme {
    info: FamilyId,
    namespace_info: FamilyId,
    capacity: FamilyId,
    size: FamilyId,
    used: FamilyId,
    block: FamilyId,
}

impl Nvme {
    pub(super) fn new(setup: &mut Setup<'_>) -> Self {
        let mut gauge =
            |name: &str, help: &str| setup.out.gauge(&format!("node_nvme_{name}"), help);
        Self {
            info: gauge(
                "info",
                "Non-numeric data from /sys/class/nvme/<device>, value is always 1.",
            ),
            namespace_info: gauge(
                "namespace_info",
                "Information about NVMe namespaces. Value is always 1",
            ),
            capacity: gauge(
                "namespace_capacity_bytes",
                concat!(
                    "Capacity of the NVMe namespace in bytes. ",
                    "Computed as namespace_size * namespace_logical_block_size"
                ),
            ),
            size: gauge(
                "namespace_size_bytes",
                concat!(
                    "Size of the NVMe namespace in bytes. ",
                    "Available in /sys/class/nvme/<device>/<namespace>/size"
                ),
            ),
            used: gauge(
                "namespace_used_bytes",
                concat!(
                    "Used space of the NVMe namespace in bytes. ",
                    "Available in /sys/class/nvme/<device>/<namespace>/nuse"
                ),
            ),
            block: gauge(
                "namespace_logical_block_size_bytes",
                concat!(
                    "Logical block size of the NVMe namespace in bytes. Usually 4Kb. ",
                    "Available in /sys/class/nvme/<device>/<namespace>/queue/logical_block_size"
                ),
            ),
        }
    }

    fn controller(&self, round: &mut Round<'_>, name: &str, dir: &Path) {
        let mut word = |file: &str| {
            let content = attribute(round.host, &dir.join(file), round.buffer);
            content.map_or_else(String::new, text::label)
        };
        let labels = Labels::from_pairs([
            ("device", name.to_owned()),
            ("firmware_revision", word("firmware_rev")),
            ("model", word("model")),
            ("serial", word("serial")),
            ("state", word("state")),
            ("cntlid", word("cntlid")),
        ]);
        round.out.push(self.info, &labels, 1.0);
    }

    fn namespace(&self, round: &mut Round<'_>, controller: &str, id: &str, dir: &Path) {
        let state = attribute(round.host, &dir.join("ana_state"), round.buffer);
        let state = state.map_or_else(|| "unknown".to_owned(), text::label);
        let pairs = [("ana_state", &*state), ("device", controller), ("nsid", id)];
        round.out.push(self.namespace_info, &Labels::from_pairs(pairs), 1.0);
        let labels = Labels::from_pairs([("device", controller), ("nsid", id)]);
        let mut number = |file: &str| {
            let content = attribute(round.host, &dir.join(file), round.buffer);
            content.and_then(text::decimal).map(|number| number as f64)
        };
        let Some(block) = number("queue/logical_block_size") else { return };
        let (blocks, used) = (number("size"), number("nuse"));
        round.out.push(self.block, &labels, block);
        if let Some(blocks) = blocks {
            round.out.push(self.size, &labels, blocks * block);
            round.out.push(self.capacity, &labels, blocks * block);
        }
        if let Some(used) = used {
            round.out.push(self.used, &labels, used * block);
        }
    }
}

/// Namespace number of a directory: `nvme0n1` and, with several paths, `nvme0c1n1` are 1.
pub(super) fn namespace_id(name: &str) -> Option<&str> {
    let (head, id) = name.strip_prefix("nvme")?.rsplit_once('n')?;
    let is_number = |text: &str| text::decimal(text.as_bytes()).is_some();
    (is_number(id) && head.split('c').all(is_number)).then_some(id)
}

impl Collector for Nvme {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let dir = round.roots.sys.join("class/nvme");
        for name in round.host.list(&dir).map_err(|error| Error::read(&dir, error))? {
            let dir = dir.join(&name);
            self.controller(round, &name, &dir);
            for entry in round.host.list(&dir).unwrap_or_default() {
                if let Some(id) = namespace_id(&entry) {
                    self.namespace(round, &name, id, &dir.join(&entry));
                }
            }
        }
        Ok(())
    }
}
