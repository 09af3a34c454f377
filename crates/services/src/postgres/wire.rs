//! Messages of PostgreSQL's protocol 3.0: bytes in, messages out, each bounded.
//! Only what a client needs that sends texts and reads texts. Any bytes give messages or an error.
//! Semantics: PostgreSQL's documentation, "Message Formats".

use std::fmt;

/// Most bytes of one message.
const MESSAGE_BYTES_MAX: usize = 4 << 20;

/// A message of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// A step of authentication: its code and its data.
    Authentication(u32, Vec<u8>),
    /// A setting of the session.
    Parameter(String, String),
    /// Names of the columns that follow.
    Columns(Vec<String>),
    /// One row, a text or nothing for each column.
    Row(Vec<Option<String>>),
    /// The server refuses: SQLSTATE and sentence.
    Error(String, String),
    /// The server waits for a query.
    Ready,
    /// Anything else that needs no answer.
    Other(u8),
}

/// Bytes that are no message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WireError {
    /// What was found where something else was expected.
    Malformed(&'static str),
    /// A message beyond its bound.
    TooLarge(usize),
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(what) => f.write_str(what),
            Self::TooLarge(bytes) => write!(f, "a message of {bytes} bytes is more than 4 MiB"),
        }
    }
}

/// Reads one message at the beginning of the input; `None`: more bytes are needed. Gives how many
/// bytes it took.
///
/// # Errors
/// For bytes that are no message and for messages beyond the bound.
pub(super) fn message(input: &[u8]) -> Result<Option<(Message, usize)>, WireError> {
    let Some(head) = input.get(..5) else { return Ok(None) };
    let kind = head[0];
    let len = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
    if len < 4 {
        return Err(WireError::Malformed("a message is shorter than its head"));
    }
    if len > MESSAGE_BYTES_MAX {
        return Err(WireError::TooLarge(len));
    }
    let Some(body) = input.get(5..len + 1) else { return Ok(None) };
    Ok(Some((read(kind, body)?, len + 1)))
}

fn read(kind: u8, body: &[u8]) -> Result<Message, WireError> {
    let mut rest = Rest(body);
    Ok(match kind {
        b'R' => Message::Authentication(rest.u32()?, rest.0.to_vec()),
        b'S' => Message::Parameter(rest.text()?, rest.text()?),
        b'T' => {
            let count = rest.u16()?;
            let mut columns = Vec::new();
            for _ in 0..count {
                columns.push(rest.text()?);
                // Table, column, type, size, modifier, format.
                rest.take(18)?;
            }
            Message::Columns(columns)
        }
        b'D' => {
            let count = rest.u16()?;
            let mut row = Vec::new();
            for _ in 0..count {
                row.push(match rest.u32()? {
                    u32::MAX => None,
                    len => Some(String::from_utf8_lossy(rest.take(len as usize)?).into_owned()),
                });
            }
            Message::Row(row)
        }
        b'E' => {
            let (mut code, mut sentence) = (String::new(), String::new());
            while let Some((field, after)) = rest.0.split_first().filter(|(field, _)| **field != 0)
            {
                rest.0 = after;
                let text = rest.text()?;
                match field {
                    b'C' => code = text,
                    b'M' => sentence = text,
                    _ => {}
                }
            }
            Message::Error(code, sentence)
        }
        b'Z' => Message::Ready,
        other => Message::Other(other),
    })
}

/// What is left of a message.
struct Rest<'m>(&'m [u8]);

impl<'m> Rest<'m> {
    fn take(&mut self, len: usize) -> Result<&'m [u8], WireError> {
        if len > self.0.len() {
            return Err(WireError::Malformed("a message ends in the middle of a field"));
        }
        let (taken, rest) = self.0.split_at(len);
        self.0 = rest;
        Ok(taken)
    }

    fn u16(&mut self) -> Result<u16, WireError> {
        let bytes = self.take(2)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn u32(&mut self) -> Result<u32, WireError> {
        let bytes = self.take(4)?;
        Ok(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// A text that ends with a zero.
    fn text(&mut self) -> Result<String, WireError> {
        let end = self.0.iter().position(|byte| *byte == 0);
        let end = end.ok_or(WireError::Malformed("a text of a message does not end"))?;
        let text = String::from_utf8_lossy(&self.0[..end]).into_owned();
        self.0 = &self.0[end + 1..];
        Ok(text)
    }
}

/// What a client sends first: its protocol, then names and values.
pub(super) fn startup(parameters: &[(&str, &str)]) -> Vec<u8> {
    let mut body = 196_608_u32.to_be_bytes().to_vec();
    for text in parameters.iter().flat_map(|(name, value)| [name, value]) {
        body.extend_from_slice(text.as_bytes());
        body.push(0);
    }
    body.push(0);
    framed(None, &body)
}

/// Asks whether the server encrypts; it answers with one byte, `S` or `N`.
pub(super) fn ask_for_tls() -> Vec<u8> {
    framed(None, &80_877_103_u32.to_be_bytes())
}

/// A query.
pub(super) fn query(sql: &str) -> Vec<u8> {
    framed(Some(b'Q'), &[sql.as_bytes(), b"\0"].concat())
}

/// A step of authentication.
pub(super) fn password(data: &[u8]) -> Vec<u8> {
    framed(Some(b'p'), data)
}

/// The end of the session.
pub(super) fn terminate() -> Vec<u8> {
    framed(Some(b'X'), &[])
}

fn framed(kind: Option<u8>, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    let mut out: Vec<u8> = kind.into_iter().collect();
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(body);
    out
}

#[cfg(test)]
mod tests {
    use super::{Message, WireError, message, query, startup};

    #[test]
    fn messages_are_read_when_they_are_whole() {
        let bytes = [&b"T\0\0\0\x20\0\x01datname\0"[..], &[0; 18]].concat();
        for end in 0..bytes.len() {
            assert_eq!(message(&bytes[..end]), Ok(None), "{end}");
        }
        let columns = Message::Columns(vec!["datname".to_owned()]);
        assert_eq!(message(&bytes), Ok(Some((columns, bytes.len()))));
        let row = b"D\0\0\0\x0f\0\x02\0\0\0\x01a\xff\xff\xff\xffrest";
        let expected = Message::Row(vec![Some("a".to_owned()), None]);
        assert_eq!(message(row), Ok(Some((expected, 16))));
        let error = b"E\0\0\0\x1cSFATAL\0C28P01\0Mno entry\0\0";
        let expected = Message::Error("28P01".to_owned(), "no entry".to_owned());
        assert_eq!(message(error), Ok(Some((expected, 29))));
        assert_eq!(message(b"Z\0\0\0\x05I"), Ok(Some((Message::Ready, 6))));
        assert_eq!(message(b"N\0\0\0\x04"), Ok(Some((Message::Other(b'N'), 5))));
    }

    #[test]
    fn what_is_no_message_is_told() {
        assert_eq!(message(b"HTTP/1.1 400"), Err(WireError::TooLarge(0x5454_502f)));
        let short = WireError::Malformed("a message is shorter than its head");
        assert_eq!(message(b"Z\0\0\0\x03"), Err(short));
        let cut = WireError::Malformed("a message ends in the middle of a field");
        assert_eq!(message(b"D\0\0\0\x0a\0\x01\0\0\0\x09"), Err(cut.clone()));
        assert_eq!(message(b"R\0\0\0\x05x"), Err(cut));
        let endless = WireError::Malformed("a text of a message does not end");
        assert_eq!(message(b"S\0\0\0\x05x"), Err(endless));
    }

    #[test]
    fn what_is_sent() {
        assert_eq!(query("x"), b"Q\0\0\0\x06x\0");
        assert_eq!(startup(&[("user", "u")]), b"\0\0\0\x10\0\x03\0\0user\0u\0\0");
    }
}
