//! The body of an answer as it comes: counted, decompressed as the module says, kept as far as an
//! expression looks at it; within bounds in every case.

use config::blackbox::Compression;
use flate2::write::{DeflateDecoder, MultiGzDecoder};
use std::io::{self, Write};

/// Bound of a body whose module names none: 256 MiB that are counted.
const COUNTED_BYTES_MAX: u64 = 256 << 20;
/// Bound of a body that is kept for expressions when the module names none: 16 MiB.
const KEPT_BYTES_MAX: u64 = 16 << 20;

/// A body being read.
pub(super) struct Reading {
    decoder: Decoder,
}

enum Decoder {
    Identity(Sink),
    Gzip(Box<MultiGzDecoder<Sink>>),
    Deflate(Box<DeflateDecoder<Sink>>),
}

struct Sink {
    count: u64,
    bytes_max: u64,
    keeps: bool,
    kept: Vec<u8>,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = usize::try_from(self.bytes_max - self.count).unwrap_or(usize::MAX);
        let fits = &bytes[..room.min(bytes.len())];
        self.count += fits.len() as u64;
        if self.keeps {
            self.kept.extend_from_slice(fits);
        }
        if fits.len() < bytes.len() {
            let message = format!("body has more than {} bytes", self.bytes_max);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Reading {
    pub(super) fn new(
        compression: Option<Compression>,
        bytes_max: Option<u64>,
        keeps: bool,
    ) -> Self {
        let default = if keeps { KEPT_BYTES_MAX } else { COUNTED_BYTES_MAX };
        let bytes_max = bytes_max.unwrap_or(default).min(COUNTED_BYTES_MAX);
        let sink = Sink { count: 0, bytes_max, keeps, kept: Vec::new() };
        let decoder = match compression {
            None | Some(Compression::Identity) => Decoder::Identity(sink),
            Some(Compression::Gzip) => Decoder::Gzip(Box::new(MultiGzDecoder::new(sink))),
            Some(Compression::Deflate) => Decoder::Deflate(Box::new(DeflateDecoder::new(sink))),
        };
        Self { decoder }
    }

    pub(super) fn push(&mut self, chunk: &[u8]) -> io::Result<()> {
        match &mut self.decoder {
            Decoder::Identity(sink) => sink.write_all(chunk),
            Decoder::Gzip(decoder) => decoder.write_all(chunk),
            Decoder::Deflate(decoder) => decoder.write_all(chunk),
        }
    }

    /// Says that there is no more; a compressed body must be whole.
    pub(super) fn end(&mut self) -> io::Result<()> {
        match &mut self.decoder {
            Decoder::Identity(_) => Ok(()),
            Decoder::Gzip(decoder) => decoder.try_finish(),
            Decoder::Deflate(decoder) => decoder.try_finish(),
        }
    }

    fn sink(&self) -> &Sink {
        match &self.decoder {
            Decoder::Identity(sink) => sink,
            Decoder::Gzip(decoder) => decoder.get_ref(),
            Decoder::Deflate(decoder) => decoder.get_ref(),
        }
    }

    /// Bytes after decompression so far.
    pub(super) fn count(&self) -> u64 {
        self.sink().count
    }

    /// What was kept; bytes that are no text are replaced.
    pub(super) fn into_text(self) -> String {
        String::from_utf8_lossy(&self.sink().kept).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression as Level;
    use flate2::write::{DeflateEncoder, GzEncoder};

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Level::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn compressed_bodies_are_read_in_pieces() {
        let mut encoder = DeflateEncoder::new(Vec::new(), Level::fast());
        encoder.write_all(b"some text").unwrap();
        let deflated = encoder.finish().unwrap();
        for (compression, bytes) in
            [(Compression::Gzip, gzip(b"some text")), (Compression::Deflate, deflated)]
        {
            let mut reading = Reading::new(Some(compression), None, true);
            for byte in bytes {
                reading.push(&[byte]).unwrap();
            }
            reading.end().unwrap();
            assert_eq!((reading.count(), reading.into_text().as_str()), (9, "some text"));
        }
    }

    #[test]
    fn bodies_end_at_their_bound() {
        let mut reading = Reading::new(None, Some(4), true);
        assert!(reading.push(b"12345").is_err());
        assert_eq!((reading.count(), reading.into_text().as_str()), (4, "1234"));
        let mut reading = Reading::new(Some(Compression::Gzip), Some(1000), false);
        assert!(reading.push(&gzip(&vec![0; 1 << 20])).is_err());
        assert_eq!(reading.count(), 1000);
    }

    #[test]
    fn a_body_that_is_not_compressed_as_promised_is_refused() {
        let mut reading = Reading::new(Some(Compression::Gzip), None, true);
        assert!(reading.push(b"plain text").and_then(|()| reading.end()).is_err());
        let whole = gzip(b"some text");
        let mut reading = Reading::new(Some(Compression::Gzip), None, true);
        let cut = reading.push(&whole[..whole.len() - 4]).and_then(|()| reading.end());
        assert!(cut.is_err());
    }
}
