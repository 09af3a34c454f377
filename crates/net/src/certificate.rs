//! What a certificate says (X.509, RFC 5280), read from DER for people and for series.
//! It decides nothing about trust: that is `trust`. Any bytes may come in; what is not well formed
//! is `None`.

use std::fmt::Write as _;

#[cfg(test)]
mod tests;

/// Names of a certificate at most that are read; more are cut.
const NAMES_MAX: usize = 1000;

/// A certificate as a server presented it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    /// SHA-256 of the whole certificate, lower case hexadecimal.
    pub fingerprint_sha256: String,
    /// Serial number, lower case hexadecimal, two digits a byte.
    pub serial: String,
    /// Subject as Go prints it: `CN=www,O=Example,C=DE`.
    pub subject: String,
    /// Issuer in the same form.
    pub issuer: String,
    /// Common name of the subject, empty without one.
    pub common_name: String,
    /// DNS names of the subject alternative name, in their order.
    pub dns_names: Vec<String>,
    /// Begin of the validity period, in seconds since 1970.
    pub not_before: i64,
    /// End of the validity period, in seconds since 1970.
    pub not_after: i64,
    /// Subject as it is encoded.
    pub(crate) subject_der: Box<[u8]>,
    /// Issuer as it is encoded.
    pub(crate) issuer_der: Box<[u8]>,
}

impl Certificate {
    /// Reads a certificate.
    pub fn parse(der: &[u8]) -> Option<Self> {
        let mut outer = Der(der);
        let mut certificate = Der(outer.expect(SEQUENCE)?);
        let mut tbs = Der(certificate.expect(SEQUENCE)?);
        tbs.optional(0xa0)?;
        let serial = tbs.expect(INTEGER)?;
        tbs.expect(SEQUENCE)?;
        let issuer_der = tbs.expect(SEQUENCE)?;
        let mut validity = Der(tbs.expect(SEQUENCE)?);
        let (not_before, not_after) = (validity.time()?, validity.time()?);
        let subject_der = tbs.expect(SEQUENCE)?;
        tbs.expect(SEQUENCE)?;
        tbs.optional(0x81)?;
        tbs.optional(0x82)?;
        let extensions = tbs.optional(0xa3)?;
        let dns_names = match extensions {
            Some(extensions) => dns_names(extensions)?,
            None => Vec::new(),
        };
        let significant = serial.iter().position(|&byte| byte != 0).unwrap_or(serial.len());
        let subject = Name::read(subject_der)?;
        Some(Self {
            fingerprint_sha256: hex(ring::digest::digest(&ring::digest::SHA256, der).as_ref()),
            serial: hex(&serial[significant..]),
            common_name: subject.common_name().to_owned(),
            subject: subject.to_string(),
            issuer: Name::read(issuer_der)?.to_string(),
            dns_names,
            not_before,
            not_after,
            subject_der: subject_der.into(),
            issuer_der: issuer_der.into(),
        })
    }
}

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const BMP_STRING: u8 = 0x1e;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// `dNSName` among the general names.
const DNS_NAME: u8 = 0x82;
/// 2.5.29.17
const SUBJECT_ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];

/// A reader of values, each with a tag of one byte and a definite length.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// Tag and content of the next value.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        // Tags of several bytes stand in no certificate.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            let count = usize::from(first & 0x7f);
            if !(1..=4).contains(&count) {
                return None;
            }
            let (digits, rest) = rest.split_at_checked(count)?;
            (digits.iter().fold(0, |length, &digit| length << 8 | usize::from(digit)), rest)
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    fn expect(&mut self, wanted: u8) -> Option<&'a [u8]> {
        self.next().filter(|(tag, _)| *tag == wanted).map(|(_, content)| content)
    }

    /// The next value when it has a tag; the outer `None` is what is not well formed.
    #[expect(clippy::option_option, reason = "not well formed, absent, there")]
    fn optional(&mut self, wanted: u8) -> Option<Option<&'a [u8]>> {
        if self.0.first() != Some(&wanted) {
            return Some(None);
        }
        self.next().map(|(_, content)| Some(content))
    }

    /// Seconds since 1970 of a time in UTC (RFC 5280, 4.1.2.5).
    fn time(&mut self) -> Option<i64> {
        let (tag, content) = self.next()?;
        let text = std::str::from_utf8(content).ok()?;
        let (year, rest) = match tag {
            UTC_TIME => {
                let (year, rest) = text.split_at_checked(2)?;
                let year = number(year)?;
                (if year < 50 { 2000 + year } else { 1900 + year }, rest)
            }
            GENERALIZED_TIME => {
                let (year, rest) = text.split_at_checked(4)?;
                (number(year)?, rest)
            }
            _ => return None,
        };
        let digits = rest.strip_suffix('Z')?;
        let part = |at: usize| number(digits.get(at..at + 2)?);
        let (month, day) = (part(0)?, part(2)?);
        let (hour, minute, second) = (part(4)?, part(6)?, part(8)?);
        let in_range = (1..=12).contains(&month) && (1..=31).contains(&day) && digits.len() == 10;
        let in_range = in_range && hour < 24 && minute < 60 && second <= 60;
        in_range
            .then(|| days_since_1970(year, month, day) * 86_400)
            .map(|seconds| seconds + hour * 3600 + minute * 60 + second)
    }
}

fn number(digits: &str) -> Option<i64> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// Days of the proleptic Gregorian calendar; years that begin in March have their leap day last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    // 0000-03-01 is 719,468 days before 1970-01-01.
    era * 146_097 + day_of_era - 719_468
}

fn dns_names(extensions: &[u8]) -> Option<Vec<String>> {
    let mut list = Der(Der(extensions).expect(SEQUENCE)?);
    let mut found = Vec::new();
    while !list.0.is_empty() {
        let mut extension = Der(list.expect(SEQUENCE)?);
        if extension.expect(OBJECT_IDENTIFIER)? != SUBJECT_ALTERNATIVE_NAME {
            continue;
        }
        extension.optional(0x01)?;
        let mut names = Der(Der(extension.expect(OCTET_STRING)?).expect(SEQUENCE)?);
        while !names.0.is_empty() && found.len() < NAMES_MAX {
            let (tag, content) = names.next()?;
            if tag == DNS_NAME {
                found.push(String::from_utf8_lossy(content).into_owned());
            }
        }
    }
    Some(found)
}

/// A distinguished name: attributes with their object identifiers, in the order of encoding.
struct Name<'a>(Vec<(&'a [u8], String)>);

/// Attributes of 2.5.4 that have a name, from the beginning of a printed name to its end.
const ATTRIBUTES: [(u8, &str); 9] = [
    (5, "SERIALNUMBER"),
    (3, "CN"),
    (17, "POSTALCODE"),
    (9, "STREET"),
    (8, "ST"),
    (7, "L"),
    (11, "OU"),
    (10, "O"),
    (6, "C"),
];

impl<'a> Name<'a> {
    fn read(der: &'a [u8]) -> Option<Self> {
        let mut sets = Der(der);
        let mut attributes = Vec::new();
        while !sets.0.is_empty() && attributes.len() < NAMES_MAX {
            let mut set = Der(sets.expect(SET)?);
            while !set.0.is_empty() {
                let mut attribute = Der(set.expect(SEQUENCE)?);
                let kind = attribute.expect(OBJECT_IDENTIFIER)?;
                let (tag, value) = attribute.next()?;
                attributes.push((kind, text(tag, value)));
            }
        }
        Some(Self(attributes))
    }

    fn values(&self, last: u8) -> impl Iterator<Item = &str> {
        let wanted = [0x55, 0x04, last];
        self.0.iter().filter(move |(kind, _)| *kind == wanted).map(|(_, value)| value.as_str())
    }

    /// Of several the last, as Go reads names.
    fn common_name(&self) -> &str {
        self.values(3).last().unwrap_or_default()
    }
}

/// As `pkix.Name.String` of Go: attributes in a fixed order, several of a kind joined by `+`,
/// those without a name last, in hexadecimal DER.
impl std::fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut parts: Vec<String> = Vec::new();
        for (last, name) in ATTRIBUTES {
            // Common name and serial number are single: the last one counts.
            let values: Vec<&str> = match last {
                3 | 5 => self.values(last).last().into_iter().filter(|v| !v.is_empty()).collect(),
                _ => self.values(last).collect(),
            };
            let named = values.iter().map(|value| format!("{name}={}", escaped(value)));
            let joined: Vec<String> = named.collect();
            if !joined.is_empty() {
                parts.push(joined.join("+"));
            }
        }
        let is_named = |kind: &[u8]| match kind {
            [0x55, 0x04, last] => ATTRIBUTES.iter().any(|(known, _)| known == last),
            _ => false,
        };
        for (kind, value) in self.0.iter().rev().filter(|(kind, _)| !is_named(kind)) {
            parts.push(format!("{}=#{}", dotted(kind), hex(&encoded(value))));
        }
        f.write_str(&parts.join(","))
    }
}

/// A string of a name; what is no text is shown as far as it is one.
fn text(tag: u8, value: &[u8]) -> String {
    if tag == BMP_STRING {
        let units = value.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        let units: Vec<u16> = units.collect();
        return String::from_utf16_lossy(&units);
    }
    String::from_utf8_lossy(value).into_owned()
}

/// A text as Go encodes it again: printable, or else UTF-8.
fn encoded(value: &str) -> Vec<u8> {
    let printable = |b: u8| b.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&b);
    let tag = if value.bytes().all(printable) { PRINTABLE_STRING } else { UTF8_STRING };
    let mut der = vec![tag];
    match value.len() {
        length @ 0..0x80 => der.extend(u8::try_from(length)),
        length => {
            let bytes = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
            let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
            der.extend(u8::try_from(0x80 | (4 - zeros)));
            der.extend_from_slice(&bytes[zeros..]);
        }
    }
    der.extend_from_slice(value.as_bytes());
    der
}

/// RFC 2253, 2.4.
fn escaped(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut out = String::with_capacity(value.len());
    for (at, c) in value.chars().enumerate() {
        let always = matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';');
        let at_an_end = c == ' ' && (at == 0 || at == last) || c == '#' && at == 0;
        if always || at_an_end {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// An object identifier as numbers; one that is not well formed shows how far it is.
fn dotted(kind: &[u8]) -> String {
    let mut arcs: Vec<u64> = Vec::new();
    let mut arc = 0_u64;
    for &byte in kind {
        arc = arc << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if arcs.is_empty() {
                let first = (arc / 40).min(2);
                arcs.extend([first, arc - 40 * first]);
            } else {
                arcs.push(arc);
            }
            arc = 0;
        }
    }
    let arcs: Vec<String> = arcs.iter().map(ToString::to_string).collect();
    arcs.join(".")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
        // Writing to a string cannot fail.
        let _infallible = write!(out, "{byte:02x}");
        out
    })
}

/// An authority that is trusted: its name and when it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Anchor {
    pub(crate) subject_der: Box<[u8]>,
    pub(crate) not_after: i64,
}

impl Anchor {
    pub(crate) fn of(der: &[u8]) -> Option<Self> {
        let Certificate { subject_der, not_after, .. } = Certificate::parse(der)?;
        Some(Self { subject_der, not_after })
    }
}

/// Certificates of a server that are looked at; more have no part in a chain.
const PRESENTED_MAX: usize = 16;

/// Until when a verified server stays verified: the end of the chain that ends last, which ends
/// with its first certificate. Names alone join certificates here, because the handshake has
/// checked the signatures. An authority whose certificate is unknown ends nothing.
pub(crate) fn last_chain_expiry(presented: &[Certificate], anchors: &[Anchor]) -> Option<i64> {
    let presented = &presented[..presented.len().min(PRESENTED_MAX)];
    let leaf = presented.first()?;
    // End of the best chain that begins with each certificate, as far as one is known; a chain
    // visits each at most once, so that after as many rounds all are known.
    let mut ends: Vec<Option<i64>> = vec![None; presented.len()];
    for _ in presented {
        ends = presented.iter().map(|it| chain_end(it, (presented, &ends), anchors)).collect();
    }
    Some(ends[0].unwrap_or(leaf.not_after))
}

/// The end of the best chain of a certificate, by what is known of those that may stand above it;
/// `None` when no chain is known to lead anywhere.
fn chain_end(
    certificate: &Certificate,
    (presented, ends): (&[Certificate], &[Option<i64>]),
    anchors: &[Anchor],
) -> Option<i64> {
    let issuer = &certificate.issuer_der;
    let roots = anchors.iter().filter(|anchor| anchor.subject_der == *issuer);
    let roots = roots.map(|anchor| anchor.not_after);
    let is_above = |it: &Certificate| it.subject_der == *issuer && it != certificate;
    let above: Vec<Option<i64>> =
        presented.iter().zip(ends).filter(|(it, _)| is_above(it)).map(|(_, end)| *end).collect();
    let best = roots.max().max(above.iter().copied().flatten().max());
    match best {
        Some(best) => Some(best.min(certificate.not_after)),
        None => above.is_empty().then_some(certificate.not_after),
    }
}
