//! An answer as its bytes come: the head, then the body into its decoder. Pure.

use super::framing::Framing;
use super::head::{HEAD_BYTES_MAX, Head};
use crate::body::{BodyLimits, Decoder, Encoding};
use crate::{Error, ErrorKind};
use http::header;

#[cfg(test)]
mod tests;

const NO_ANSWER: &str = "the connection was closed before an answer was complete";

/// Why an answer could not be read.
#[derive(Debug)]
pub(super) enum Failure {
    /// Before its head was complete.
    Unanswered(Cause),
    /// In its body.
    Body(Error),
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// An answer of which more may come.
pub(super) struct Reading {
    limits: BodyLimits,
    /// The beginning of a head that is not complete.
    gathered: Vec<u8>,
    answer: Answer,
}

enum Answer {
    /// With the buffer for its body.
    Awaited(Vec<u8>),
    Body {
        head: Head,
        framing: Framing,
        decoder: Decoder,
    },
}

impl Reading {
    /// Nothing yet; the body goes into `buffer`.
    pub(super) fn new(limits: BodyLimits, buffer: Vec<u8>) -> Self {
        Self { limits, gathered: Vec::new(), answer: Answer::Awaited(buffer) }
    }

    /// Is the answer complete?
    pub(super) fn is_done(&self) -> bool {
        matches!(&self.answer, Answer::Body { framing, .. } if framing.is_done())
    }

    /// Takes what came next.
    pub(super) fn take(&mut self, piece: &[u8]) -> Result<(), Failure> {
        if !self.gathered.is_empty() {
            let mut all = std::mem::take(&mut self.gathered);
            all.extend_from_slice(piece);
            // Only the end of a line can end a head: one that drips in is not read again and again.
            if piece.contains(&b'\n') || all.len() > HEAD_BYTES_MAX {
                return self.take(&all);
            }
            self.gathered = all;
            return Ok(());
        }
        let mut rest = piece;
        while let Answer::Awaited(buffer) = &mut self.answer {
            let read = Head::read(rest).map_err(|why| Failure::Unanswered(why.into()))?;
            let Some((head, length)) = read else {
                self.gathered = rest.to_vec();
                return Ok(());
            };
            rest = &rest[length..];
            let Some((head, framing)) = head else { continue };
            let encoding = Encoding::of(head.headers.get(header::CONTENT_ENCODING));
            let encoding = encoding.map_err(Failure::Body)?;
            let decoder = Decoder::new(encoding, self.limits.bytes_max, std::mem::take(buffer));
            let decoder = decoder.map_err(Failure::Body)?;
            self.answer = Answer::Body { head, framing, decoder };
        }
        self.take_body(rest)
    }

    fn take_body(&mut self, mut rest: &[u8]) -> Result<(), Failure> {
        let Answer::Body { head, framing, decoder } = &mut self.answer else { return Ok(()) };
        while !rest.is_empty() && !framing.is_done() {
            let (piece, behind) = framing.take(rest).map_err(unread)?;
            decoder.push(piece).map_err(Failure::Body)?;
            rest = behind;
        }
        // Whoever sends more than was asked for is not asked again.
        head.stays &= rest.is_empty();
        Ok(())
    }

    /// The connection has ended.
    pub(super) fn end(&mut self) -> Result<(), Failure> {
        match &mut self.answer {
            Answer::Awaited(_) => Err(Failure::Unanswered(NO_ANSWER.into())),
            Answer::Body { head, framing, .. } => {
                head.stays = false;
                if framing.may_end() {
                    Ok(())
                } else {
                    Err(unread("the connection was closed before its end"))
                }
            }
        }
    }

    /// The connection has failed.
    pub(super) fn broken(&self, error: std::io::Error) -> Failure {
        match &self.answer {
            Answer::Awaited(_) => Failure::Unanswered(error.into()),
            Answer::Body { .. } => unread(error),
        }
    }

    /// Head and body of a complete answer.
    pub(super) fn finish(self) -> Result<(Head, Vec<u8>), Failure> {
        match self.answer {
            Answer::Awaited(_) => Err(Failure::Unanswered(NO_ANSWER.into())),
            Answer::Body { head, decoder, .. } => {
                Ok((head, decoder.finish().map_err(Failure::Body)?))
            }
        }
    }
}

fn unread(cause: impl Into<Cause>) -> Failure {
    Failure::Body(Error::new(ErrorKind::Protocol, "cannot read body").caused_by(cause))
}
