//! Conditions on what a probe saw: `[STATUS] == 200`, `len([BODY].items) > 0`. The language is that
//! of Gatus; what it lets pass in silence (unknown placeholders, words where numbers are compared)
//! is a mistake here. Pure: texts and findings in, verdicts out.

mod age;
mod go;
mod json;
mod memory;
mod read;

use crate::names::SUCCESS;
use crate::{Outcome, Reason};
use exposition::Family;
use go::{go_duration_ms, go_glob, go_int, show_duration};
use json::Path;
pub use memory::Memory;
use model::{Labels, Timestamp};
use serde_json::Value;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::fmt;

/// Name of the series that tells of conditions.
pub(crate) const CONDITION_SERIES: &str = "flyball_probe_condition";
/// Elements that one `[*]` stands for at most; a longer array fails the condition.
const ELEMENTS_MAX: usize = 10_000;
/// Characters of a value that are shown.
const SHOWN_CHARS_MAX: usize = 200;
/// The same beside a pattern.
const SHOWN_BESIDE_PATTERN_CHARS_MAX: usize = 25;

/// A condition as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    text: String,
    left: Operand,
    operator: Operator,
    right: Operand,
    /// Where `[*]` stands, and the path of its array.
    each: Option<(usize, Path)>,
}

/// Why a text is no condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// What became of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Step of a suite that it belongs to.
    pub step: Option<String>,
    /// The condition as written.
    pub condition: String,
    /// The same with the values found: `[STATUS] (404) == 200`.
    pub shown: String,
    /// Does it hold?
    pub holds: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    LessOrEqual,
    GreaterOrEqual,
    Less,
    Greater,
}

impl Operator {
    /// In the order in which they are looked for.
    const ALL: [(Self, &'static str); 6] = [
        (Self::Equal, "=="),
        (Self::NotEqual, "!="),
        (Self::LessOrEqual, "<="),
        (Self::GreaterOrEqual, ">="),
        (Self::Greater, ">"),
        (Self::Less, "<"),
    ];

    fn sign(self) -> &'static str {
        Self::ALL.iter().find(|(operator, _)| *operator == self).map_or("", |(_, sign)| sign)
    }

    fn compares_texts(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }
}

/// One side of a condition.
#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Literal(String),
    Pattern { text: String, pattern: String },
    Any { text: String, options: Vec<String> },
    Value { text: String, function: Function, of: Placeholder },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    None,
    Len,
    Has,
    /// Milliseconds since the instant that the value names.
    Age,
}

#[derive(Clone, Debug, PartialEq)]
enum Placeholder {
    Status,
    Ip,
    ResponseTime,
    DnsRcode,
    Connected,
    CertificateExpiration,
    Body(Path),
    Header(String),
    Context(String),
}

/// What conditions are judged by.
pub(crate) struct Facts<'a> {
    outcome: &'a Outcome,
    now: Timestamp,
    memory: Option<&'a Memory>,
    /// The body as JSON, read when the first condition asks for it; nothing if it is none.
    body: OnceCell<Option<Value>>,
}

/// A value that was found, or the text of what was not there.
type Found = Option<String>;

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// When there is no operator or more than one, a placeholder does not exist, a function is used
    /// where it means nothing, or words stand where numbers are compared.
    pub fn read(text: &str) -> Result<Self, Mistake> {
        read::condition(text)
    }

    /// The condition as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Must the body and the headers of the answer be kept for it?
    pub fn needs_answer(&self) -> bool {
        self.has(|of| matches!(of, Placeholder::Body(_) | Placeholder::Header(_)))
    }

    /// Does it look at what former steps left?
    pub fn needs_memory(&self) -> bool {
        self.has(|of| matches!(of, Placeholder::Context(_)))
    }

    fn looks_at_connection(&self) -> bool {
        self.has(|of| *of == Placeholder::Connected)
    }

    fn has(&self, wanted: impl Fn(&Placeholder) -> bool) -> bool {
        [&self.left, &self.right].into_iter().any(|operand| match operand {
            Operand::Value { of, .. } => wanted(of),
            Operand::Literal(_) | Operand::Pattern { .. } | Operand::Any { .. } => false,
        })
    }

    /// Judges what a probe saw.
    pub(crate) fn judge(&self, facts: &Facts<'_>) -> Judged {
        match &self.each {
            None => self.judge_one(facts),
            Some((at, array)) => self.judge_each(*at, array, facts),
        }
    }

    fn judge_one(&self, facts: &Facts<'_>) -> Judged {
        let (left, right) = (self.left.resolve(facts), self.right.resolve(facts));
        let holds = if self.operator.compares_texts() {
            let equal = is_equal(&self.left, left.as_deref(), &self.right, right.as_deref());
            equal == (self.operator == Operator::Equal)
        } else {
            // What is not there is not less than anything.
            let number = |found: &Found| found.as_deref().map(number_of);
            match (number(&left), number(&right)) {
                (Some(left), Some(right)) => match self.operator {
                    Operator::LessOrEqual => left <= right,
                    Operator::GreaterOrEqual => left >= right,
                    Operator::Less => left < right,
                    Operator::Greater => left > right,
                    Operator::Equal | Operator::NotEqual => left == right,
                },
                (None, _) | (_, None) => false,
            }
        };
        let shown = format!(
            "{} {} {}",
            self.left.shown(&left, &self.right),
            self.operator.sign(),
            self.right.shown(&right, &self.left)
        );
        Judged { step: None, condition: self.text.clone(), shown, holds }
    }

    /// Every element of an array must fit, and there must be one.
    fn judge_each(&self, at: usize, array: &Path, facts: &Facts<'_>) -> Judged {
        let judged =
            |shown, holds| Judged { step: None, condition: self.text.clone(), shown, holds };
        let length = match facts.json().and_then(|body| array.find(body)) {
            Some(Value::Array(elements)) => elements.len(),
            Some(_) | None => 0,
        };
        if length == 0 || length > ELEMENTS_MAX {
            let why = if length == 0 { "no elements" } else { "too many elements" };
            return judged(format!("{} ({why})", self.text), false);
        }
        for index in 0..length {
            let (head, tail) = (&self.text[..at], &self.text[at + read::EACH.len()..]);
            let Ok(one) = Self::read(&format!("{head}[{index}]{tail}")) else { continue };
            let one = one.judge(facts);
            if !one.holds {
                return judged(one.shown, false);
            }
        }
        judged(format!("{} ({length} elements)", self.text), true)
    }
}

/// What the module itself says about an answer, where there are conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnVerdict {
    /// It counts beside the conditions: somebody named the module.
    Counts,
    /// Conditions alone judge the answer.
    Ignored,
}

/// Judges an outcome by conditions and tells of it: each with the values found and in a series, all
/// in the success.
///
/// A probe that came to no answer fails whatever its conditions say, unless one of them looks at
/// `[CONNECTED]`.
pub fn apply(
    conditions: &[Condition],
    own: OwnVerdict,
    now: Timestamp,
    memory: Option<&Memory>,
    outcome: &mut Outcome,
) {
    if conditions.is_empty() {
        return;
    }
    let facts = Facts::new(outcome, now, memory);
    let judged: Vec<Judged> = conditions.iter().map(|one| one.judge(&facts)).collect();
    // Without a module of its own nothing but these judges an answer.
    let is_judgement =
        |reason| matches!(reason, Reason::Status | Reason::Rcode | Reason::NotServing);
    let expects_none = conditions.iter().any(Condition::looks_at_connection);
    let excused = |reason| own == OwnVerdict::Ignored && (expects_none || is_judgement(reason));
    outcome.reason = outcome.reason.filter(|reason| !excused(*reason));
    if outcome.reason.is_none() {
        outcome.findings.why = None;
        if let Some(failed) = judged.iter().find(|one| !one.holds) {
            outcome.reason = Some(Reason::Condition);
            outcome.findings.why = Some(format!("condition does not hold: {}", failed.shown));
        }
    }
    outcome.success = outcome.reason.is_none();
    let success = f64::from(u8::from(outcome.success));
    for family in &mut outcome.families {
        if family.name == SUCCESS.0 {
            family.points.iter_mut().for_each(|point| point.value = success);
        }
    }
    outcome.families.push(family(&judged));
    outcome.conditions = judged;
}

/// Whether each condition held; the same text twice is one.
fn family(judged: &[Judged]) -> Family {
    let help = "Whether a condition on the answer held (1) or not (0).";
    let mut family = Family::gauge(CONDITION_SERIES, help);
    let mut told = BTreeSet::new();
    for one in judged {
        if told.insert(&one.condition) {
            let labels = Labels::from_pairs([("condition", one.condition.as_str())]);
            family.push(labels, f64::from(u8::from(one.holds)));
        }
    }
    family
}

impl Operand {
    fn text(&self) -> &str {
        match self {
            Self::Literal(text)
            | Self::Pattern { text, .. }
            | Self::Any { text, .. }
            | Self::Value { text, .. } => text,
        }
    }

    fn resolve(&self, facts: &Facts<'_>) -> Found {
        match self {
            Self::Value { function, of, .. } => facts.value(*function, of),
            Self::Literal(_) | Self::Pattern { .. } | Self::Any { .. } => {
                Some(self.text().to_owned())
            }
        }
    }

    /// The text with the value behind it, where it has one.
    fn shown(&self, found: &Found, other: &Self) -> String {
        let text = self.text();
        let Self::Value { function, of, .. } = self else { return text.to_owned() };
        let Some(value) = found else { return format!("{text} (INVALID)") };
        let is_expiration =
            *of == Placeholder::CertificateExpiration && *function == Function::None;
        let is_time = is_expiration || *function == Function::Age;
        let value = if is_time {
            show_duration(value.parse().unwrap_or_default())
        } else {
            let chars_max = match other {
                Self::Pattern { .. } => SHOWN_BESIDE_PATTERN_CHARS_MAX,
                Self::Literal(_) | Self::Any { .. } | Self::Value { .. } => SHOWN_CHARS_MAX,
            };
            match value.char_indices().nth(chars_max) {
                Some((end, _)) => format!("{}...(truncated)", &value[..end]),
                None => value.clone(),
            }
        };
        format!("{text} ({value})")
    }
}

/// Equal as upstream compares: patterns, lists, whole numbers, texts. What is not there equals
/// nothing.
fn is_equal(left: &Operand, found: Option<&str>, right: &Operand, other: Option<&str>) -> bool {
    let (Some(found), Some(other)) = (found, other) else { return false };
    match (left, right) {
        (Operand::Pattern { pattern, .. }, _) => go_glob(pattern, other).unwrap_or(false),
        (_, Operand::Pattern { pattern, .. }) => go_glob(pattern, found).unwrap_or(false),
        (Operand::Any { options, .. }, _) => options.iter().any(|option| option == other),
        (_, Operand::Any { options, .. }) => options.iter().any(|option| option == found),
        (
            Operand::Literal(_) | Operand::Value { .. },
            Operand::Literal(_) | Operand::Value { .. },
        ) => match (go_int(found), go_int(other)) {
            (Some(left), Some(right)) => left == right,
            (None, _) | (_, None) => found == other,
        },
    }
}

/// A text as a number: durations count milliseconds, fractions are cut off, words are 0.
fn number_of(text: &str) -> i64 {
    let duration = go_duration_ms(text).filter(|ms| *ms != 0);
    // Casts saturate, as nothing here needs more than a whole number of milliseconds.
    #[expect(clippy::cast_possible_truncation, reason = "fractions are cut off as upstream does")]
    let float = || text.parse::<f64>().map(|number| number as i64).ok();
    duration.or_else(|| go_int(text)).or_else(float).unwrap_or(0)
}

impl<'a> Facts<'a> {
    pub(crate) fn new(outcome: &'a Outcome, now: Timestamp, memory: Option<&'a Memory>) -> Self {
        Self { outcome, now, memory, body: OnceCell::new() }
    }

    fn json(&self) -> Option<&Value> {
        let text = self.outcome.findings.body.as_deref()?;
        self.body.get_or_init(|| serde_json::from_str(text).ok()).as_ref()
    }

    fn value(&self, function: Function, of: &Placeholder) -> Found {
        if function == Function::Age {
            let instant = age::instant_ms(&self.value(Function::None, of)?)?;
            return Some((self.now.ms() - instant).to_string());
        }
        let findings = &self.outcome.findings;
        let plain = match of {
            Placeholder::Status => findings.status.unwrap_or(0).to_string(),
            Placeholder::Ip => findings.address.map(|ip| ip.to_string()).unwrap_or_default(),
            Placeholder::ResponseTime => self.outcome.duration.as_millis().to_string(),
            Placeholder::DnsRcode => findings.rcode.unwrap_or_default().to_owned(),
            Placeholder::Connected => findings.connected.to_string(),
            Placeholder::CertificateExpiration => self.certificate_ms().to_string(),
            Placeholder::Body(path) => return self.body(function, path),
            Placeholder::Header(name) => {
                let value = findings.headers.get(name);
                if function == Function::Has {
                    return Some(value.is_some().to_string());
                }
                String::from_utf8_lossy(value?.as_bytes()).into_owned()
            }
            Placeholder::Context(path) => {
                return self.memory.map_or_else(
                    || (function == Function::Has).then(|| "false".to_owned()),
                    |memory| applied(function, memory.get(path)),
                );
            }
        };
        Some(match function {
            Function::None | Function::Age => plain,
            Function::Len => plain.len().to_string(),
            Function::Has => (!plain.is_empty()).to_string(),
        })
    }

    /// Milliseconds until the target's own certificate ends; 0 when it showed none.
    fn certificate_ms(&self) -> i64 {
        let leaf = self.outcome.certificates.first();
        leaf.map_or(0, |leaf| leaf.not_after.saturating_mul(1000) - self.now.ms())
    }

    fn body(&self, function: Function, path: &Path) -> Found {
        let body = self.outcome.findings.body.as_deref().unwrap_or_default();
        if !path.is_empty() {
            return applied(function, self.json().and_then(|json| path.find(json)));
        }
        let trimmed = body.trim();
        Some(match function {
            Function::None | Function::Age => trimmed.to_owned(),
            Function::Has => (!trimmed.is_empty()).to_string(),
            Function::Len => match self.json() {
                Some(Value::Array(elements)) => elements.len().to_string(),
                Some(_) | None => body.len().to_string(),
            },
        })
    }
}

/// A function of a value of JSON.
fn applied(function: Function, value: Option<&Value>) -> Found {
    let value = value.filter(|value| !value.is_null());
    match function {
        Function::Has => Some(value.is_some().to_string()),
        Function::Len => value.map(|value| json::length(value).to_string()),
        Function::None | Function::Age => value.map(json::text),
    }
}

/// The value of a placeholder as a step leaves it to the next ones.
pub(crate) fn value_to_keep(operand: &str, facts: &Facts<'_>) -> Option<Value> {
    let operand = read::value(operand).ok()?;
    match &operand {
        Operand::Value { function: Function::None, of: Placeholder::Body(path), .. }
            if !path.is_empty() =>
        {
            facts.json().and_then(|json| path.find(json)).filter(|value| !value.is_null()).cloned()
        }
        _ => operand.resolve(facts).map(Value::String),
    }
}

/// Is a text a placeholder whose value can be kept?
pub(crate) fn check_to_keep(text: &str) -> Result<(), Mistake> {
    match read::value(text)? {
        Operand::Value { .. } => Ok(()),
        Operand::Literal(_) | Operand::Pattern { .. } | Operand::Any { .. } => {
            Err(Mistake { message: format!("`{text}` is no placeholder such as `[BODY].id`") })
        }
    }
}

#[cfg(test)]
mod tests;
