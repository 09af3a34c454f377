//! Lines of StatsD: `name:value|type|@rate|#tag:value`, with the dialects that Prometheus'
//! `statsd_exporter` reads by default: tags of DogStatsD, Librato, InfluxDB and SignalFX, several
//! samples of a name in a line, several values of a sample. Faults have that exporter's names.

use std::borrow::Cow;

/// Most samples of a line; a packet of 64 KiB has at most half as many bytes a sample.
pub const SAMPLES_MAX: usize = 10_000;
/// Most tags of a line; more are dropped and counted.
pub const TAGS_MAX: usize = 64;
/// Most parts of a sample between bars.
const PARTS_MAX: usize = 8;

/// One sample of a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample<'l> {
    /// Name before the colon, without tags, never empty.
    pub name: &'l str,
    /// Tags in the order of the line; of two with one name the later one counts.
    pub tags: &'l [(&'l str, &'l str)],
    /// What was measured.
    pub reading: Reading<'l>,
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reading<'l> {
    /// So many more, the sample rate applied.
    Counter(f64),
    /// A value that replaces the last one.
    Gauge(f64),
    /// A value that is added to the last one.
    GaugeDelta(f64),
    /// A value, seen so many times; times are in seconds.
    Observation {
        /// The value.
        value: f64,
        /// 1, or the inverse of the sample rate.
        times: u64,
    },
    /// A member of a set.
    Member(&'l str),
}

/// Why a line, a sample or a tag was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// No colon, no name, or no UTF-8.
    MalformedLine,
    /// Tags in the name and behind the sample.
    MixedTaggingStyles,
    /// Nothing behind the value.
    NotEnoughParts,
    /// Several values of a counter, gauge or set.
    InvalidAggregate,
    /// Too few or too many parts, or an empty one.
    MalformedComponent,
    /// The value is no number.
    MalformedValue,
    /// The sample rate is no number above 0, or a part begins with an unknown letter.
    InvalidSampleRate,
    /// The container's name is empty.
    MalformedContainer,
    /// The timestamp is no whole number.
    MalformedTimestamp,
    /// The type is unknown.
    IllegalType,
    /// An event or a service check of DogStatsD: it is no metric.
    NoMetric,
    /// More samples in a line than [`SAMPLES_MAX`].
    TooManySamples,
    /// A tag has no name or no value, or there are too many of them; the sample counts.
    Tag,
}

impl Fault {
    /// All faults.
    pub const ALL: [Self; 13] = [
        Self::MalformedLine,
        Self::MixedTaggingStyles,
        Self::NotEnoughParts,
        Self::InvalidAggregate,
        Self::MalformedComponent,
        Self::MalformedValue,
        Self::InvalidSampleRate,
        Self::MalformedContainer,
        Self::MalformedTimestamp,
        Self::IllegalType,
        Self::NoMetric,
        Self::TooManySamples,
        Self::Tag,
    ];

    /// Its name in labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MalformedLine => "malformed_line",
            Self::MixedTaggingStyles => "mixed_tagging_styles",
            Self::NotEnoughParts => "not_enough_parts_after_colon",
            Self::InvalidAggregate => "invalid_extended_aggregate_type",
            Self::MalformedComponent => "malformed_component",
            Self::MalformedValue => "malformed_value",
            Self::InvalidSampleRate => "invalid_sample_factor",
            Self::MalformedContainer => "malformed_container_id",
            Self::MalformedTimestamp => "malformed_timestamp",
            Self::IllegalType => "illegal_event",
            Self::NoMetric => "no_metric",
            Self::TooManySamples => "too_many_samples",
            Self::Tag => "malformed_tag",
        }
    }
}

/// Reads a line without its end and hands over each sample and each fault. An empty one is none.
pub fn read_line(line: &[u8], take: &mut impl FnMut(Result<Sample<'_>, Fault>)) {
    if line.is_empty() {
        return;
    }
    let Ok(line) = std::str::from_utf8(line) else { return take(Err(Fault::MalformedLine)) };
    if line.starts_with("_e{") || line.starts_with("_sc|") {
        return take(Err(Fault::NoMetric));
    }
    let Some((name, rest)) = line.split_once(':').filter(|(name, _)| !name.is_empty()) else {
        return take(Err(Fault::MalformedLine));
    };
    let mut tags = Tags::default();
    let name = name_and_tags(name, &mut tags);
    tags.tell(take);
    if name.is_empty() {
        return take(Err(Fault::MalformedLine));
    }
    let has_tags = rest.contains("|#");
    if has_tags && !tags.pairs.is_empty() {
        return take(Err(Fault::MixedTaggingStyles));
    }
    let Some((values, behind)) = rest.split_once('|') else {
        return take(Err(Fault::NotEnoughParts));
    };
    if values.contains(':') {
        let kind = behind.split('|').next().unwrap_or_default();
        if !matches!(kind, "ms" | "h" | "d") {
            return take(Err(Fault::InvalidAggregate));
        }
        each(values.split(':'), &name, &tags, take, |value| (value, behind));
    } else if has_tags {
        // Values of tags may hold colons: there is one sample.
        each(std::iter::once(rest), &name, &tags, take, split_value);
    } else {
        each(rest.split(':'), &name, &tags, take, split_value);
    }
}

fn split_value(sample: &str) -> (&str, &str) {
    sample.split_once('|').unwrap_or((sample, ""))
}

/// Tags of a line, with the number of those that were refused.
#[derive(Clone, Debug, Default)]
struct Tags<'l> {
    pairs: Vec<(&'l str, &'l str)>,
    refused: usize,
}

impl<'l> Tags<'l> {
    fn add_all(&mut self, list: &'l str, separator: char) {
        let list = list.strip_suffix(',').unwrap_or(list);
        if list.is_empty() {
            return;
        }
        for tag in list.split(',') {
            let tag = if separator == ':' { tag.strip_prefix('#').unwrap_or(tag) } else { tag };
            match tag.split_once(separator) {
                Some((name, value)) if !name.is_empty() && !value.is_empty() => {
                    self.add(name, value);
                }
                Some(_) | None => self.refused += 1,
            }
        }
    }

    fn add(&mut self, name: &'l str, value: &'l str) {
        if self.pairs.len() < TAGS_MAX {
            self.pairs.push((name, value));
        } else {
            self.refused += 1;
        }
    }

    fn tell(&mut self, take: &mut impl FnMut(Result<Sample<'_>, Fault>)) {
        for _ in 0..std::mem::take(&mut self.refused) {
            take(Err(Fault::Tag));
        }
    }
}

/// Tags in a name: `name[a=b]` (SignalFX), `name#a=b` (Librato), `name,a=b` (InfluxDB).
fn name_and_tags<'l>(name: &'l str, tags: &mut Tags<'l>) -> Cow<'l, str> {
    match (name.find('['), name.find(']')) {
        (Some(begin), Some(end)) if begin < end => {
            tags.add_all(&name[begin + 1..end], '=');
            let (before, after) = (&name[..begin], &name[end + 1..]);
            return if after.is_empty() {
                Cow::Borrowed(before)
            } else {
                Cow::Owned(format!("{before}{after}"))
            };
        }
        (None, None) => {}
        _ => {
            tags.refused += 1;
            return Cow::Borrowed(name);
        }
    }
    match name.split_once(['#', ',']) {
        Some((name, list)) => {
            tags.add_all(list, '=');
            Cow::Borrowed(name)
        }
        None => Cow::Borrowed(name),
    }
}

fn each<'l>(
    samples: impl Iterator<Item = &'l str>,
    name: &str,
    tags: &Tags<'l>,
    take: &mut impl FnMut(Result<Sample<'_>, Fault>),
    parts: impl Fn(&'l str) -> (&'l str, &'l str),
) {
    for (number, sample) in samples.enumerate() {
        if number == SAMPLES_MAX {
            return take(Err(Fault::TooManySamples));
        }
        let (value, behind) = parts(sample);
        let mut tags = tags.clone();
        let read = reading(value, behind, &mut tags);
        tags.tell(take);
        match read {
            Ok(reading) => take(Ok(Sample { name, tags: &tags.pairs, reading })),
            Err(fault) => take(Err(fault)),
        }
    }
}

/// Reads a sample whose parts after the value are `behind`.
fn reading<'l>(value: &'l str, behind: &'l str, tags: &mut Tags<'l>) -> Result<Reading<'l>, Fault> {
    let mut parts = behind.split('|');
    let kind = parts.next().filter(|_| !behind.is_empty()).ok_or(Fault::MalformedComponent)?;
    if behind.split('|').count() >= PARTS_MAX || behind.split('|').skip(1).any(str::is_empty) {
        return Err(Fault::MalformedComponent);
    }
    let number = if kind == "s" { 0.0 } else { number(value)? };
    let mut rate = 1.0;
    for part in parts {
        match part.as_bytes()[0] {
            b'@' => rate = sample_rate(&part[1..])?,
            b'#' => tags.add_all(&part[1..], ':'),
            b'c' => match part.strip_prefix("c:").filter(|name| !name.is_empty()) {
                Some(container) => tags.add("container_id", container),
                None => return Err(Fault::MalformedContainer),
            },
            // What is stored has the time of the tick: a timestamp is checked and passed over.
            b'T' => drop(part[1..].parse::<i64>().or(Err(Fault::MalformedTimestamp))?),
            _ => return Err(Fault::InvalidSampleRate),
        }
    }
    let is_delta = value.starts_with(['+', '-']);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rates are above 0, and the cast saturates for absurdly small ones"
    )]
    let times = ((1.0 / rate) as u64).max(1);
    match kind {
        "c" => Ok(Reading::Counter(number / rate)),
        "g" if is_delta => Ok(Reading::GaugeDelta(number)),
        "g" => Ok(Reading::Gauge(number)),
        "ms" => Ok(Reading::Observation { value: number / 1000.0, times }),
        "h" | "d" => Ok(Reading::Observation { value: number, times }),
        "s" => Ok(Reading::Member(value)),
        _ => Err(Fault::IllegalType),
    }
}

fn number(text: &str) -> Result<f64, Fault> {
    text.parse::<f64>().ok().filter(|value| value.is_finite()).ok_or(Fault::MalformedValue)
}

/// As the exporter takes it: 0 is 1.
fn sample_rate(text: &str) -> Result<f64, Fault> {
    let rate = text.parse::<f64>().or(Err(Fault::InvalidSampleRate))?;
    if rate == 0.0 {
        return Ok(1.0);
    }
    if rate > 0.0 && rate.is_finite() { Ok(rate) } else { Err(Fault::InvalidSampleRate) }
}

#[cfg(test)]
mod tests;
