//! Formats: plain text and directives such as `%-8.2f`, read as Go's fmt.Sprintf reads them.
//! Mistakes do not fail: they are written into the output, `%!d(string=x)` for example.

use super::sink::Sink;
use super::verbs::Printer;
use crate::value::Value;
use std::str::Chars;

/// Largest width, precision and argument number; above, Go ignores it.
const NUMBER_MAX: usize = 1_000_000;

/// Flags, width and precision of a directive.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "the flags of a directive are just these")]
pub(super) struct Flags {
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    /// `%+v`: names of fields.
    pub(super) plus_v: bool,
    /// `%#v`: Go syntax.
    pub(super) sharp_v: bool,
}

/// Writes a format with its arguments.
pub(super) fn print(out: &mut Sink, format: &str, values: &[Value]) {
    let mut reader =
        Reader { out, rest: format.chars(), values, next: 0, reordered: false, misnumbered: false };
    while !reader.out.is_full() && reader.plain() && reader.directive() {}
    reader.extra();
}

struct Reader<'a> {
    out: &'a mut Sink,
    rest: Chars<'a>,
    values: &'a [Value],
    next: usize,
    /// Some directive names its argument: `%[2]d`.
    reordered: bool,
    /// The directive names an argument that is not there.
    misnumbered: bool,
}

impl Reader<'_> {
    /// Copies what stands before the next directive; false at the end.
    fn plain(&mut self) -> bool {
        let text = self.rest.as_str();
        let end = text.find('%').unwrap_or(text.len());
        self.out.push(&text[..end]);
        self.rest = text[end..].chars();
        self.rest.next().is_some()
    }

    /// Takes the next character if it is this one.
    fn accept(&mut self, wanted: char) -> bool {
        let accepted = self.rest.as_str().starts_with(wanted);
        if accepted {
            self.rest.next();
        }
        accepted
    }

    /// Writes one directive; false when the format ends in it.
    fn directive(&mut self) -> bool {
        self.misnumbered = false;
        let mut flags = self.flags();
        let mut numbered = self.argument_number();
        numbered = self.width(&mut flags, numbered);
        if self.accept('.') {
            self.misnumbered |= numbered;
            numbered = self.precision(&mut flags);
        }
        if !numbered {
            self.argument_number();
        }
        let Some(verb) = self.rest.next() else {
            self.out.push("%!(NOVERB)");
            return false;
        };
        self.verb(verb, flags);
        true
    }

    fn verb(&mut self, verb: char, mut flags: Flags) {
        if verb == '%' {
            self.out.push("%");
        } else if self.misnumbered {
            self.out.push(&format!("%!{verb}(BADINDEX)"));
        } else if let Some(value) = self.values.get(self.next) {
            if verb == 'v' {
                flags.sharp_v = std::mem::take(&mut flags.sharp);
                flags.plus_v = std::mem::take(&mut flags.plus);
            }
            self.next += 1;
            Printer::new(self.out, flags).argument(value, verb);
        } else {
            self.out.push(&format!("%!{verb}(MISSING)"));
        }
    }

    fn flags(&mut self) -> Flags {
        let mut flags = Flags::default();
        loop {
            match self.rest.clone().next() {
                Some('#') => flags.sharp = true,
                Some('0') => flags.zero = !flags.minus,
                Some('+') => flags.plus = true,
                Some(' ') => flags.space = true,
                Some('-') => {
                    flags.minus = true;
                    flags.zero = false;
                }
                _ => return flags,
            }
            self.rest.next();
        }
    }

    /// Reads `[n]`, which chooses the next argument; true when there was one.
    fn argument_number(&mut self) -> bool {
        let text = self.rest.as_str();
        let Some(inner) = text.strip_prefix('[') else { return false };
        self.reordered = true;
        let Some((digits, behind)) = inner.split_once(']').filter(|_| text.len() > 2) else {
            self.misnumbered = true;
            self.rest.next();
            return false;
        };
        self.rest = behind.chars();
        let number = digits.parse::<usize>().ok().filter(|_| !digits.starts_with('+'));
        let index = number.and_then(|number| number.checked_sub(1));
        match index.filter(|index| *index < self.values.len()) {
            Some(index) => self.next = index,
            None => self.misnumbered = true,
        }
        number.is_some()
    }

    /// Reads the width; returns whether an argument number stands right before what follows.
    fn width(&mut self, flags: &mut Flags, numbered: bool) -> bool {
        if !self.accept('*') {
            flags.width = self.number();
            self.misnumbered |= numbered && flags.width.is_some();
            return numbered;
        }
        match self.number_argument() {
            None => self.out.push("%!(BADWIDTH)"),
            Some(width) => {
                flags.width = usize::try_from(width.unsigned_abs()).ok();
                if width < 0 {
                    flags.minus = true;
                    flags.zero = false;
                }
            }
        }
        false
    }

    /// Reads the precision behind the point, like the width.
    fn precision(&mut self, flags: &mut Flags) -> bool {
        let numbered = self.argument_number();
        if !self.accept('*') {
            flags.precision = Some(self.number().unwrap_or(0));
            return numbered;
        }
        flags.precision = self.number_argument().and_then(|number| usize::try_from(number).ok());
        if flags.precision.is_none() {
            self.out.push("%!(BADPREC)");
        }
        false
    }

    /// Reads digits; a number that is too large takes the rest of the format with it.
    fn number(&mut self) -> Option<usize> {
        let text = self.rest.as_str();
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        if end == 0 {
            return None;
        }
        let number = text[..end].parse().ok().filter(|number| *number <= NUMBER_MAX);
        self.rest = if number.is_some() { text[end..].chars() } else { "".chars() };
        number
    }

    /// The next argument as width or precision, if it is a small integer.
    fn number_argument(&mut self) -> Option<i64> {
        let value = self.values.get(self.next)?;
        self.next += 1;
        let most = i64::try_from(NUMBER_MAX).ok()?;
        match value {
            Value::Int(_, number) if (-most..=most).contains(number) => Some(*number),
            _ => None,
        }
    }

    /// Tells of arguments that no directive used.
    fn extra(self) {
        let Some(extra) = self.values.get(self.next..).filter(|extra| !extra.is_empty()) else {
            return;
        };
        if self.reordered {
            return;
        }
        self.out.push("%!(EXTRA ");
        for (index, value) in extra.iter().enumerate() {
            self.out.push(if index > 0 { ", " } else { "" });
            Printer::new(self.out, Flags::default()).typed(value);
        }
        self.out.push(")");
    }
}
