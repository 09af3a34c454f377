//! The walk over a request: its symbols first, then series by series. Symbols cost 16 bytes each,
//! everything else is a view into the body or a small value.

use crate::WireError;
use crate::protobuf::{Field, Reader, Value};
use crate::remote_write::decode::{exemplar_too_long, kind, sample, signed, start_of};
use crate::remote_write::{SeriesItem, histogram, put_label};
use model::{EXEMPLAR_CHARS_MAX, Exemplar, LabelsBuilder, MetricKind, Timestamp};

/// Most symbols of a request.
pub const SYMBOLS_MAX: usize = 1 << 20;

/// A decompressed request body.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    symbols: Vec<&'a str>,
    reader: Reader<'a>,
}

impl<'a> Request<'a> {
    /// Reads the symbols of a body, wherever they stand.
    ///
    /// # Errors
    /// `Malformed` bytes; `TooLarge`: more than [`SYMBOLS_MAX`] symbols.
    pub fn read(body: &'a [u8]) -> Result<Self, WireError> {
        let mut symbols = Vec::new();
        let mut reader = Reader::new(body);
        while let Some(field) = reader.next_field()? {
            if field.number == 4 {
                if symbols.len() >= SYMBOLS_MAX {
                    let text = format!("remote write: more than {SYMBOLS_MAX} symbols");
                    return Err(WireError::too_large(field.offset, text));
                }
                symbols.push(field.text()?);
            }
        }
        Ok(Self { symbols, reader: Reader::new(body) })
    }

    /// Texts that series refer to.
    pub fn symbols(&self) -> &[&'a str] {
        &self.symbols
    }

    /// The next series, or nothing at the end.
    pub fn next_series(&mut self) -> Result<Option<Series<'a>>, WireError> {
        while let Some(field) = self.reader.next_field()? {
            if field.number == 5 {
                return Series::read(field.reader()?).map(Some);
            }
        }
        Ok(None)
    }
}

/// One series of a request.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    whole: Reader<'a>,
    rest: Reader<'a>,
    /// What senders of the release candidates said once for all samples of a series.
    start: Option<Timestamp>,
    metadata: MetadataRefs,
    samples: usize,
    histograms: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct MetadataRefs {
    kind: MetricKind,
    help: u64,
    unit: u64,
}

/// What a series says about its metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata<'a> {
    /// Declared kind.
    pub kind: MetricKind,
    /// Help text, may be empty.
    pub help: &'a str,
    /// Unit, may be empty.
    pub unit: &'a str,
}

impl<'a> Series<'a> {
    fn read(whole: Reader<'a>) -> Result<Self, WireError> {
        let metadata = MetadataRefs::default();
        let mut found =
            Self { whole, rest: whole, start: None, metadata, samples: 0, histograms: 0 };
        let mut reader = whole;
        while let Some(field) = reader.next_field()? {
            match field.number {
                2 => found.samples += 1,
                3 => found.histograms += 1,
                5 => found.metadata = metadata_refs(field.reader()?)?,
                6 => found.start = start_of(signed(&field)?),
                _ => {}
            }
        }
        Ok(found)
    }

    /// Floats of this series.
    pub const fn sample_count(&self) -> usize {
        self.samples
    }

    /// Histograms of this series.
    pub const fn histogram_count(&self) -> usize {
        self.histograms
    }

    /// Numbers of the symbols that are names and values of its labels, in turns.
    pub const fn label_refs(&self) -> LabelRefs<'a> {
        LabelRefs::of(self.whole)
    }

    /// Appends the labels as version 1.0 sends them ([`put_label`]), to at most `len_max` bytes of
    /// `out`.
    ///
    /// # Errors
    /// `Invalid`: a number without a symbol or a name without a value, which costs the series;
    /// `TooLarge`: `len_max` is exceeded; `Malformed` bytes.
    pub fn put_labels(
        &self,
        symbols: &[&str],
        len_max: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        let mut refs = self.label_refs();
        while let Some((name, value)) = refs.next_pair(symbols)? {
            put_label(name, value, out);
            if out.len() > len_max {
                let text = format!("remote write: more than {len_max} bytes of labels");
                return Err(WireError::too_large(self.whole.offset(), text));
            }
        }
        Ok(())
    }

    /// What the series says about its metric; nothing when it says nothing.
    ///
    /// # Errors
    /// `Invalid`: a number without a symbol.
    pub fn metadata<'s>(&self, symbols: &[&'s str]) -> Result<Option<Metadata<'s>>, WireError> {
        let MetadataRefs { kind, help, unit } = self.metadata;
        if kind == MetricKind::Unknown && help == 0 && unit == 0 {
            return Ok(None);
        }
        let text = |number| match number {
            0 => Ok(""),
            _ => symbol(symbols, number, self.whole.offset()),
        };
        Ok(Some(Metadata { kind, help: text(help)?, unit: text(unit)? }))
    }

    /// The next sample, histogram or exemplar, or nothing at the end.
    pub fn next_item(&mut self, symbols: &[&str]) -> Result<Option<SeriesItem>, WireError> {
        while let Some(field) = self.rest.next_field()? {
            match field.number {
                2 => {
                    let mut found = sample(field.reader()?)?;
                    found.start = found.start.or(self.start);
                    return Ok(Some(SeriesItem::Sample(found)));
                }
                3 => {
                    let mut found = histogram::read(field.reader()?)?;
                    found.start = found.start.or(self.start);
                    return Ok(Some(SeriesItem::Histogram(found)));
                }
                4 => {
                    let found = exemplar(field.reader()?, symbols)?;
                    return Ok(Some(SeriesItem::Exemplar(found)));
                }
                _ => {}
            }
        }
        Ok(None)
    }
}

fn metadata_refs(mut reader: Reader<'_>) -> Result<MetadataRefs, WireError> {
    let mut found = MetadataRefs::default();
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => found.kind = kind(field.varint()?),
            3 => found.help = field.varint()?,
            4 => found.unit = field.varint()?,
            _ => {}
        }
    }
    Ok(found)
}

fn exemplar(
    reader: Reader<'_>,
    symbols: &[&str],
) -> Result<Result<Exemplar, WireError>, WireError> {
    let offset = reader.offset();
    let (mut value, mut timestamp) = (0.0, 0);
    let mut fields = reader;
    while let Some(field) = fields.next_field()? {
        match field.number {
            2 => value = field.double()?,
            3 => timestamp = signed(&field)?,
            _ => {}
        }
    }
    let (mut labels, mut chars) = (LabelsBuilder::default(), 0);
    let mut refs = LabelRefs::of(reader);
    loop {
        match refs.next_pair(symbols) {
            Ok(Some((name, text))) => {
                chars += name.chars().count() + text.chars().count();
                if chars > EXEMPLAR_CHARS_MAX {
                    return Ok(Err(exemplar_too_long(offset, chars)));
                }
                labels.set(name, text);
            }
            Ok(None) => break,
            Err(error) if error.kind() == crate::WireErrorKind::Invalid => return Ok(Err(error)),
            Err(error) => return Err(error),
        }
    }
    Ok(Ok(Exemplar { labels: labels.build(), value, timestamp: Timestamp::from_ms(timestamp) }))
}

/// Walks over `labels_refs` (field 1) of a message, packed or one by one.
#[derive(Clone, Copy, Debug)]
pub struct LabelRefs<'a> {
    fields: Reader<'a>,
    packed: Reader<'a>,
}

impl<'a> LabelRefs<'a> {
    const fn of(message: Reader<'a>) -> Self {
        Self { fields: message, packed: Reader::new(&[]) }
    }

    /// The next name and value, or nothing at the end.
    ///
    /// # Errors
    /// `Invalid`: a number without a symbol, or a name without a value; `Malformed` bytes.
    pub fn next_pair<'s>(
        &mut self,
        symbols: &[&'s str],
    ) -> Result<Option<(&'s str, &'s str)>, WireError> {
        let Some((name, at)) = self.next_ref()? else { return Ok(None) };
        let Some((value, _)) = self.next_ref()? else {
            let text = "remote write: a label name without a value";
            return Err(WireError::invalid(at, text));
        };
        Ok(Some((symbol(symbols, name, at)?, symbol(symbols, value, at)?)))
    }

    fn next_ref(&mut self) -> Result<Option<(u64, usize)>, WireError> {
        loop {
            let at = self.packed.offset();
            if !self.packed.is_at_end() {
                return Ok(Some((self.packed.varint()?, at)));
            }
            match self.fields.next_field()? {
                None => return Ok(None),
                Some(Field { number: 1, value: Value::Varint(number), offset }) => {
                    return Ok(Some((number, offset)));
                }
                Some(field) if field.number == 1 => self.packed = field.reader()?,
                Some(_) => {}
            }
        }
    }
}

fn symbol<'s>(symbols: &[&'s str], number: u64, at: usize) -> Result<&'s str, WireError> {
    let found = usize::try_from(number).ok().and_then(|number| symbols.get(number));
    found.copied().ok_or_else(|| {
        let text = format!("remote write: symbol {number} of {}", symbols.len());
        WireError::invalid(at, text)
    })
}
