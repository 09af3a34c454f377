//! What the firmware says about the machine; read once, it changes with a reboot only.

use super::Setup;
use super::round::{Collector, Round, attribute};
use crate::Error;
use crate::family::FamilyId;
use crate::text;
use model::Labels;

/// Labels and their files, where the two differ in name.
const FIELDS: [(&str, &str); 20] = [
    ("bios_date", "bios_date"),
    ("bios_release", "bios_release"),
    ("bios_vendor", "bios_vendor"),
    ("bios_version", "bios_version"),
    ("board_asset_tag", "board_asset_tag"),
    ("board_name", "board_name"),
    ("board_serial", "board_serial"),
    ("board_vendor", "board_vendor"),
    ("board_version", "board_version"),
    ("chassis_asset_tag", "chassis_asset_tag"),
    ("chassis_serial", "chassis_serial"),
    ("chassis_vendor", "chassis_vendor"),
    ("chassis_version", "chassis_version"),
    ("product_family", "product_family"),
    ("product_name", "product_name"),
    ("product_serial", "product_serial"),
    ("product_sku", "product_sku"),
    ("product_uuid", "product_uuid"),
    ("product_version", "product_version"),
    ("system_vendor", "sys_vendor"),
];

pub(super) struct Dmi {
    info: FamilyId,
    labels: Option<Labels>,
}

impl Dmi {
    pub(super) fn new(setup: &mut Setup<'_>) -> Self {
        let names = FIELDS.map(|(label, _)| label).join(", ");
        let help =
            format!("A metric with a constant '1' value labeled by {names} if provided by DMI.");
        Self { info: setup.out.gauge("node_dmi_info", &help), labels: None }
    }
}

impl Collector for Dmi {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        if self.labels.is_none() {
            let dir = round.roots.sys.join("class/dmi/id");
            round.host.list(&dir).map_err(|error| Error::read(&dir, error))?;
            let mut field = |file: &str| {
                let content = attribute(round.host, &dir.join(file), round.buffer);
                content.map_or_else(String::new, text::label)
            };
            self.labels =
                Some(Labels::from_pairs(FIELDS.map(|(label, file)| (label, field(file)))));
        }
        if let Some(labels) = &self.labels {
            round.out.push(self.info, labels, 1.0);
        }
        Ok(())
    }
}
