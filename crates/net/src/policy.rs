//! Which addresses may be dialled. By default all but those where clouds hand out credentials.
//! The most specific rule decides; where no rule covers an address, it is allowed.

use crate::{Error, ErrorKind};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[cfg(test)]
mod tests;

/// A block of addresses: `10.0.0.0/8`, `fd00::/8`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cidr {
    network: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// The block of one address.
    pub fn single(address: IpAddr) -> Self {
        let address = canonical(address);
        Self { network: address, prefix: if address.is_ipv4() { 32 } else { 128 } }
    }

    /// Reads `ADDRESS` or `ADDRESS/PREFIX`; bits behind the prefix are ignored.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |why: &str| {
            let message = format!("cannot read address block {text:?}: {why}");
            Error::new(ErrorKind::Config, message)
        };
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let network: IpAddr = address.parse().map_err(|e| refuse("no IP address").caused_by(e))?;
        let width = if network.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => width,
            Some(digits) => digits.parse().map_err(|e| refuse("no prefix length").caused_by(e))?,
        };
        if prefix > width {
            return Err(refuse("prefix is longer than the address"));
        }
        Ok(Self { network, prefix })
    }

    /// Does the block hold the address?
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.network, canonical(address)) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                same_head(network.to_bits().into(), address.to_bits().into(), 32, self.prefix)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                same_head(network.to_bits(), address.to_bits(), 128, self.prefix)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

fn same_head(a: u128, b: u128, width: u32, prefix: u8) -> bool {
    let tail = width - u32::from(prefix);
    (a ^ b).checked_shr(tail).unwrap_or(0) == 0
}

/// IPv4 addresses in IPv6 clothes (mapped, compatible, NAT64 `64:ff9b::/96`) reach the IPv4 host,
/// so they are judged as that host.
fn canonical(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let embedded = |v6: Ipv6Addr| {
        let [.., a, b, c, d] = v6.octets();
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    let head = v6.to_bits() >> 32;
    let is_mapped = head == 0xffff;
    let is_nat64 = head == 0x0064_ff9b_0000_0000_0000_0000;
    let is_compatible = head == 0 && v6.to_bits() > 1;
    if is_mapped || is_nat64 || is_compatible { embedded(v6) } else { address }
}

/// What a rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Dial.
    Allow,
    /// Refuse.
    Deny,
}

/// A block and what holds for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressRule {
    /// Addresses.
    pub block: Cidr,
    /// What holds for them.
    pub verdict: Verdict,
}

/// Which addresses may be dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressPolicy {
    rules: Vec<AddressRule>,
}

/// Where instances of the large clouds fetch credentials without any of their own: AWS, Azure,
/// Google, Oracle and others (link-local v4), AWS v6, AWS container tasks, AWS pods (v4, v6),
/// Google v6, Oracle's and Alibaba's own.
const METADATA_ADDRESSES: [&str; 8] = [
    "169.254.169.254",
    "fd00:ec2::254",
    "169.254.170.2",
    "169.254.170.23",
    "fd00:ec2::23",
    "fd20:ce::254",
    "192.0.0.192",
    "100.100.100.200",
];

impl Default for AddressPolicy {
    /// Everything but the metadata services of clouds.
    fn default() -> Self {
        let deny = |text: &&str| AddressRule {
            block: Cidr::parse(text).expect("the table holds addresses; a test reads them all"),
            verdict: Verdict::Deny,
        };
        Self { rules: METADATA_ADDRESSES.iter().map(deny).collect() }
    }
}

impl AddressPolicy {
    /// The default rules followed by own ones, which win over default rules for the same block.
    pub fn with_rules(rules: impl IntoIterator<Item = AddressRule>) -> Self {
        let mut policy = Self::default();
        policy.rules.extend(rules);
        policy
    }

    /// A policy without any rule: everything is allowed.
    pub fn allow_all() -> Self {
        Self { rules: Vec::new() }
    }

    /// May the address be dialled?
    pub fn verdict(&self, address: IpAddr) -> Verdict {
        let covering = self.rules.iter().filter(|rule| rule.block.contains(address));
        // Of equally long prefixes the later rule wins (`max_by_key` keeps the last maximum).
        covering.max_by_key(|rule| rule.block.prefix).map_or(Verdict::Allow, |rule| rule.verdict)
    }

    /// Refuses an address that may not be dialled; `host` is what the user wrote.
    pub fn check(&self, host: &str, address: IpAddr) -> Result<(), Error> {
        match self.verdict(address) {
            Verdict::Allow => Ok(()),
            Verdict::Deny => {
                let message = format!("address {address} of {host:?} is forbidden by the policy");
                Err(Error::new(ErrorKind::Forbidden, message))
            }
        }
    }
}
