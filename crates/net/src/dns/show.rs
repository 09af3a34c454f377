//! Records as lines of a zone file (RFC 1035, 5; RFC 3597), as Go's `miekg/dns` prints them:
//! expressions of modules are written against that form.

use super::message::Reader;
use config::blackbox::{CLASSES, TYPES, name_of};
use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A label with its escapes.
pub(super) fn label(bytes: &[u8], out: &mut String) {
    for &byte in bytes {
        match byte {
            b'.' | b' ' | b'\'' | b'@' | b';' | b'(' | b')' | b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(byte));
            }
            b'!'..=b'~' => out.push(char::from(byte)),
            _ => {
                // Writing to a string cannot fail.
                let _infallible = write!(out, "\\{byte:03}");
            }
        }
    }
}

/// What stands before the data.
pub(super) fn head(name: &str, ttl: u32, class: u16, kind: u16) -> String {
    let named = |table, code: u16, prefix: &str| {
        name_of(table, code).map_or_else(|| format!("{prefix}{code}"), str::to_owned)
    };
    format!("{name}\t{ttl}\t{}\t{}\t", named(CLASSES, class, "CLASS"), named(TYPES, kind, "TYPE"))
}

/// Data of an unknown form.
pub(super) fn unknown(data: &[u8]) -> String {
    format!("\\# {} {}", data.len(), hex(data))
}

/// Data of a known form; `None` for others and for data that is broken. The caller checks that all
/// of it was read.
pub(super) fn data(kind: u16, reader: &mut Reader<'_>, end: usize) -> Option<String> {
    known(kind, reader, end)?.ok()
}

fn known(kind: u16, r: &mut Reader<'_>, end: usize) -> Option<Result<String, String>> {
    Some(match kind {
        1 => r.bytes(4).map(|b| Ipv4Addr::new(b[0], b[1], b[2], b[3]).to_string()),
        28 => r.bytes(16).map(|bytes| {
            let octets: [u8; 16] = bytes.try_into().unwrap_or_default();
            Ipv6Addr::from(octets).to_string()
        }),
        2 | 3 | 4 | 5 | 7 | 8 | 9 | 12 | 39 => r.name(),
        6 => soa(r),
        13 => pair(r, character_string),
        14 | 17 => pair(r, Reader::name),
        15 | 18 | 21 | 36 => numbered(r),
        16 | 99 => strings(r, end),
        33 => srv(r),
        35 => naptr(r),
        43 | 59 => digest(r, end),
        48 | 60 => key(r, end),
        44 => sshfp(r, end),
        52 | 53 => tlsa(r, end),
        257 => caa(r, end),
        _ => return None,
    })
}

fn pair<'a>(
    r: &mut Reader<'a>,
    part: impl Fn(&mut Reader<'a>) -> Result<String, String>,
) -> Result<String, String> {
    Ok(format!("{} {}", part(r)?, part(r)?))
}

fn numbered(r: &mut Reader<'_>) -> Result<String, String> {
    Ok(format!("{} {}", r.u16()?, r.name()?))
}

fn soa(r: &mut Reader<'_>) -> Result<String, String> {
    let names = pair(r, Reader::name)?;
    let numbers = [r.u32()?, r.u32()?, r.u32()?, r.u32()?, r.u32()?];
    Ok(numbers.iter().fold(names, |text, number| format!("{text} {number}")))
}

fn srv(r: &mut Reader<'_>) -> Result<String, String> {
    Ok(format!("{} {} {} {}", r.u16()?, r.u16()?, r.u16()?, r.name()?))
}

fn naptr(r: &mut Reader<'_>) -> Result<String, String> {
    let (order, preference) = (r.u16()?, r.u16()?);
    let texts = [character_string(r)?, character_string(r)?, character_string(r)?];
    Ok(format!("{order} {preference} {} {}", texts.join(" "), r.name()?))
}

fn digest(r: &mut Reader<'_>, end: usize) -> Result<String, String> {
    let (tag, algorithm, kind) = (r.u16()?, r.u8()?, r.u8()?);
    Ok(format!("{tag} {algorithm} {kind} {}", hex(r.until(end)?).to_uppercase()))
}

fn key(r: &mut Reader<'_>, end: usize) -> Result<String, String> {
    let (flags, protocol, algorithm) = (r.u16()?, r.u8()?, r.u8()?);
    Ok(format!("{flags} {protocol} {algorithm} {}", base64(r.until(end)?)))
}

fn sshfp(r: &mut Reader<'_>, end: usize) -> Result<String, String> {
    let (algorithm, kind) = (r.u8()?, r.u8()?);
    Ok(format!("{algorithm} {kind} {}", hex(r.until(end)?).to_uppercase()))
}

fn tlsa(r: &mut Reader<'_>, end: usize) -> Result<String, String> {
    let (usage, selector, matching) = (r.u8()?, r.u8()?, r.u8()?);
    Ok(format!("{usage} {selector} {matching} {}", hex(r.until(end)?)))
}

fn caa(r: &mut Reader<'_>, end: usize) -> Result<String, String> {
    let (flag, length) = (r.u8()?, r.u8()?);
    let tag = String::from_utf8_lossy(r.bytes(usize::from(length))?).into_owned();
    Ok(format!("{flag} {tag} {}", quoted(r.until(end)?)))
}

fn strings(r: &mut Reader<'_>, end: usize) -> Result<String, String> {
    let mut texts = Vec::new();
    while r.at() < end {
        texts.push(character_string(r)?);
    }
    Ok(texts.join(" "))
}

fn character_string(r: &mut Reader<'_>) -> Result<String, String> {
    let length = usize::from(r.u8()?);
    r.bytes(length).map(quoted)
}

fn quoted(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => {
                // Writing to a string cannot fail.
                let _infallible = write!(out, "\\{byte:03}");
            }
        }
    }
    out.push('"');
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
        // Writing to a string cannot fail.
        let _infallible = write!(out, "{byte:02x}");
        out
    })
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
