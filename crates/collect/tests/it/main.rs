//! Integration tests of the host collector: upstream's fixtures, the real exporter, odd hosts.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod devices;
mod ethtool;
mod fixtures;
mod hostile;
mod live;
mod odd;
mod page;
mod systemd;
mod tree;
