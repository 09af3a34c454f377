//! Messages of DNS (RFC 1035, 4): questions are written, answers are read. Any bytes may come in:
//! they are read or refused; names and counts are bounded, pointers only lead backwards.

use super::show;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Type of address records.
pub const A: u16 = 1;
/// Type of records that name servers.
pub const NS: u16 = 2;
/// Start of authority.
pub const SOA: u16 = 6;
/// Type of records that name where mail goes.
pub const MX: u16 = 15;
/// Type of IPv6 address records.
pub const AAAA: u16 = 28;
/// Type of records that name a service.
pub const SRV: u16 = 33;
/// The class of everything else.
pub const IN: u16 = 1;
/// Longest name, in bytes as encoded (RFC 1035, 2.3.4).
const NAME_BYTES_MAX: usize = 255;
/// Longest label.
const LABEL_BYTES_MAX: usize = 63;

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Number of the question.
    pub id: u16,
    /// Response code.
    pub rcode: u16,
    /// There is more than fits a datagram.
    pub is_truncated: bool,
    /// Answers.
    pub answers: Vec<Record>,
    /// Records of the authority section.
    pub authorities: Vec<Record>,
    /// Additional records.
    pub additionals: Vec<Record>,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The record as a line of a zone file.
    pub text: String,
    /// What targets are made of.
    pub data: Data,
    serial: Option<u32>,
}

/// Data of a record, as far as targets are made of it. Names end in a dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// `A` or `AAAA`
    Address(IpAddr),
    /// `NS`
    NameServer(String),
    /// `MX`
    MailExchange(String),
    /// `SRV`
    Service {
        /// Host.
        target: String,
        /// Port.
        port: u16,
    },
    /// Anything else, and what is broken.
    Other,
}

impl Record {
    /// Serial number of a start of authority.
    pub fn soa_serial(&self) -> Option<u32> {
        self.serial
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question<'a> {
    /// Name, with or without a dot at its end.
    pub name: &'a str,
    /// Type of records.
    pub kind: u16,
    /// Class of records.
    pub class: u16,
    /// May the server ask others?
    pub recursion_desired: bool,
}

/// A question as bytes.
///
/// # Errors
/// When the name cannot be asked for.
pub fn question(id: u16, asked: &Question<'_>) -> Result<Vec<u8>, String> {
    let flags: u16 = if asked.recursion_desired { 0x0100 } else { 0 };
    let mut message = Vec::with_capacity(64);
    for number in [id, flags, 1, 0, 0, 0] {
        message.extend(number.to_be_bytes());
    }
    let begin = message.len();
    for label in labels(asked.name)? {
        message.extend(u8::try_from(label.len()));
        message.extend(label);
    }
    message.push(0);
    if message.len() - begin > NAME_BYTES_MAX {
        return Err(format!("name {:?} is longer than 255 bytes", asked.name));
    }
    message.extend(asked.kind.to_be_bytes());
    message.extend(asked.class.to_be_bytes());
    Ok(message)
}

/// Labels of a name as it is written: `\.` and `\DDD` are bytes, a dot at the end is not needed.
fn labels(name: &str) -> Result<Vec<Vec<u8>>, String> {
    let wrong = |why: &str| format!("name {name:?}: {why}");
    let mut all = Vec::new();
    let mut label = Vec::new();
    let mut bytes = name.strip_suffix('.').filter(|n| !n.ends_with('\\')).unwrap_or(name).bytes();
    if bytes.len() == 0 {
        return Ok(all);
    }
    loop {
        let byte = bytes.next();
        match byte {
            Some(b'\\') => {
                let first = bytes.next().ok_or_else(|| wrong("ends with a backslash"))?;
                if first.is_ascii_digit() {
                    let digits = [Some(first), bytes.next(), bytes.next()];
                    let number = digits.into_iter().try_fold(0_u32, |number, digit| {
                        let digit = char::from(digit?).to_digit(10)?;
                        Some(number * 10 + digit)
                    });
                    let byte = number.and_then(|number| u8::try_from(number).ok());
                    label.push(byte.ok_or_else(|| wrong("`\\` needs three digits up to 255"))?);
                } else {
                    label.push(first);
                }
            }
            Some(b'.') | None => {
                if label.is_empty() || label.len() > LABEL_BYTES_MAX {
                    return Err(wrong("a label has 1 to 63 bytes"));
                }
                all.push(std::mem::take(&mut label));
                if byte.is_none() {
                    return Ok(all);
                }
            }
            Some(byte) => label.push(byte),
        }
    }
}

/// Reads an answer.
///
/// # Errors
/// What is not well formed.
pub fn read(message: &[u8]) -> Result<Answer, String> {
    let mut reader = Reader { message, at: 0 };
    let id = reader.u16()?;
    let flags = reader.u16()?;
    let counts = [reader.u16()?, reader.u16()?, reader.u16()?, reader.u16()?];
    if flags & 0x8000 == 0 {
        return Err("the answer is a question".to_owned());
    }
    for _ in 0..counts[0] {
        reader.name()?;
        reader.u16()?;
        reader.u16()?;
    }
    Ok(Answer {
        id,
        rcode: flags & 0x000f,
        is_truncated: flags & 0x0200 != 0,
        answers: reader.records(counts[1])?,
        authorities: reader.records(counts[2])?,
        additionals: reader.records(counts[3])?,
    })
}

/// A place in a message.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    message: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], String> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.message.len());
        let end = end.ok_or_else(|| format!("the answer ends at byte {}", self.message.len()))?;
        let bytes = &self.message[self.at..end];
        self.at = end;
        Ok(bytes)
    }

    pub(super) fn u8(&mut self) -> Result<u8, String> {
        self.bytes(1).map(|bytes| bytes[0])
    }

    pub(super) fn u16(&mut self) -> Result<u16, String> {
        self.bytes(2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    pub(super) fn u32(&mut self) -> Result<u32, String> {
        self.bytes(4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
    }

    /// Bytes up to an end that was given by a length.
    pub(super) fn until(&mut self, end: usize) -> Result<&'a [u8], String> {
        let count = end.checked_sub(self.at).ok_or("a record is longer than it says")?;
        self.bytes(count)
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// A name with a dot at its end. Pointers must lead backwards, so they come to an end.
    pub(super) fn name(&mut self) -> Result<String, String> {
        let mut out = String::new();
        let (mut length, mut lowest, mut back) = (0, self.at, None);
        loop {
            let first = self.u8()?;
            match first {
                0 => break,
                1..=63 => {
                    let label = self.bytes(usize::from(first))?;
                    length += label.len() + 1;
                    if length >= NAME_BYTES_MAX {
                        return Err("a name is longer than 255 bytes".to_owned());
                    }
                    show::label(label, &mut out);
                    out.push('.');
                }
                0xc0..=0xff => {
                    let low = self.u8()?;
                    let target = usize::from(u16::from_be_bytes([first & 0x3f, low]));
                    if target >= lowest {
                        return Err("a name points forwards".to_owned());
                    }
                    back.get_or_insert(self.at);
                    (self.at, lowest) = (target, target);
                }
                _ => return Err(format!("a label of unknown kind {first:#x}")),
            }
        }
        if let Some(back) = back {
            self.at = back;
        }
        Ok(if out.is_empty() { ".".to_owned() } else { out })
    }

    fn records(&mut self, count: u16) -> Result<Vec<Record>, String> {
        (0..count).map(|_| self.record()).collect()
    }

    fn record(&mut self) -> Result<Record, String> {
        let name = self.name()?;
        let (kind, class, ttl) = (self.u16()?, self.u16()?, self.u32()?);
        let length = usize::from(self.u16()?);
        let begin = self.at;
        let data = self.bytes(length)?;
        let end = self.at;
        // Data whose form is unknown or broken is shown as bytes (RFC 3597).
        let mut inner = Self { message: &self.message[..end], at: begin };
        let shown = show::data(kind, &mut inner, end).filter(|_| inner.at == end);
        let shown = shown.unwrap_or_else(|| show::unknown(data));
        let head = show::head(&name, ttl, class, kind);
        let targets = Self { message: &self.message[..end], at: begin }.data(kind);
        let targets = targets.unwrap_or(Data::Other);
        Ok(Record { text: head + &shown, data: targets, serial: soa_serial(kind, data) })
    }
}

impl Reader<'_> {
    /// What targets are made of, if all of the record is that.
    fn data(mut self, kind: u16) -> Option<Data> {
        let data = match kind {
            A => {
                Data::Address(Ipv4Addr::from(<[u8; 4]>::try_from(self.bytes(4).ok()?).ok()?).into())
            }
            AAAA => {
                let octets = <[u8; 16]>::try_from(self.bytes(16).ok()?).ok()?;
                Data::Address(Ipv6Addr::from(octets).into())
            }
            NS => Data::NameServer(self.name().ok()?),
            MX => {
                self.u16().ok()?;
                Data::MailExchange(self.name().ok()?)
            }
            SRV => {
                self.u32().ok()?;
                let port = self.u16().ok()?;
                Data::Service { target: self.name().ok()?, port }
            }
            _ => return None,
        };
        (self.at == self.message.len()).then_some(data)
    }
}

/// The serial number is the first of five numbers at the end.
fn soa_serial(kind: u16, data: &[u8]) -> Option<u32> {
    let numbers = data.len().checked_sub(20).filter(|_| kind == SOA)?;
    let bytes = data.get(numbers..numbers + 4)?;
    Some(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: &str, kind: u16, recursion_desired: bool) -> Question<'_> {
        Question { name, kind, class: IN, recursion_desired }
    }

    #[test]
    fn a_question_is_written_as_the_standard_draws_it() {
        let message = question(0x0102, &asked("a.example", A, true)).unwrap();
        assert_eq!(
            message,
            b"\x01\x02\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x07example\x00\x00\x01\x00\x01"
        );
        let root = question(1, &asked(".", NS, false));
        assert_eq!(
            &root.unwrap()[2..],
            b"\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01"
        );
    }

    #[test]
    fn names_are_read_with_their_escapes() {
        let read = |name: &str| labels(name).map(|labels| labels.concat());
        assert_eq!(read("a\\.b.c"), Ok(b"a.bc".to_vec()));
        assert_eq!(read("a\\001."), Ok(b"a\x01".to_vec()));
        for wrong in ["a..b", ".a", "a\\", "a\\25", "a\\256", &"a".repeat(64)] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    /// An answer to `a.example` with one record of a type.
    fn with_record(kind: u16, data: &[u8]) -> Vec<u8> {
        let mut message = b"\x00\x07\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00".to_vec();
        message.extend(b"\x01a\x07example\x00\x00\xff\x00\x01\xc0\x0c");
        message.extend(kind.to_be_bytes());
        message.extend(b"\x00\x01\x00\x00\x0e\x10");
        message.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        message.extend(data);
        message
    }

    #[test]
    fn records_are_shown_as_lines_of_a_zone_file() {
        let soa =
            b"\x02ns\xc0\x0c\x04mail\xc0\x0c\0\0\0\x2a\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04";
        for (kind, data, expected) in [
            (1, &b"\x7f\0\0\x01"[..], "A\t127.0.0.1"),
            (28, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], "AAAA\t::1"),
            (5, b"\x01b\xc0\x0e", "CNAME\tb.example."),
            (15, b"\x00\x0a\xc0\x0c", "MX\t10 a.example."),
            (16, b"\x03a\"b\x01;", "TXT\t\"a\\\"b\" \";\""),
            (6, soa, "SOA\tns.a.example. mail.a.example. 42 1 2 3 4"),
            (33, b"\x00\x01\x00\x02\x00\x50\xc0\x0c", "SRV\t1 2 80 a.example."),
            (257, b"\x00\x05issueca.example", "CAA\t0 issue \"ca.example\""),
            (1, b"\x7f\0\0", "A\t\\# 3 7f0000"),
            (65_280, b"\x01\x02", "TYPE65280\t\\# 2 0102"),
        ] {
            let answer = read(&with_record(kind, data)).unwrap();
            assert_eq!(answer.answers[0].text, format!("a.example.\t3600\tIN\t{expected}"));
            assert_eq!(answer.answers[0].soa_serial(), (kind == 6).then_some(42));
        }
    }

    #[test]
    fn targets_are_made_of_whole_records() {
        let named =
            |kind, data: &[u8]| read(&with_record(kind, data)).unwrap().answers[0].data.clone();
        assert_eq!(named(A, b"\x7f\0\0\x01"), Data::Address("127.0.0.1".parse().unwrap()));
        assert_eq!(named(A, b"\x7f\0\0"), Data::Other);
        assert_eq!(named(A, b"\x7f\0\0\x01\0"), Data::Other);
        assert_eq!(named(MX, b"\x00\x0a\xc0\x0c"), Data::MailExchange("a.example.".to_owned()));
        assert_eq!(named(NS, b"\xc0\x0c"), Data::NameServer("a.example.".to_owned()));
        let service = Data::Service { target: "a.example.".to_owned(), port: 80 };
        assert_eq!(named(SRV, b"\x00\x01\x00\x02\x00\x50\xc0\x0c"), service);
        assert_eq!(named(5, b"\xc0\x0c"), Data::Other);
    }

    #[test]
    fn damage_is_refused_and_pointers_end() {
        let whole = with_record(5, b"\x01b\xc0\x0e");
        for end in 0..whole.len() {
            assert!(read(&whole[..end]).is_err(), "cut at {end}");
        }
        let circle = with_record(5, b"\xc0\x2f");
        assert!(read(&circle).unwrap().answers[0].text.contains("\\#"), "shown as bytes");
        let mut forwards = whole.clone();
        forwards[12] = 0xc0;
        forwards[13] = 0x40;
        assert!(read(&forwards).is_err());
        assert!(read(&[0; 12]).is_err(), "a question is no answer");
    }
}
