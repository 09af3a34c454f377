use super::{
    COUNT_AT, COUNTERS_MAX, Driver, GET_DRIVER, GET_SETTINGS, GET_STATISTICS, GET_STRINGS,
    LinkModes, NAME_BYTES, STATISTICS_HEAD_BYTES, STRINGS_HEAD_BYTES, answer_bytes_max, counters,
    driver_name, link_modes, word,
};
use std::io;

/// A driver that says it has so many counters, then names and counts others.
struct Fake {
    said: u32,
    named: u32,
    counted: u32,
}

impl Fake {
    fn of(count: u32) -> Self {
        Self { said: count, named: count, counted: count }
    }
}

fn put(bytes: &mut [u8], at: usize, text: &[u8]) {
    bytes[at..at + text.len()].copy_from_slice(text);
}

impl Driver for Fake {
    fn ask(&self, bytes: &mut [u8]) -> io::Result<()> {
        let command = word(bytes, 0);
        assert_eq!(answer_bytes_max(command), Some(bytes.len()), "room for every answer");
        match command {
            GET_SETTINGS => {
                put(bytes, 4, &7_u32.to_ne_bytes());
                put(bytes, 8, &3_u32.to_ne_bytes());
                bytes[18] = 1;
            }
            GET_DRIVER => {
                put(bytes, 4, b"e1000e\0left over");
                put(bytes, 4 + NAME_BYTES, &[b'5'; NAME_BYTES]);
                put(bytes, 4 + 2 * NAME_BYTES, b"0.5-4 \0");
                put(bytes, 4 + 3 * NAME_BYTES, b"0000:00:1f.6\0");
                put(bytes, COUNT_AT, &self.said.to_ne_bytes());
            }
            GET_STRINGS => {
                put(bytes, 8, &self.named.to_ne_bytes());
                for index in 0..self.named as usize {
                    put(
                        bytes,
                        STRINGS_HEAD_BYTES + index * NAME_BYTES,
                        format!("c{index}").as_bytes(),
                    );
                }
            }
            GET_STATISTICS => {
                put(bytes, 4, &self.counted.to_ne_bytes());
                for index in 0..u64::from(self.counted) {
                    let at = STATISTICS_HEAD_BYTES + usize::try_from(index).unwrap() * 8;
                    put(bytes, at, &(index * 10).to_ne_bytes());
                }
            }
            other => panic!("command {other} is not known"),
        }
        Ok(())
    }
}

#[test]
fn structures_are_read_where_the_kernel_puts_their_fields() {
    let driver = Fake::of(2);
    let modes = LinkModes { supported: 7, advertised: 3, negotiates: true };
    assert_eq!(link_modes(&driver).unwrap(), modes);
    let name = driver_name(&driver).unwrap();
    assert_eq!((&*name.driver, &*name.firmware, &*name.bus), ("e1000e", "0.5-4", "0000:00:1f.6"));
    assert_eq!((name.version.len(), &*name.rom), (NAME_BYTES, ""), "a full field has no end");
    assert_eq!(counters(&driver).unwrap(), [("c0".to_owned(), 0), ("c1".to_owned(), 10)]);
}

#[test]
fn no_counters_many_and_too_many() {
    assert_eq!(counters(&Fake::of(0)).unwrap(), []);
    let most = u32::try_from(COUNTERS_MAX).unwrap();
    let all = counters(&Fake::of(most)).unwrap();
    assert_eq!((all.len(), all.last().unwrap().1), (COUNTERS_MAX, u64::from(most - 1) * 10));
    let error = counters(&Fake::of(most + 1)).unwrap_err().to_string();
    assert_eq!(error, "the driver has 8193 counters, more than 8192");
}

#[test]
fn counters_that_change_in_between_give_no_wrong_names() {
    let error = counters(&Fake { said: 4, named: 4, counted: 6 }).unwrap_err().to_string();
    assert_eq!(error, "the driver names 4 counters and counts 6");
    let grown = counters(&Fake { said: 4, named: 6, counted: 6 }).unwrap();
    assert_eq!(grown.len(), 6, "there is room for more than were promised");
}

/// A device of this machine that drives no hardware, and one that is not there.
#[cfg(target_os = "linux")]
#[test]
fn the_kernel_is_asked_about_devices_of_this_machine() {
    let ask = |name: &str| counters(&super::Device::open(name)?);
    // Loopback has no driver: EOPNOTSUPP, in sandboxes sometimes others.
    assert!(ask("lo").is_err() || ask("lo").unwrap().is_empty());
    assert!(ask("no-such-device").is_err());
    assert_eq!(ask("a-name-too-long-").unwrap_err().kind(), io::ErrorKind::InvalidInput);
    let device = super::Device::open("lo").unwrap();
    let mut few = GET_DRIVER.to_ne_bytes();
    assert_eq!(device.ask(&mut few).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    assert_eq!(device.ask(&mut [0; 500]).unwrap_err().kind(), io::ErrorKind::InvalidInput);
}
