//! RESP2 as Redis speaks it: requests as arrays of bulk strings, replies decoded as they come.
//! Every reply is bounded in bytes, values and depth; any bytes give a reply or an error.
//! Semantics: the Redis serialization protocol specification, version 2.

use std::fmt;

/// Most bytes of one reply.
const REPLY_BYTES_MAX: usize = 16 << 20;
/// Most values of one reply, nested ones included.
const VALUES_MAX: usize = 200_000;
/// Deepest nesting of arrays.
const DEPTH_MAX: usize = 8;
/// Longest line: a simple string, an error, a number.
const LINE_BYTES_MAX: usize = 64 << 10;

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing: a null bulk string or array.
    Null,
    /// A number.
    Integer(i64),
    /// A simple or bulk string; bytes that are no UTF-8 are replaced.
    Text(String),
    /// The server refuses, and why.
    Error(String),
    /// Several values.
    Array(Vec<Value>),
}

impl Value {
    /// The text of a string.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Integer(_) | Self::Error(_) | Self::Array(_) => None,
        }
    }

    /// A number, also one that is written as a string.
    pub fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
            Self::Null | Self::Error(_) | Self::Array(_) => None,
        }
    }

    /// The values of an array; anything else has none.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::Array(items) => items,
            Self::Null | Self::Integer(_) | Self::Text(_) | Self::Error(_) => &[],
        }
    }

    /// The pairs of a flat array of names and values.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &Self)> {
        let pairs = self.items().chunks_exact(2);
        pairs.filter_map(|pair| Some((pair[0].text()?, &pair[1])))
    }
}

/// Bytes that are no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RespError {
    /// What was found where something else was expected.
    Malformed(String),
    /// A bound was passed.
    TooLarge(&'static str),
}

impl fmt::Display for RespError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(what) => f.write_str(what),
            Self::TooLarge(what) => write!(f, "the reply has {what}"),
        }
    }
}

/// A command as it is sent.
pub fn request(words: &[&str]) -> Vec<u8> {
    let mut out = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        out.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        out.extend_from_slice(word.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// An array that is not full yet.
struct Open {
    missing: usize,
    items: Vec<Value>,
}

/// Decodes one reply after the other from bytes that come in pieces.
#[derive(Default)]
pub struct Decoder {
    input: Vec<u8>,
    /// Where the undecoded bytes begin.
    at: usize,
    open: Vec<Open>,
    values: usize,
    bytes: usize,
}

/// What stands at the beginning of the input.
enum Head {
    Leaf(Value),
    Array(usize),
}

impl Decoder {
    /// Adds bytes that arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.input.drain(..self.at);
        self.at = 0;
        self.input.extend_from_slice(bytes);
    }

    /// The next whole reply; `None`: more bytes are needed.
    ///
    /// # Errors
    /// For bytes that are no reply and for replies beyond the bounds; the decoder is then of no
    /// more use.
    pub fn reply(&mut self) -> Result<Option<Value>, RespError> {
        loop {
            let before = self.at;
            let Some(head) = self.head()? else { return Ok(None) };
            self.values += 1;
            self.bytes += self.at - before;
            if self.values > VALUES_MAX {
                return Err(RespError::TooLarge("more than 200,000 values"));
            }
            if self.bytes > REPLY_BYTES_MAX {
                return Err(RespError::TooLarge("more than 16 MiB"));
            }
            let leaf = match head {
                Head::Leaf(value) => value,
                Head::Array(0) => Value::Array(Vec::new()),
                Head::Array(missing) if self.open.len() < DEPTH_MAX => {
                    self.open.push(Open { missing, items: Vec::new() });
                    continue;
                }
                Head::Array(_) => {
                    return Err(RespError::TooLarge("arrays more than 8 deep"));
                }
            };
            if let Some(reply) = self.close(leaf) {
                (self.values, self.bytes) = (0, 0);
                return Ok(Some(reply));
            }
        }
    }

    /// Puts a value where it belongs; the reply when that completes it.
    fn close(&mut self, mut value: Value) -> Option<Value> {
        while let Some(mut open) = self.open.pop() {
            open.items.push(value);
            open.missing -= 1;
            if open.missing > 0 {
                self.open.push(open);
                return None;
            }
            value = Value::Array(open.items);
        }
        Some(value)
    }

    fn head(&mut self) -> Result<Option<Head>, RespError> {
        let input = &self.input[self.at..];
        let Some(end) = input.iter().take(LINE_BYTES_MAX).position(|byte| *byte == b'\n') else {
            if input.len() >= LINE_BYTES_MAX {
                return Err(RespError::TooLarge("a line of more than 64 KiB"));
            }
            return Ok(None);
        };
        let line = input[..end].strip_suffix(b"\r").ok_or_else(|| {
            RespError::Malformed("a line of the reply ends without a carriage return".to_owned())
        })?;
        let Some((kind, rest)) = line.split_first() else {
            return Err(RespError::Malformed("a line of the reply is empty".to_owned()));
        };
        let text = || String::from_utf8_lossy(rest).into_owned();
        let head = match kind {
            b'+' => Head::Leaf(Value::Text(text())),
            b'-' => Head::Leaf(Value::Error(text())),
            b':' => Head::Leaf(Value::Integer(number(rest)?)),
            b'*' => match length(rest)? {
                None => Head::Leaf(Value::Null),
                Some(count) if count <= VALUES_MAX => Head::Array(count),
                Some(_) => return Err(RespError::TooLarge("more than 200,000 values")),
            },
            b'$' => match length(rest)? {
                None => Head::Leaf(Value::Null),
                Some(len) if len <= REPLY_BYTES_MAX => return self.bulk(end + 1, len),
                Some(_) => return Err(RespError::TooLarge("more than 16 MiB")),
            },
            other => {
                let found = other.escape_ascii();
                let message = format!("a reply begins with `{found}`; expected one of `+-:$*`");
                return Err(RespError::Malformed(message));
            }
        };
        self.at += end + 1;
        Ok(Some(head))
    }

    /// The bulk string whose bytes begin `skip` bytes on.
    fn bulk(&mut self, skip: usize, len: usize) -> Result<Option<Head>, RespError> {
        let input = &self.input[self.at + skip..];
        if input.len() < len + 2 {
            return Ok(None);
        }
        if &input[len..len + 2] != b"\r\n" {
            let message = "a string of the reply does not end where its length says".to_owned();
            return Err(RespError::Malformed(message));
        }
        let text = String::from_utf8_lossy(&input[..len]).into_owned();
        self.at += skip + len + 2;
        Ok(Some(Head::Leaf(Value::Text(text))))
    }
}

fn number(text: &[u8]) -> Result<i64, RespError> {
    let parsed = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    parsed.ok_or_else(|| {
        let found = text[..text.len().min(40)].escape_ascii();
        RespError::Malformed(format!("`{found}` in a reply is no number"))
    })
}

/// A length; −1 stands for nothing.
fn length(text: &[u8]) -> Result<Option<usize>, RespError> {
    match number(text)? {
        -1 => Ok(None),
        count => usize::try_from(count)
            .map(Some)
            .map_err(|error| RespError::Malformed(format!("the length {count}: {error}"))),
    }
}

#[cfg(test)]
mod tests;
