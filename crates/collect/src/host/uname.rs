//! uname(2) as labels.

use super::Setup;
use super::round::{Collector, Round};
use crate::Error;
use crate::family::FamilyId;
use model::Labels;

pub(super) struct Uname {
    info: FamilyId,
}

impl Uname {
    pub(super) fn new(setup: &mut Setup<'_>) -> Self {
        let help = "Labeled system information as provided by the uname system call.";
        Self { info: setup.out.gauge("node_uname_info", help) }
    }
}

impl Collector for Uname {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let name = round.host.system_name();
        let labels = Labels::from_pairs([
            ("sysname", &name.sysname),
            ("release", &name.release),
            ("version", &name.version),
            ("machine", &name.machine),
            ("nodename", &name.nodename),
            ("domainname", &name.domainname),
        ]);
        round.out.push(self.info, &labels, 1.0);
        Ok(())
    }
}
