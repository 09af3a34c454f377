//! Layouts of Go's time package: how the instant 2006-01-02 15:04:05 -0700 is written.
//! Formatting takes any layout; parsing says which part did not fit, in Go's words.

use super::{MONTHS, Time, WEEKDAYS, Zone};
use crate::fmt::quote;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

/// An element of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    LongMonth,
    Month,
    Number(Part, Pad),
    LongWeekday,
    Weekday,
    /// `PM` or `pm`.
    Half {
        upper: bool,
    },
    Abbreviation,
    Zone {
        /// `Z` for UTC.
        z: bool,
        colon: bool,
        parts: ZoneParts,
    },
    Fraction {
        digits: usize,
        /// `.999`: without zeros at the end.
        trims: bool,
        separator: char,
    },
}

/// A number of the calendar or clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Year,
    /// Two digits.
    ShortYear,
    Month,
    Day,
    YearDay,
    Hour,
    Hour12,
    Minute,
    Second,
}

/// What fills a number up to its width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pad {
    None,
    Zero,
    Space,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ZoneParts {
    Hours,
    Minutes,
    Seconds,
}

const fn zone(z: bool, colon: bool, parts: ZoneParts) -> Element {
    Element::Zone { z, colon, parts }
}

/// Elements and how they are written, longer ones before those they begin with.
const ELEMENTS: &[(&str, Element)] = &[
    ("January", Element::LongMonth),
    ("Jan", Element::Month),
    ("Monday", Element::LongWeekday),
    ("Mon", Element::Weekday),
    ("MST", Element::Abbreviation),
    ("002", Element::Number(Part::YearDay, Pad::Zero)),
    ("01", Element::Number(Part::Month, Pad::Zero)),
    ("02", Element::Number(Part::Day, Pad::Zero)),
    ("03", Element::Number(Part::Hour12, Pad::Zero)),
    ("04", Element::Number(Part::Minute, Pad::Zero)),
    ("05", Element::Number(Part::Second, Pad::Zero)),
    ("06", Element::Number(Part::ShortYear, Pad::Zero)),
    ("15", Element::Number(Part::Hour, Pad::Zero)),
    ("1", Element::Number(Part::Month, Pad::None)),
    ("2006", Element::Number(Part::Year, Pad::Zero)),
    ("2", Element::Number(Part::Day, Pad::None)),
    ("__2", Element::Number(Part::YearDay, Pad::Space)),
    ("_2", Element::Number(Part::Day, Pad::Space)),
    ("3", Element::Number(Part::Hour12, Pad::None)),
    ("4", Element::Number(Part::Minute, Pad::None)),
    ("5", Element::Number(Part::Second, Pad::None)),
    ("PM", Element::Half { upper: true }),
    ("pm", Element::Half { upper: false }),
    ("-070000", zone(false, false, ZoneParts::Seconds)),
    ("-07:00:00", zone(false, true, ZoneParts::Seconds)),
    ("-0700", zone(false, false, ZoneParts::Minutes)),
    ("-07:00", zone(false, true, ZoneParts::Minutes)),
    ("-07", zone(false, false, ZoneParts::Hours)),
    ("Z070000", zone(true, false, ZoneParts::Seconds)),
    ("Z07:00:00", zone(true, true, ZoneParts::Seconds)),
    ("Z0700", zone(true, false, ZoneParts::Minutes)),
    ("Z07:00", zone(true, true, ZoneParts::Minutes)),
    ("Z07", zone(true, false, ZoneParts::Hours)),
];

/// Cuts a layout at its first element: the text before, the element as written, the rest.
fn split(layout: &str) -> Option<(&str, Element, &str, &str)> {
    let starts = layout.char_indices().map(|(index, _)| index);
    starts.into_iter().find_map(|start| {
        let (written, element) = element(&layout[start..])?;
        let rest = &layout[start + written.len()..];
        Some((&layout[..start], element, written, rest))
    })
}

fn element(text: &str) -> Option<(&str, Element)> {
    if text.starts_with("_2006") {
        return None;
    }
    if let Some(fraction) = fraction_element(text) {
        return Some(fraction);
    }
    let (written, element) = ELEMENTS.iter().find(|(written, element)| {
        let short_name = matches!(element, Element::Month | Element::Weekday);
        text.strip_prefix(written)
            .is_some_and(|rest| !(short_name && rest.starts_with(|c: char| c.is_ascii_lowercase())))
    })?;
    Some((&text[..written.len()], *element))
}

fn fraction_element(text: &str) -> Option<(&str, Element)> {
    let separator = text.chars().next().filter(|c| matches!(c, '.' | ','))?;
    let digits = &text[1..];
    let kind = digits.chars().next().filter(|c| matches!(c, '0' | '9'))?;
    let count = digits.len() - digits.trim_start_matches(kind).len();
    if digits[count..].starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let element = Element::Fraction { digits: count, trims: kind == '9', separator };
    Some((&text[..=count], element))
}

/// Writes an instant in a layout.
pub(super) fn format(time: &Time, layout: &str) -> String {
    let civil = time.civil();
    let mut out = String::with_capacity(layout.len() + 16);
    let mut rest = layout;
    while let Some((before, element, _, behind)) = split(rest) {
        out.push_str(before);
        write(&mut out, time, civil, element);
        rest = behind;
    }
    out + rest
}

fn write(out: &mut String, time: &Time, civil: DateTime, element: Element) {
    let name = |names: &[&'static str], index: i8| {
        usize::try_from(index).ok().and_then(|index| names.get(index).copied()).unwrap_or_default()
    };
    let month = name(&MONTHS, civil.month() - 1);
    let weekday = name(&WEEKDAYS, civil.weekday().to_sunday_zero_offset());
    match element {
        Element::LongMonth => out.push_str(month),
        Element::Month => out.push_str(&month[..3]),
        Element::LongWeekday => out.push_str(weekday),
        Element::Weekday => out.push_str(&weekday[..3]),
        Element::Number(part, pad) => out.push_str(&number(civil, part, pad)),
        Element::Half { upper } => {
            let half = if civil.hour() >= 12 { "PM" } else { "AM" };
            out.push_str(&if upper { half.to_owned() } else { half.to_lowercase() });
        }
        Element::Abbreviation => {
            let abbreviation = time.abbreviation();
            if abbreviation.is_empty() {
                out.push_str(&offset(time, false, false, ZoneParts::Minutes));
            }
            out.push_str(&abbreviation);
        }
        Element::Zone { z, colon, parts } => out.push_str(&offset(time, z, colon, parts)),
        Element::Fraction { digits, trims, separator } => {
            let nanoseconds =
                format!("{:09}", time.instant.subsec_nanosecond().rem_euclid(1_000_000_000));
            let mut decimals: String = nanoseconds.chars().take(digits).collect();
            decimals.extend(std::iter::repeat_n('0', digits.saturating_sub(9)));
            let decimals = if trims { decimals.trim_end_matches('0') } else { &*decimals };
            if !decimals.is_empty() {
                out.push(separator);
                out.push_str(decimals);
            }
        }
    }
}

fn number(civil: DateTime, part: Part, pad: Pad) -> String {
    let (value, width) = match part {
        Part::Year => {
            let sign = if civil.year() < 0 { "-" } else { "" };
            return format!("{sign}{:04}", civil.year().unsigned_abs());
        }
        Part::ShortYear => (i32::from(civil.year()).rem_euclid(100), 2),
        Part::Month => (i32::from(civil.month()), 2),
        Part::Day => (i32::from(civil.day()), 2),
        Part::YearDay => (i32::from(civil.day_of_year()), 3),
        Part::Hour => (i32::from(civil.hour()), 2),
        Part::Hour12 => ((i32::from(civil.hour()) + 11) % 12 + 1, 2),
        Part::Minute => (i32::from(civil.minute()), 2),
        Part::Second => (i32::from(civil.second()), 2),
    };
    match pad {
        Pad::None => value.to_string(),
        Pad::Zero => format!("{value:0width$}"),
        Pad::Space => format!("{value:width$}"),
    }
}

fn offset(time: &Time, z: bool, colon: bool, parts: ZoneParts) -> String {
    let seconds = time.offset().seconds();
    if z && seconds == 0 {
        return "Z".into();
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.unsigned_abs();
    let separator = if colon { ":" } else { "" };
    let hours = format!("{sign}{:02}", seconds / 3600);
    let minutes = format!("{separator}{:02}", seconds / 60 % 60);
    match parts {
        ZoneParts::Hours => hours,
        ZoneParts::Minutes => hours + &minutes,
        ZoneParts::Seconds => format!("{hours}{minutes}{separator}{:02}", seconds % 60),
    }
}

/// Reads an instant that is written in a layout; what the layout leaves out is zero or UTC.
pub(crate) fn parse(layout: &str, text: &str) -> Result<Time, String> {
    let mut fields = Fields { month: 1, day: 1, ..Fields::default() };
    let (mut rest_layout, mut rest) = (layout, text);
    let failed = |what: &str, wanted: &str| {
        let (text, layout) = (quote(text), quote(layout));
        format!(
            "parsing time {text} as {layout}: cannot parse {} as {}",
            quote(what),
            quote(wanted)
        )
    };
    loop {
        let next = split(rest_layout);
        let before = next.map_or(rest_layout, |next| next.0);
        rest = skip(rest, before).ok_or_else(|| failed(rest, before))?;
        let Some((_, element, written, behind)) = next else { break };
        let next_is_fraction = split(behind).is_some_and(|(before, element, ..)| {
            before.is_empty() && matches!(element, Element::Fraction { .. })
        });
        rest = fields.read(element, rest, next_is_fraction).ok_or_else(|| failed(rest, written))?;
        rest_layout = behind;
    }
    if !rest.is_empty() {
        return Err(format!("parsing time {}: extra text: {}", quote(text), quote(rest)));
    }
    fields.time().ok_or_else(|| format!("parsing time {}: day or time out of range", quote(text)))
}

/// Passes a fixed text; spaces of the layout stand for any number of spaces.
fn skip<'t>(mut text: &'t str, fixed: &str) -> Option<&'t str> {
    let mut fixed = fixed;
    while let Some(c) = fixed.chars().next() {
        if c == ' ' {
            if !text.is_empty() && !text.starts_with(' ') {
                return None;
            }
            fixed = fixed.trim_start_matches(' ');
            text = text.trim_start_matches(' ');
        } else {
            text = text.strip_prefix(c)?;
            fixed = &fixed[c.len_utf8()..];
        }
    }
    Some(text)
}

/// What has been read so far.
#[derive(Default)]
struct Fields {
    year: i16,
    month: i8,
    day: i8,
    year_day: Option<i16>,
    hour: i8,
    minute: i8,
    second: i8,
    nanosecond: i32,
    afternoon: Option<bool>,
    zone: Option<i32>,
}

impl Fields {
    /// Reads an element from the beginning of the text; gives what follows it.
    fn read<'t>(
        &mut self,
        element: Element,
        text: &'t str,
        fraction_follows: bool,
    ) -> Option<&'t str> {
        match element {
            Element::LongMonth => self.month_name(text, usize::MAX),
            Element::Month => self.month_name(text, 3),
            Element::LongWeekday => Some(named(text, &WEEKDAYS, usize::MAX)?.1),
            Element::Weekday => Some(named(text, &WEEKDAYS, 3)?.1),
            Element::Number(part, pad) => {
                let rest = self.number(part, pad, text)?;
                let implicit = part == Part::Second && !fraction_follows && fraction_ahead(rest);
                if implicit { self.fraction(rest, None) } else { Some(rest) }
            }
            Element::Half { upper } => {
                let (half, rest) = text.split_at_checked(2)?;
                let (am, pm) = if upper { ("AM", "PM") } else { ("am", "pm") };
                self.afternoon = Some(half == pm);
                (half == am || half == pm).then_some(rest)
            }
            Element::Abbreviation => self.abbreviation(text),
            Element::Zone { z, colon, parts } => self.offset(text, z, colon, parts),
            Element::Fraction { trims: true, .. } if !fraction_ahead(text) => Some(text),
            Element::Fraction { trims: true, .. } => self.fraction(text, None),
            Element::Fraction { digits, .. } => self.fraction(text, Some(digits)),
        }
    }

    fn month_name<'t>(&mut self, text: &'t str, letters: usize) -> Option<&'t str> {
        let (index, rest) = named(text, &MONTHS, letters)?;
        self.month = i8::try_from(index + 1).ok()?;
        Some(rest)
    }

    fn number<'t>(&mut self, part: Part, pad: Pad, text: &'t str) -> Option<&'t str> {
        let text = if pad == Pad::Space { text.trim_start_matches(' ') } else { text };
        let (least, most) = match part {
            Part::Year => (4, 4),
            Part::YearDay if pad == Pad::Zero => (3, 3),
            Part::YearDay => (1, 3),
            Part::ShortYear | Part::Hour => (2, 2),
            _ if pad == Pad::Zero => (2, 2),
            _ => (1, 2),
        };
        let count = text.chars().take(most).take_while(char::is_ascii_digit).count();
        if count < least {
            return None;
        }
        let (digits, rest) = text.split_at(count);
        let value: i16 = digits.parse().ok()?;
        let small = i8::try_from(value).ok();
        match part {
            Part::Year => self.year = value,
            Part::ShortYear => self.year = value + if value >= 69 { 1900 } else { 2000 },
            Part::YearDay => self.year_day = Some(value),
            Part::Month => self.month = small.filter(|month| (1..=12).contains(month))?,
            Part::Day => self.day = small?,
            Part::Hour => self.hour = small.filter(|hour| (0..24).contains(hour))?,
            Part::Hour12 => self.hour = small.filter(|hour| (0..=12).contains(hour))?,
            Part::Minute => self.minute = small.filter(|minute| (0..60).contains(minute))?,
            Part::Second => self.second = small.filter(|second| (0..60).contains(second))?,
        }
        Some(rest)
    }

    /// Decimals of the second, with their separator; so many or as many as there are.
    fn fraction<'t>(&mut self, text: &'t str, digits: Option<usize>) -> Option<&'t str> {
        let decimals = text.strip_prefix(['.', ','])?;
        let found =
            decimals.len() - decimals.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let count = digits.unwrap_or(found);
        if found < count || count == 0 {
            return None;
        }
        let (decimals, rest) = decimals.split_at(count);
        let nine: String = decimals.chars().chain("000000000".chars()).take(9).collect();
        self.nanosecond = nine.parse().ok()?;
        Some(rest)
    }

    fn abbreviation<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let letters = text.len() - text.trim_start_matches(|c: char| c.is_ascii_uppercase()).len();
        let (name, rest) = text.split_at(letters);
        // Names other than UTC say nothing without a place; Go takes them for UTC too.
        self.zone = self.zone.or(Some(0));
        (3..=5).contains(&name.len()).then_some(rest)
    }

    fn offset<'t>(
        &mut self,
        text: &'t str,
        z: bool,
        colon: bool,
        parts: ZoneParts,
    ) -> Option<&'t str> {
        if let Some(rest) = text.strip_prefix('Z').filter(|_| z) {
            self.zone = Some(0);
            return Some(rest);
        }
        let (sign, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+')?),
        };
        let mut two = |separator: bool| {
            if separator && colon {
                rest = rest.strip_prefix(':')?;
            }
            let (digits, behind) = rest.split_at_checked(2)?;
            rest = behind;
            digits.chars().all(|c| c.is_ascii_digit()).then(|| digits.parse::<i32>().ok())?
        };
        let mut seconds = two(false)? * 3600;
        if parts != ZoneParts::Hours {
            seconds += two(true)? * 60;
        }
        if parts == ZoneParts::Seconds {
            seconds += two(true)?;
        }
        self.zone = Some(sign * seconds);
        Some(rest)
    }

    fn time(self) -> Option<Time> {
        let hour = match self.afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let date = match self.year_day {
            None => Date::new(self.year, self.month, self.day).ok()?,
            Some(day) => Date::new(self.year, 1, 1).ok()?.with().day_of_year(day).build().ok()?,
        };
        let civil = date.at(hour, self.minute, self.second, self.nanosecond);
        let offset = Offset::from_seconds(self.zone.unwrap_or(0)).ok()?;
        let zone = if offset == Offset::UTC { Zone::Utc } else { Zone::Offset(offset.seconds()) };
        Some(Time { instant: offset.to_timestamp(civil).ok()?, zone })
    }
}

/// Does a fraction of a second follow?
fn fraction_ahead(text: &str) -> bool {
    let digits = text.strip_prefix(['.', ',']);
    digits.is_some_and(|digits| digits.starts_with(|c: char| c.is_ascii_digit()))
}

/// Reads one of the names, or so many letters of it, in upper or lower case.
fn named<'t>(text: &'t str, names: &[&str], letters: usize) -> Option<(usize, &'t str)> {
    names.iter().enumerate().find_map(|(index, name)| {
        let name = &name[..name.len().min(letters)];
        let (head, rest) = text.split_at_checked(name.len())?;
        head.eq_ignore_ascii_case(name).then_some((index, rest))
    })
}
