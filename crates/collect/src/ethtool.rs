//! What drivers of network devices tell through ethtool: `SIOCETHTOOL` of ioctl(2), as plain
//! values. The structures are those of linux/ethtool.h, read from bytes; nothing here knows a
//! metric.

use std::io;

/// Most counters of one device. Network cards with hundreds of queues have some thousands.
pub(crate) const COUNTERS_MAX: usize = 8192;

/// What a device can do and offers, as bits of `ethtool_link_mode_bit_indices` 0 to 31.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct LinkModes {
    /// Of the device.
    pub supported: u32,
    /// What it offers to its peer.
    pub advertised: u32,
    /// Does it negotiate now?
    pub negotiates: bool,
}

/// Who drives a device.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct DriverName {
    /// Name of the driver.
    pub driver: String,
    /// Its version; since Linux 5.6 often that of the kernel.
    pub version: String,
    /// Version of the firmware.
    pub firmware: String,
    /// Where the device is, `0000:00:1f.6` on PCI.
    pub bus: String,
    /// Version of the expansion ROM.
    pub rom: String,
}

/// A counter of a driver under the driver's own name.
pub type DriverCounter = (String, u64);

/// Commands of linux/ethtool.h.
const GET_SETTINGS: u32 = 0x01;
const GET_DRIVER: u32 = 0x03;
const GET_STRINGS: u32 = 0x1b;
const GET_STATISTICS: u32 = 0x1d;
/// The set of strings that names the statistics.
const SET_STATISTICS: u32 = 1;
/// Bytes of one name.
const NAME_BYTES: usize = 32;
/// Bytes of the structures, of strings and statistics those before the first of them.
const SETTINGS_BYTES: usize = 44;
const DRIVER_BYTES: usize = 196;
/// Where the driver's answer says how many counters there are.
const COUNT_AT: usize = 180;
const STRINGS_HEAD_BYTES: usize = 12;
const STATISTICS_HEAD_BYTES: usize = 8;
/// Room for twice as many counters as are asked for: the kernel writes as many as the driver has,
/// and a device whose queues are changed in between has more than it said.
const ROOM: usize = 2 * COUNTERS_MAX;

/// Carries a command to the driver of a device; the bytes are the command's structure.
pub(crate) trait Driver {
    /// Asks; the answer stands in `bytes` afterwards. Bytes that are too few for every answer to
    /// the command, and other commands than those above, are refused.
    fn ask(&self, bytes: &mut [u8]) -> io::Result<()>;
}

/// Bytes that hold every answer to a command, where it is one of those above.
fn answer_bytes_max(command: u32) -> Option<usize> {
    Some(match command {
        GET_SETTINGS => SETTINGS_BYTES,
        GET_DRIVER => DRIVER_BYTES,
        GET_STRINGS => STRINGS_HEAD_BYTES + ROOM * NAME_BYTES,
        GET_STATISTICS => STATISTICS_HEAD_BYTES + ROOM * size_of::<u64>(),
        _ => return None,
    })
}

fn command(bytes: &mut [u8], words: &[u32]) {
    for (slot, word) in bytes.chunks_exact_mut(4).zip(words) {
        slot.copy_from_slice(&word.to_ne_bytes());
    }
}

/// The 32-bit number at an offset.
fn word(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_ne_bytes(word)
}

/// A text that ends at its first zero byte.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).trim().to_owned()
}

/// `ETHTOOL_GSET`: words 1 and 2 are what is supported and advertised, byte 18 whether it
/// negotiates.
pub(crate) fn link_modes(driver: &dyn Driver) -> io::Result<LinkModes> {
    let mut bytes = [0; SETTINGS_BYTES];
    command(&mut bytes, &[GET_SETTINGS]);
    driver.ask(&mut bytes)?;
    Ok(LinkModes {
        supported: word(&bytes, 4),
        advertised: word(&bytes, 8),
        negotiates: bytes[18] != 0,
    })
}

/// `ETHTOOL_GDRVINFO`: five texts of 32 bytes, 12 bytes kept free, then numbers.
fn driver_info(driver: &dyn Driver) -> io::Result<[u8; DRIVER_BYTES]> {
    let mut bytes = [0; DRIVER_BYTES];
    command(&mut bytes, &[GET_DRIVER]);
    driver.ask(&mut bytes)?;
    Ok(bytes)
}

/// The texts of the driver's answer.
pub(crate) fn driver_name(driver: &dyn Driver) -> io::Result<DriverName> {
    let bytes = driver_info(driver)?;
    let name = |index: usize| text(&bytes[4 + index * NAME_BYTES..4 + (index + 1) * NAME_BYTES]);
    Ok(DriverName {
        driver: name(0),
        version: name(1),
        firmware: name(2),
        bus: name(3),
        rom: name(4),
    })
}

/// `ETHTOOL_GSTRINGS` and `ETHTOOL_GSTATS`: names and numbers, in the driver's order.
pub(crate) fn counters(driver: &dyn Driver) -> io::Result<Vec<DriverCounter>> {
    let count = word(&driver_info(driver)?, COUNT_AT);
    if count as usize > COUNTERS_MAX {
        let message = format!("the driver has {count} counters, more than {COUNTERS_MAX}");
        return Err(io::Error::other(message));
    }
    if count == 0 {
        return Ok(Vec::new());
    }
    let answer = |words: &[u32]| -> io::Result<Vec<u8>> {
        // Zeroed pages that nobody writes take no memory.
        let mut bytes =
            vec![0; words.first().and_then(|word| answer_bytes_max(*word)).unwrap_or(0)];
        command(&mut bytes, words);
        driver.ask(&mut bytes)?;
        Ok(bytes)
    };
    let names = answer(&[GET_STRINGS, SET_STATISTICS, count])?;
    let numbers = answer(&[GET_STATISTICS, count])?;
    let (named, counted) = (word(&names, 8), word(&numbers, 4));
    // Its queues were changed in between: numbers would stand at wrong names.
    if named != counted {
        let message = format!("the driver names {named} counters and counts {counted}");
        return Err(io::Error::other(message));
    }
    let names = names[STRINGS_HEAD_BYTES..].chunks_exact(NAME_BYTES).map(text);
    let numbers = numbers[STATISTICS_HEAD_BYTES..].as_chunks::<8>().0;
    let numbers = numbers.iter().map(|number| u64::from_ne_bytes(*number));
    Ok(names.zip(numbers).take(counted as usize).collect())
}

/// A device of this machine.
#[cfg(target_os = "linux")]
pub(crate) struct Device {
    socket: std::os::fd::OwnedFd,
    name: [libc::c_char; libc::IFNAMSIZ],
}

#[cfg(target_os = "linux")]
impl Device {
    /// A device by its name; any socket carries the questions.
    pub(crate) fn open(name: &str) -> io::Result<Self> {
        use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
        let mut own = [0; libc::IFNAMSIZ];
        // The last byte stays zero.
        if name.len() >= own.len() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        for (slot, byte) in own.iter_mut().zip(name.bytes()) {
            *slot = byte.cast_signed();
        }
        let kind = (AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC);
        Ok(Self { socket: socket_with(kind.0, kind.1, kind.2, None)?, name: own })
    }
}

#[cfg(target_os = "linux")]
impl Driver for Device {
    #[expect(unsafe_code, reason = "SIOCETHTOOL has no safe binding")]
    fn ask(&self, bytes: &mut [u8]) -> io::Result<()> {
        use std::os::fd::AsRawFd as _;
        let enough = bytes.first_chunk().map(|word| u32::from_ne_bytes(*word));
        let enough = enough.and_then(answer_bytes_max).is_some_and(|most| bytes.len() >= most);
        if !enough {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let ifr_ifru = libc::__c_anonymous_ifr_ifru { ifru_data: bytes.as_mut_ptr().cast() };
        let mut request = libc::ifreq { ifr_name: self.name, ifr_ifru };
        // SAFETY: the socket is open; the request and the bytes are live, writable and seen by
        // nobody else during the call. The kernel writes the structure of the command alone, and
        // the bytes hold the largest of them (checked above): of strings and statistics there is
        // room for `ROOM`, and drivers that have more than half of that are not asked for them.
        let done = unsafe {
            libc::ioctl(self.socket.as_raw_fd(), libc::SIOCETHTOOL as _, &raw mut request)
        };
        if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
