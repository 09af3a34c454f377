//! D-Bus, as much of it as asking a service needs: authentication by user, calls whose arguments
//! are texts, answers within bounds. Messages are those of the D-Bus Specification, version 0.43.
//! Encoding and decoding are pure; the connection is the one that the host gives.

use std::io::{self, Read, Write};
use std::str;

/// Longest answer: 10,000 units have 4 MiB.
const MESSAGE_BYTES_MAX: usize = 16 << 20;
/// Messages of others (signals) that are passed over while an answer is waited for.
const OTHERS_MAX: usize = 1000;
/// Longest line of the authentication.
const LINE_BYTES_MAX: usize = 512;

/// A way to a bus; reads and writes have a deadline of their own.
pub trait Connection: Read + Write + Send {}

impl<T: Read + Write + Send> Connection for T {}

/// A method and its arguments.
pub(crate) struct Call<'a> {
    pub(crate) destination: &'a str,
    pub(crate) path: &'a str,
    pub(crate) interface: &'a str,
    pub(crate) member: &'a str,
    pub(crate) arguments: &'a [&'a str],
}

/// A connection to a bus that knows who asks.
pub(crate) struct Bus {
    connection: Box<dyn Connection>,
    serial: u32,
}

impl Bus {
    /// Introduces the user with this number.
    pub(crate) fn open(mut connection: Box<dyn Connection>, user: u32) -> io::Result<Self> {
        // The number as text in hexadecimal: `3` stands before each digit.
        let digits: String = user.to_string().chars().flat_map(|digit| ['3', digit]).collect();
        connection.write_all(format!("\0AUTH EXTERNAL {digits}\r\n").as_bytes())?;
        let line = line(&mut *connection)?;
        if !line.starts_with("OK ") {
            let message = format!("the bus does not let user {user} in: {line:?}");
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
        }
        connection.write_all(b"BEGIN\r\n")?;
        let mut bus = Self { connection, serial: 0 };
        bus.call(&Call {
            destination: "org.freedesktop.DBus",
            path: "/org/freedesktop/DBus",
            interface: "org.freedesktop.DBus",
            member: "Hello",
            arguments: &[],
        })?;
        Ok(bus)
    }

    /// Calls a method and waits for its answer.
    pub(crate) fn call(&mut self, call: &Call<'_>) -> io::Result<Body> {
        self.serial += 1;
        self.connection.write_all(&encode(call, self.serial))?;
        for _ in 0..OTHERS_MAX {
            let message = self.message()?;
            if message.answers != Some(self.serial) {
                continue;
            }
            return match message.kind {
                2 => Ok(message.body),
                _ => Err(invalid(format!("{} refused: {}", call.member, message.error))),
            };
        }
        Err(invalid(format!("{} has no answer among {OTHERS_MAX} messages", call.member)))
    }

    fn message(&mut self) -> io::Result<Message> {
        let mut bytes = vec![0; 16];
        self.connection.read_exact(&mut bytes)?;
        let is_little = match bytes[0] {
            b'l' => true,
            b'B' => false,
            other => return Err(invalid(format!("a message begins with byte {other}"))),
        };
        let mut head = Body { bytes: bytes.clone(), at: 4, is_little };
        let body_bytes = head.u32()? as usize;
        head.at = 12;
        let fields_bytes = head.u32()? as usize;
        let rest = fields_bytes.saturating_add(7) / 8 * 8;
        let rest = rest.saturating_add(body_bytes);
        if rest > MESSAGE_BYTES_MAX {
            return Err(invalid(format!("a message of {rest} bytes is too long")));
        }
        bytes.resize(16 + rest, 0);
        self.connection.read_exact(&mut bytes[16..])?;
        decode(bytes, is_little, fields_bytes)
    }
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

fn line(connection: &mut dyn Connection) -> io::Result<String> {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        if line.len() >= LINE_BYTES_MAX {
            return Err(invalid("a line of the authentication has no end".to_owned()));
        }
        let mut byte = [0];
        connection.read_exact(&mut byte)?;
        line.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(line.trim_ascii()).into_owned())
}

/// A message that calls a method, in little endian.
fn encode(call: &Call<'_>, serial: u32) -> Vec<u8> {
    let mut body = Vec::new();
    for argument in call.arguments {
        text(&mut body, argument);
    }
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
    let mut out = vec![b'l', 1, 0, 1];
    out.extend(length(&body));
    out.extend(serial.to_le_bytes());
    out.extend([0; 4]);
    let fields = [
        (1, b'o', call.path),
        (2, b's', call.interface),
        (3, b's', call.member),
        (6, b's', call.destination),
    ];
    for (code, kind, value) in fields {
        pad(&mut out, 8);
        out.extend([code, 1, kind, 0]);
        text(&mut out, value);
    }
    if !call.arguments.is_empty() {
        pad(&mut out, 8);
        out.extend([8, 1, b'g', 0]);
        out.push(u8::try_from(call.arguments.len()).unwrap_or(u8::MAX));
        out.extend(call.arguments.iter().map(|_| b's'));
        out.push(0);
    }
    let fields_length = length(&out[16..]);
    out[12..16].copy_from_slice(&fields_length);
    pad(&mut out, 8);
    out.extend(body);
    out
}

fn pad(out: &mut Vec<u8>, to: usize) {
    out.resize(out.len().next_multiple_of(to), 0);
}

fn text(out: &mut Vec<u8>, text: &str) {
    pad(out, 4);
    out.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend(text.as_bytes());
    out.push(0);
}

/// A message that came in.
struct Message {
    /// 2 is an answer, 3 an error, 4 a signal.
    kind: u8,
    /// Serial of the call that it answers.
    answers: Option<u32>,
    /// Name of the error.
    error: String,
    body: Body,
}

/// Reads a whole message; never panics, whatever the bytes are.
fn decode(bytes: Vec<u8>, is_little: bool, fields_bytes: usize) -> io::Result<Message> {
    let kind = bytes.get(1).copied().unwrap_or_default();
    let mut body = Body { bytes, at: 16, is_little };
    let (mut answers, mut error) = (None, String::new());
    let end = 16 + fields_bytes;
    while body.at < end {
        body.align(8);
        let code = body.u8()?;
        match (code, body.signature()?.as_str()) {
            (5, "u") => answers = Some(body.u32()?),
            (4, "s") => error = body.text()?,
            (_, "u") => drop(body.u32()?),
            (_, "s" | "o") => drop(body.text()?),
            (_, "g") => drop(body.signature()?),
            (_, other) => return Err(invalid(format!("a field of the head is of type {other:?}"))),
        }
    }
    body.at = end.next_multiple_of(8);
    Ok(Message { kind, answers, error, body })
}

/// The body of an answer, read from its beginning on.
#[derive(Debug)]
pub(crate) struct Body {
    bytes: Vec<u8>,
    at: usize,
    is_little: bool,
}

impl Body {
    fn take(&mut self, count: usize) -> io::Result<&[u8]> {
        let end = self.at.saturating_add(count);
        let found = self.bytes.get(self.at..end);
        self.at = end;
        found.ok_or_else(|| invalid("a message ends within a value".to_owned()))
    }

    fn align(&mut self, to: usize) {
        self.at = self.at.next_multiple_of(to);
    }

    fn u8(&mut self) -> io::Result<u8> {
        Ok(self.take(1)?[0])
    }

    pub(crate) fn u32(&mut self) -> io::Result<u32> {
        self.align(4);
        let is_little = self.is_little;
        let bytes = self.take(4)?.try_into().expect("four bytes were taken");
        Ok(if is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    pub(crate) fn u64(&mut self) -> io::Result<u64> {
        self.align(8);
        let is_little = self.is_little;
        let bytes = self.take(8)?.try_into().expect("eight bytes were taken");
        Ok(if is_little { u64::from_le_bytes(bytes) } else { u64::from_be_bytes(bytes) })
    }

    /// A text, or the path of an object.
    pub(crate) fn text(&mut self) -> io::Result<String> {
        let length = self.u32()? as usize;
        let text = String::from_utf8_lossy(self.take(length)?).into_owned();
        self.take(1)?;
        Ok(text)
    }

    pub(crate) fn signature(&mut self) -> io::Result<String> {
        let length = usize::from(self.u8()?);
        let text = String::from_utf8_lossy(self.take(length)?).into_owned();
        self.take(1)?;
        Ok(text)
    }

    /// Reads each structure of an array.
    pub(crate) fn structures<T>(
        &mut self,
        read: impl Fn(&mut Self) -> io::Result<T>,
    ) -> io::Result<Vec<T>> {
        let length = self.u32()? as usize;
        self.align(8);
        let end = self.at.saturating_add(length);
        let mut all = Vec::new();
        while self.at < end {
            self.align(8);
            all.push(read(self)?);
        }
        Ok(all)
    }

    /// A number within a variant.
    pub(crate) fn number(&mut self) -> io::Result<f64> {
        match self.signature()?.as_str() {
            "u" => Ok(f64::from(self.u32()?)),
            "t" => Ok(self.u64()? as f64),
            other => Err(invalid(format!("expected a number, found a value of type {other:?}"))),
        }
    }

    /// A text within a variant.
    pub(crate) fn word(&mut self) -> io::Result<String> {
        match self.signature()?.as_str() {
            "s" => self.text(),
            other => Err(invalid(format!("expected a text, found a value of type {other:?}"))),
        }
    }
}

/// Reads any bytes as a message and as all that bodies hold.
#[doc(hidden)]
pub fn check_message(bytes: &[u8]) -> bool {
    let fields = bytes.first().map_or(0, |first| usize::from(*first));
    let Ok(Message { mut body, .. }) = decode(bytes.to_vec(), true, fields) else { return false };
    let read = |body: &mut Body| Ok((body.text()?, body.number()?, body.word()?));
    body.structures(read).is_ok()
}
