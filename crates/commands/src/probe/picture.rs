//! An answer for people: a headline, the phases as a waterfall, conditions, certificates, and what
//! to do. Lines out; nothing here writes.

use super::{Answer, advice};
use crate::time_words::{date, span_words};
use net::Certificate;
use probe::{Outcome, Reason, Span};
use std::time::Duration;

/// Narrowest and widest picture, in columns.
const COLUMNS: std::ops::RangeInclusive<usize> = 60..=160;
const COLUMNS_DEFAULT: usize = 100;
/// Columns before the bars: indent, phase, time.
const BEFORE_BARS: usize = 2 + 12 + 12;
/// Warn when a certificate ends within this time: 21 days.
const ENDS_SOON_SECONDS: i64 = 21 * 86_400;
/// Names of a certificate that are shown.
const NAMES_SHOWN: usize = 5;

/// How pictures are drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Canvas {
    columns: usize,
    is_coloured: bool,
    bar: char,
}

#[derive(Clone, Copy)]
enum Colour {
    Red = 31,
    Green = 32,
    Yellow = 33,
    Blue = 34,
    Magenta = 35,
    Cyan = 36,
    Dim = 2,
}

impl Canvas {
    /// As wide as the terminal, in characters that it can show.
    pub(super) fn of_terminal(is_coloured: bool) -> Self {
        let asked = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
        let size = || rustix::termios::tcgetwinsize(std::io::stdout()).ok();
        let seen = || size().map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0);
        let columns = asked.or_else(seen).unwrap_or(COLUMNS_DEFAULT);
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
        let locale = locale.unwrap_or_default().to_ascii_lowercase();
        let is_utf8 = locale.contains("utf-8") || locale.contains("utf8");
        Self::new(columns, is_coloured, if is_utf8 { '█' } else { '#' })
    }

    pub(super) fn new(columns: usize, is_coloured: bool, bar: char) -> Self {
        Self { columns: columns.clamp(*COLUMNS.start(), *COLUMNS.end()), is_coloured, bar }
    }

    /// The whole picture.
    pub(super) fn draw(&self, answer: &Answer) -> Vec<String> {
        let mut lines = vec![self.headline(answer)];
        lines.extend(self.failure(answer));
        lines.extend(self.waterfall(&answer.outcome));
        lines.extend(self.conditions(answer));
        lines.extend(self.certificates(answer));
        lines
    }

    fn paint(&self, colour: Colour, text: &str) -> String {
        if self.is_coloured {
            format!("\x1b[{}m{text}\x1b[0m", colour as u8)
        } else {
            text.to_owned()
        }
    }

    fn headline(&self, answer: &Answer) -> String {
        let outcome = &answer.outcome;
        let findings = &outcome.findings;
        let word = if outcome.success {
            self.paint(Colour::Green, "OK")
        } else {
            self.paint(Colour::Red, "FAILED")
        };
        let status = findings.status.map(|status| status.to_string());
        let facts = [
            status,
            findings.version.map(str::to_owned),
            findings.rcode.map(str::to_owned),
            findings.tls.as_ref().map(|(version, _)| (*version).to_owned()),
            findings.address.map(|ip| ip.to_string()),
            Some(millis(outcome.duration)),
        ];
        let facts: Vec<String> = facts.into_iter().flatten().collect();
        format!("{word}  {}  {}", answer.target, facts.join(", "))
    }

    fn failure(&self, answer: &Answer) -> Vec<String> {
        let Some(reason) = answer.outcome.reason else { return Vec::new() };
        let why = answer.outcome.findings.why.as_deref().unwrap_or(reason.name());
        let mut lines = vec![String::new()];
        lines.extend(self.wrapped("why", &format!("{} ({})", why, reason.name())));
        let advice = advice::advice(answer).unwrap_or_default();
        lines.extend(self.wrapped("try", &advice));
        lines
    }

    /// A text behind a word, its further lines indented.
    fn wrapped(&self, head: &str, text: &str) -> Vec<String> {
        let room = self.columns.saturating_sub(7).max(20);
        let mut lines: Vec<String> = Vec::new();
        let mut line = String::new();
        for word in text.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
        let heads = std::iter::once(format!("{head:<5}")).chain(std::iter::repeat("     ".into()));
        let painted = heads.map(|head| self.paint(Colour::Dim, &head));
        painted.zip(lines).map(|(head, line)| format!("  {head}{line}")).collect()
    }

    fn waterfall(&self, outcome: &Outcome) -> Vec<String> {
        let spans = &outcome.findings.spans;
        let Some(end) = spans.iter().map(|span| span.start + span.length).max() else {
            return Vec::new();
        };
        let end = end.max(Duration::from_nanos(1));
        let mut lines = vec![String::new()];
        let mut hop = None;
        for span in spans {
            if hop != Some(span.hop) && !outcome.findings.urls.is_empty() {
                hop = Some(span.hop);
                let url = outcome.findings.urls.get(span.hop).map_or("", String::as_str);
                lines.push(format!("  {}", self.paint(Colour::Dim, url)));
            }
            lines.push(self.bar(span, end, outcome.reason));
        }
        lines
    }

    fn bar(&self, span: &Span, end: Duration, reason: Option<Reason>) -> String {
        let room = self.columns - BEFORE_BARS - 2;
        let column = |time: Duration| {
            let share = time.as_secs_f64() / end.as_secs_f64();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a share of the columns, between 0 and 160"
            )]
            let column = (share * room as f64).round() as usize;
            column.min(room)
        };
        let from = column(span.start).min(room - 1);
        let to = column(span.start + span.length).max(from + 1);
        let bar: String = std::iter::repeat_n(self.bar, to - from).collect();
        let colour = match span.phase {
            _ if span.is_cut => Colour::Red,
            "resolve" => Colour::Cyan,
            "connect" => Colour::Yellow,
            "tls" => Colour::Magenta,
            "transfer" => Colour::Blue,
            _ => Colour::Green,
        };
        let ended = match reason.filter(|_| span.is_cut) {
            Some(reason) => format!(" {}", reason.name()),
            None => String::new(),
        };
        let time = millis(span.length);
        let (bar, gap) = (self.paint(colour, &bar), " ".repeat(from));
        format!("  {:<11} {time:>10}  {gap}{bar}{ended}", span.phase)
    }

    fn conditions(&self, answer: &Answer) -> Vec<String> {
        if answer.outcome.conditions.is_empty() {
            return Vec::new();
        }
        let line = |one: &probe::Judged| {
            let word = if one.holds {
                self.paint(Colour::Green, "holds")
            } else {
                self.paint(Colour::Red, "fails")
            };
            format!("  {word}  {}", one.shown)
        };
        let lines = answer.outcome.conditions.iter().map(line);
        std::iter::once(String::new()).chain(lines).collect()
    }

    fn certificates(&self, answer: &Answer) -> Vec<String> {
        let certificates = &answer.outcome.certificates;
        if certificates.is_empty() {
            return Vec::new();
        }
        let tls = answer.outcome.findings.tls.as_ref();
        let about = match tls {
            Some((version, cipher)) => format!(" ({version}, {cipher})"),
            None if answer.is_untrusted => " (as shown, not trusted)".to_owned(),
            None => String::new(),
        };
        let mut lines = vec![String::new(), format!("  certificates{about}")];
        let now = answer.now.ms() / 1000;
        for (number, one) in certificates.iter().enumerate() {
            lines.extend(self.certificate(number + 1, one, now));
        }
        lines
    }

    fn certificate(&self, number: usize, one: &Certificate, now: i64) -> Vec<String> {
        let left = one.not_after - now;
        let words = span_words(left.unsigned_abs());
        let (colour, words) = if left < 0 {
            (Colour::Red, format!("expired {} ({words} ago)", date(one.not_after)))
        } else if left < ENDS_SOON_SECONDS {
            (Colour::Yellow, format!("expires {} (in {words})", date(one.not_after)))
        } else {
            (Colour::Green, format!("expires {} (in {words})", date(one.not_after)))
        };
        let subject = if one.subject.is_empty() { "(no subject)" } else { &one.subject };
        let mut lines =
            vec![format!("  {number}  {subject}"), format!("     {}", self.paint(colour, &words))];
        if !one.dns_names.is_empty() && number == 1 {
            let more = one.dns_names.len().saturating_sub(NAMES_SHOWN);
            let names: Vec<&str> =
                one.dns_names.iter().take(NAMES_SHOWN).map(String::as_str).collect();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            lines.push(format!("     for {}{more}", names.join(", ")));
        }
        let issuer = if one.issuer == one.subject { "itself" } else { &one.issuer };
        lines.push(format!("     signed by {issuer}"));
        lines
    }
}

/// `0.3 ms`, `12.3 ms`, `1.20 s`
fn millis(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{:.1} ms", time.as_secs_f64() * 1e3)
    } else {
        format!("{:.2} s", time.as_secs_f64())
    }
}
