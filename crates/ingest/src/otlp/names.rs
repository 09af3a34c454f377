//! Names of series for names of instruments and attributes, by the four strategies.
//! Rules: prometheus/otlptranslator 1.0 (`metric_namer.go`, `label_namer.go`, `constants.go`).

use config::{OtlpConfig, OtlpTranslation};
use std::borrow::Cow;
use wire::otlp::Kind;

/// UCUM units and their words.
const UNITS: [(&str, &str); 25] = [
    ("d", "days"),
    ("h", "hours"),
    ("min", "minutes"),
    ("s", "seconds"),
    ("ms", "milliseconds"),
    ("us", "microseconds"),
    ("ns", "nanoseconds"),
    ("By", "bytes"),
    ("KiBy", "kibibytes"),
    ("MiBy", "mebibytes"),
    ("GiBy", "gibibytes"),
    ("TiBy", "tibibytes"),
    ("KBy", "kilobytes"),
    ("MBy", "megabytes"),
    ("GBy", "gigabytes"),
    ("TBy", "terabytes"),
    ("m", "meters"),
    ("V", "volts"),
    ("A", "amperes"),
    ("J", "joules"),
    ("W", "watts"),
    ("g", "grams"),
    ("Cel", "celsius"),
    ("Hz", "hertz"),
    ("%", "percent"),
];

/// Units behind a slash and their words.
const PER_UNITS: [(&str, &str); 7] = [
    ("s", "second"),
    ("m", "minute"),
    ("h", "hour"),
    ("d", "day"),
    ("w", "week"),
    ("mo", "month"),
    ("y", "year"),
];

/// What the kind of a metric adds to its name.
fn kind_suffix(unit: &str, kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Sum { is_monotonic: true } => Some("total"),
        Kind::Gauge if unit == "1" => Some("ratio"),
        Kind::Sum { is_monotonic: false }
        | Kind::Gauge
        | Kind::Histogram
        | Kind::Exponential
        | Kind::Summary
        | Kind::Unknown => None,
    }
}

/// The name of a metric's series; empty when nothing of it is left.
pub(crate) fn metric_name(
    name: &str,
    unit: &str,
    kind: Kind,
    translation: OtlpTranslation,
) -> String {
    match translation {
        OtlpTranslation::NoTranslation => name.to_owned(),
        OtlpTranslation::NoUtf8EscapingWithSuffixes => with_suffixes(name, unit, kind),
        OtlpTranslation::UnderscoreEscapingWithoutSuffixes => {
            let parts = name.split(|c: char| !is_name_char(c) && c != '_');
            guarded(parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_"))
        }
        OtlpTranslation::UnderscoreEscapingWithSuffixes => escaped_with_suffixes(name, unit, kind),
    }
}

const fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == ':'
}

/// A name does not begin with a digit.
fn guarded(name: String) -> String {
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

fn escaped_with_suffixes(name: &str, unit: &str, kind: Kind) -> String {
    let parts = name.split(|c: char| !is_name_char(c));
    let mut words: Vec<Cow<'_, str>> =
        parts.filter(|part| !part.is_empty()).map(Cow::Borrowed).collect();
    let (main, per) = unit_words(unit);
    let is_new =
        |words: &[Cow<'_, str>], word: &str| !word.is_empty() && !words.contains(&word.into());
    let (main, per) = (escaped_unit(&main), escaped_unit(&per));
    let (adds_main, adds_per) = (is_new(&words, &main), is_new(&words, &per));
    if adds_main {
        words.push(main.into());
    }
    if adds_per {
        words.extend(["per".into(), per.into()]);
    }
    if let Some(suffix) = kind_suffix(unit, kind) {
        words.retain(|word| word != suffix);
        words.push(suffix.into());
    }
    guarded(words.join("_"))
}

/// Words for a unit and for what stands behind its slash; either may be empty. Annotations in
/// braces are no units.
fn unit_words(unit: &str) -> (String, String) {
    let (main, per) = unit.split_once('/').unwrap_or((unit, ""));
    let word = |unit: &str, table: &[(&str, &str)]| {
        let unit = unit.trim();
        if unit.contains(['{', '}']) {
            return String::new();
        }
        let known = table.iter().find(|(symbol, _)| *symbol == unit);
        known.map_or(unit, |(_, word)| word).to_owned()
    };
    let main = if main.trim() == "1" { String::new() } else { word(main, &UNITS) };
    (main, word(per, &PER_UNITS))
}

fn escaped_unit(word: &str) -> String {
    let parts = word.split(|c: char| !is_name_char(c));
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

/// Suffixes on any name: what it ends in already is not said twice.
fn with_suffixes(name: &str, unit: &str, kind: Kind) -> String {
    let suffix = kind_suffix(unit, kind);
    let (main, per) = unit_words(unit);
    let per = if per.is_empty() { per } else { format!("per_{per}") };
    let mut out = name.to_owned();
    for added in suffix.iter().copied().chain((!per.is_empty()).then_some(per.as_str())) {
        if let Some(rest) = out.strip_suffix(added) {
            let rest = rest.strip_suffix(|c: char| !c.is_alphanumeric()).unwrap_or(rest);
            out = rest.to_owned();
        }
    }
    if !main.is_empty() && !out.ends_with(&main) {
        out = format!("{out}_{main}");
    }
    if !per.is_empty() {
        out = format!("{out}_{per}");
    }
    suffix.map_or(out.clone(), |suffix| format!("{out}_{suffix}"))
}

/// The name of an attribute's label.
pub(crate) fn label_name<'a>(name: &'a str, config: &OtlpConfig) -> Cow<'a, str> {
    match config.translation {
        OtlpTranslation::NoTranslation | OtlpTranslation::NoUtf8EscapingWithSuffixes => {
            return Cow::Borrowed(name);
        }
        OtlpTranslation::UnderscoreEscapingWithSuffixes
        | OtlpTranslation::UnderscoreEscapingWithoutSuffixes => {}
    }
    let is_fine = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let keeps = config.label_name_preserve_multiple_underscores || !name.contains("__");
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if begins_well && keeps && name.chars().all(is_fine) {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        let c = if is_fine(c) { c } else { '_' };
        let repeats = c == '_' && out.ends_with('_');
        if !repeats || config.label_name_preserve_multiple_underscores {
            out.push(c);
        }
    }
    if out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert_str(0, "key_");
    } else if config.label_name_underscore_sanitization
        && out.starts_with('_')
        && !out.starts_with("__")
    {
        out.insert_str(0, "key");
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests;
