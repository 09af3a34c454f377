//! Remote read: questions of other servers decoded, answers encoded as samples or as a stream of
//! chunks. Messages: prometheus/prompb `remote.proto` and `types.proto`; frames and chunks:
//! Prometheus 3.14 `storage/remote/chunked.go` and `tsdb/docs/format/chunks.md`.

mod bits;
mod chunk;
mod histogram;
mod xor;

use crate::WireError;
use crate::protobuf::{Field, Reader, Value, put_varint};
use crate::remote_write::TimeSeries;
use crate::remote_write::encode::{Message, encode_series};
use model::{MatchOp, Matcher, Timestamp};

pub use chunk::{Chunk, Encoding};

/// Most questions of a request; servers send one.
const QUERIES_MAX: usize = 100;
/// Most matchers of a question.
const MATCHERS_MAX: usize = 1000;
/// Content type of a stream.
pub const STREAM_CONTENT_TYPE: &str =
    "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse";

/// How an answer may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum ResponseType {
    /// One message with samples, compressed.
    #[default]
    Samples,
    /// Frames with chunks.
    Stream,
}

/// A question.
#[derive(Clone, Debug)]
pub struct ReadQuery {
    /// Earliest instant, inclusive.
    pub start: Timestamp,
    /// Latest instant, inclusive.
    pub end: Timestamp,
    /// What series must satisfy.
    pub matchers: Vec<Matcher>,
}

/// A request.
#[derive(Clone, Debug, Default)]
pub struct ReadRequest {
    /// Questions, answered in their order.
    pub queries: Vec<ReadQuery>,
    /// Known types that the asker takes, most wanted first; none means samples.
    pub accepted: Vec<ResponseType>,
}

impl ReadRequest {
    /// Reads a request, decompressed.
    ///
    /// # Errors
    /// `Malformed` when the bytes are no request, a matcher has an unknown type or a bad pattern;
    /// `TooLarge` beyond 100 questions or 1,000 matchers of one.
    pub fn read(body: &[u8]) -> Result<Self, WireError> {
        let mut request = Self::default();
        let mut reader = Reader::new(body);
        while let Some(field) = reader.next_field()? {
            match field.number {
                1 if request.queries.len() >= QUERIES_MAX => {
                    let text = format!("read request: more than {QUERIES_MAX} queries");
                    return Err(WireError::too_large(field.offset, text));
                }
                1 => request.queries.push(query(field.reader()?)?),
                2 => types(&field, &mut request.accepted)?,
                _ => {}
            }
        }
        Ok(request)
    }
}

/// Packed or one by one; types that nobody knows yet are skipped.
fn types(field: &Field<'_>, into: &mut Vec<ResponseType>) -> Result<(), WireError> {
    let mut add = |number| match number {
        0 if into.len() < 2 => into.push(ResponseType::Samples),
        1 if into.len() < 2 => into.push(ResponseType::Stream),
        _ => {}
    };
    if let Value::Varint(number) = field.value {
        add(number);
        return Ok(());
    }
    let mut packed = field.reader()?;
    while !packed.is_at_end() {
        add(packed.varint()?);
    }
    Ok(())
}

fn query(mut reader: Reader<'_>) -> Result<ReadQuery, WireError> {
    let (mut start, mut end, mut matchers) = (0, 0, Vec::new());
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => start = field.varint()?.cast_signed(),
            2 => end = field.varint()?.cast_signed(),
            3 if matchers.len() >= MATCHERS_MAX => {
                let text = format!("read request: more than {MATCHERS_MAX} matchers");
                return Err(WireError::too_large(field.offset, text));
            }
            3 => matchers.push(matcher(field.reader()?)?),
            _ => {}
        }
    }
    Ok(ReadQuery { start: Timestamp::from_ms(start), end: Timestamp::from_ms(end), matchers })
}

fn matcher(mut reader: Reader<'_>) -> Result<Matcher, WireError> {
    let offset = reader.offset();
    let (mut kind, mut name, mut value) = (0, "", "");
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => kind = field.varint()?,
            2 => name = field.text()?,
            3 => value = field.text()?,
            _ => {}
        }
    }
    let op = match kind {
        0 => MatchOp::Equal,
        1 => MatchOp::NotEqual,
        2 => MatchOp::Regex,
        3 => MatchOp::NotRegex,
        _ => {
            let text = format!("read request: matcher of type {kind}, 0 to 3 expected");
            return Err(WireError::malformed(offset, text));
        }
    };
    Matcher::new(op, name, value)
        .map_err(|error| WireError::malformed(offset, format!("read request: {error}")))
}

/// Encodes a request, for tests and for askers.
pub fn encode_request(queries: &[ReadQuery], accepted: &[ResponseType]) -> Vec<u8> {
    let mut out = Message::default();
    for query in queries {
        let mut message = Message::default();
        message.varint(1, query.start.ms().cast_unsigned());
        message.varint(2, query.end.ms().cast_unsigned());
        for matcher in &query.matchers {
            let mut one = Message::default();
            let kind = match matcher.op() {
                MatchOp::Equal => 0,
                MatchOp::NotEqual => 1,
                MatchOp::Regex => 2,
                MatchOp::NotRegex => 3,
            };
            one.varint(1, kind);
            one.text(2, matcher.name());
            one.text(3, matcher.value());
            message.message(3, &one);
        }
        out.message(1, &message);
    }
    for accepted in accepted {
        out.tag(2, 0);
        out.bytes.push(u8::from(*accepted == ResponseType::Stream));
    }
    out.bytes
}

/// An answer in samples, in the making.
#[derive(Debug, Default)]
pub struct SamplesResponse {
    done: Message,
    current: Message,
}

impl SamplesResponse {
    /// Adds a series to the answer of the current question.
    pub fn add(&mut self, series: &TimeSeries) {
        self.current.message(1, &encode_series(series));
    }

    /// The current question is answered.
    pub fn finish_query(&mut self) {
        self.done.message(1, &std::mem::take(&mut self.current));
    }

    /// Bytes so far.
    pub fn len(&self) -> usize {
        self.done.bytes.len() + self.current.bytes.len()
    }

    /// Is there nothing yet?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The message, not compressed.
    pub fn into_bytes(self) -> Vec<u8> {
        self.done.bytes
    }
}

/// Appends a frame: a part of a series (chunks in the order of time) of the question with this
/// number. Length, CRC-32C of the content (big endian), content.
pub fn put_frame(query: usize, labels: &[(String, String)], chunks: &[Chunk], out: &mut Vec<u8>) {
    let mut series = Message::default();
    for (name, value) in labels {
        crate::remote_write::put_label(name, value, &mut series.bytes);
    }
    for chunk in chunks {
        let mut one = Message::default();
        one.varint(1, chunk.first_ms.cast_unsigned());
        one.varint(2, chunk.last_ms.cast_unsigned());
        one.varint(3, chunk.encoding as u64);
        one.tag(4, 2);
        put_varint(chunk.bytes.len() as u64, &mut one.bytes);
        one.bytes.extend_from_slice(&chunk.bytes);
        series.message(2, &one);
    }
    let mut frame = Message::default();
    frame.message(1, &series);
    frame.varint(2, query as u64);
    put_varint(frame.bytes.len() as u64, out);
    out.extend_from_slice(&crc32c::crc32c(&frame.bytes).to_be_bytes());
    out.extend_from_slice(&frame.bytes);
}
