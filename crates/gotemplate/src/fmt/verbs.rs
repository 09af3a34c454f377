//! One value under one verb: what `%d` makes of a number, `%q` of a list of texts, and how a value
//! says that it does not know the verb: `%!d(string=x)`.

use super::directive::Flags;
use super::sink::Sink;
use super::{float, integer, quote};
use crate::types::IntType;
use crate::value::{List, Map, Struct, Value};

/// Writes values with the flags of one directive.
pub(super) struct Printer<'o> {
    out: &'o mut Sink,
    flags: Flags,
    /// Inside `%!verb(...)`: values are shown plainly, whatever they say about themselves.
    complaining: bool,
    /// Pointers at the top are shown as what they point to, without `&`.
    follows: bool,
}

impl<'o> Printer<'o> {
    pub(super) fn new(out: &'o mut Sink, flags: Flags) -> Self {
        Self { out, flags, complaining: false, follows: false }
    }

    /// One that shows what a pointer points to.
    pub(super) fn following(out: &'o mut Sink) -> Self {
        Self { follows: true, ..Self::new(out, Flags::default()) }
    }

    /// Writes an argument.
    pub(super) fn argument(&mut self, value: &Value, verb: char) {
        match (verb, value) {
            ('T', value) => {
                let name = value.type_of().map_or_else(|| "<nil>".into(), |kind| kind.to_string());
                self.pad(&name);
            }
            ('v', Value::Absent | Value::Nil) => self.pad("<nil>"),
            (_, Value::Absent | Value::Nil) => self.out.push(&format!("%!{verb}(<nil>)")),
            ('p', value) => self.complain(value, verb),
            (_, value) => self.value(value, verb, 0),
        }
    }

    /// `type=value`.
    pub(super) fn typed(&mut self, value: &Value) {
        if let Value::Absent | Value::Nil = value {
            return self.out.push("<nil>");
        }
        self.out.push(&value.type_name());
        self.out.push("=");
        self.value(value, 'v', 0);
    }

    fn complain(&mut self, value: &Value, verb: char) {
        self.out.push(&format!("%!{verb}("));
        self.complaining = true;
        self.typed(value);
        self.complaining = false;
        self.out.push(")");
    }

    fn value(&mut self, value: &Value, verb: char, depth: u32) {
        if self.out.is_full() {
            return;
        }
        let text = if self.complaining { None } else { own_words(value, verb, &self.flags) };
        if let Some(text) = text {
            return self.text(value, &text, verb);
        }
        match value {
            Value::Absent | Value::Nil if self.flags.sharp_v => self.out.push("interface {}(nil)"),
            Value::Absent | Value::Nil => self.out.push("<nil>"),
            Value::Bool(flag) if matches!(verb, 't' | 'v') => self.pad(&flag.to_string()),
            Value::Bool(_) => self.complain(value, verb),
            Value::Int(kind, number) => self.int(value, *kind, *number, verb),
            Value::Float(number) => self.float(value, *number, verb),
            Value::String(text) | Value::Safe(_, text) => self.text(value, text, verb),
            Value::List(list) => self.list(list, verb, depth),
            Value::Map(map) => self.map(map, verb, depth),
            Value::Struct(fields) => self.structure(fields, verb, depth),
            Value::Time(time) => self.text(value, &time.to_string(), verb),
            Value::Location(zone) => self.text(value, zone.name(), verb),
        }
    }

    fn int(&mut self, value: &Value, kind: IntType, number: i64, verb: char) {
        let base = match verb {
            'v' if self.flags.sharp_v && kind == IntType::Uint8 => {
                return self.pad(&format!("{number:#x}"));
            }
            'v' | 'd' => 10,
            'b' => 2,
            'o' | 'O' => 8,
            'x' | 'X' => 16,
            'c' => return self.pad(&rune(number).to_string()),
            'q' => {
                let (plus, rune) = (self.flags.plus, rune(number).to_string());
                return self.pad(&quote::quote_with(&rune, '\'', plus));
            }
            'U' => return self.unicode(number),
            _ => return self.complain(value, verb),
        };
        let text = integer::format(number, base, verb, &self.flags);
        let zero = std::mem::take(&mut self.flags.zero);
        self.pad(&text);
        self.flags.zero = zero;
    }

    /// `U+0041`, with `#` also the character.
    fn unicode(&mut self, number: i64) {
        let digits = self.flags.precision.unwrap_or(4).max(4);
        let character = if self.flags.sharp && quote::is_print(rune(number)) {
            format!(" '{}'", rune(number))
        } else {
            String::new()
        };
        let text = format!("U+{number:0digits$X}{character}");
        let zero = std::mem::take(&mut self.flags.zero);
        self.pad(&text);
        self.flags.zero = zero;
    }

    fn float(&mut self, value: &Value, number: f64, verb: char) {
        let (notation, default) = match verb {
            'v' => ('g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => (verb, None),
            'e' | 'E' => (verb, Some(6)),
            'f' | 'F' => ('f', Some(6)),
            _ => return self.complain(value, verb),
        };
        let precision = self.flags.precision.or(default);
        let sharp = self.flags.sharp && !matches!(verb, 'b' | 'x' | 'X');
        let precision = if sharp && precision.is_none() { Some(6) } else { precision };
        let mut text = float::format(number, notation, precision, sharp && verb != 'v');
        if sharp && matches!(notation, 'e' | 'E' | 'f') && !text.contains('.') {
            let end = text.find(['e', 'E']).unwrap_or(text.len());
            text.insert(end, '.');
        }
        if self.flags.sharp && matches!(verb, 'x' | 'X') && precision.is_none() {
            text = float::with_hexadecimal_zeros(&text);
        }
        let unsigned = text.trim_start_matches(['+', '-']).to_owned();
        let sign = match () {
            () if text.starts_with('-') => "-",
            () if self.flags.plus => "+",
            () if self.flags.space => " ",
            () if number.is_infinite() => "+",
            () => "",
        };
        if !number.is_finite() {
            self.flags.zero = false;
        }
        let width = self.flags.width.unwrap_or(0);
        let zeros =
            if self.flags.zero { width.saturating_sub(sign.len() + unsigned.len()) } else { 0 };
        if zeros > 0 {
            self.out.push(sign);
            self.out.repeat('0', zeros);
            return self.out.push(&unsigned);
        }
        self.pad(&format!("{sign}{unsigned}"));
    }

    fn text(&mut self, value: &Value, text: &str, verb: char) {
        match verb {
            'v' if self.flags.sharp_v => self.quoted(text),
            'v' | 's' => {
                let cut = self.cut(text).to_owned();
                self.pad(&cut);
            }
            'q' => self.quoted(text),
            'x' | 'X' => self.hexadecimal(text, verb),
            _ => self.complain(value, verb),
        }
    }

    /// As many characters as the precision says.
    fn cut<'t>(&self, text: &'t str) -> &'t str {
        let Some(precision) = self.flags.precision else { return text };
        let end = text.char_indices().nth(precision).map_or(text.len(), |(index, _)| index);
        &text[..end]
    }

    fn quoted(&mut self, text: &str) {
        let text = self.cut(text);
        let quoted = if self.flags.sharp && quote::can_backquote(text) {
            format!("`{text}`")
        } else {
            quote::quote_with(text, '"', self.flags.plus)
        };
        self.pad(&quoted);
    }

    fn hexadecimal(&mut self, text: &str, verb: char) {
        let bytes = text.as_bytes();
        let bytes = &bytes[..bytes.len().min(self.flags.precision.unwrap_or(usize::MAX))];
        let prefix = if verb == 'X' { "0X" } else { "0x" };
        let prefix = if self.flags.sharp { prefix } else { "" };
        let mut hex = String::with_capacity(bytes.len() * 2);
        for (index, byte) in bytes.iter().enumerate() {
            if self.flags.space && index > 0 {
                hex.push(' ');
            }
            if index == 0 || self.flags.space {
                hex.push_str(prefix);
            }
            let digits = format!("{byte:02x}");
            hex += &if verb == 'X' { digits.to_uppercase() } else { digits };
        }
        self.pad(&hex);
    }

    fn list(&mut self, list: &List, verb: char, depth: u32) {
        let go = self.flags.sharp_v;
        self.out.push(if go { list.kind().name } else { "" });
        self.out.push(if go { "{" } else { "[" });
        for (index, item) in list.items().iter().enumerate() {
            self.separate(index);
            self.value(item, verb, depth + 1);
            if self.out.is_full() {
                return;
            }
        }
        self.out.push(if go { "}" } else { "]" });
    }

    fn map(&mut self, map: &Map, verb: char, depth: u32) {
        let go = self.flags.sharp_v;
        self.out.push(if go { map.kind().name } else { "map" });
        self.out.push(if go { "{" } else { "[" });
        for (index, (key, value)) in map.entries().iter().enumerate() {
            self.separate(index);
            self.value(&Value::String(key.clone()), verb, depth + 1);
            self.out.push(":");
            self.value(value, verb, depth + 1);
            if self.out.is_full() {
                return;
            }
        }
        self.out.push(if go { "}" } else { "]" });
    }

    fn structure(&mut self, fields: &Struct, verb: char, depth: u32) {
        let kind = fields.kind();
        let followed = self.follows && depth == 0;
        self.out.push(if kind.pointer && !followed { "&" } else { "" });
        self.out.push(if self.flags.sharp_v { kind.name } else { "" });
        self.out.push("{");
        for (index, (field, value)) in kind.fields.iter().zip(fields.values()).enumerate() {
            self.separate(index);
            if self.flags.plus_v || self.flags.sharp_v {
                self.out.push(field.name);
                self.out.push(":");
            }
            self.value(value, verb, depth + 1);
        }
        self.out.push("}");
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.out.push(if self.flags.sharp_v { ", " } else { " " });
        }
    }

    /// Writes a text as wide as the width says.
    fn pad(&mut self, text: &str) {
        let width = self.flags.width.unwrap_or(0).saturating_sub(text.chars().count());
        if self.flags.minus {
            self.out.push(text);
            return self.out.repeat(' ', width);
        }
        self.out.repeat(if self.flags.zero { '0' } else { ' ' }, width);
        self.out.push(text);
    }
}

/// What values with a `String` method say about themselves, under the verbs that ask them.
fn own_words(value: &Value, verb: char, flags: &Flags) -> Option<String> {
    if flags.sharp_v || !matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') {
        return None;
    }
    match value {
        Value::Int(kind, number) => kind.words(*number),
        Value::List(list) => list.kind().print.map(|print| print(list)),
        Value::Map(map) => map.kind().print.map(|print| print(map)),
        Value::Time(time) => Some(time.to_string()),
        Value::Location(zone) => Some(zone.name().to_owned()),
        _ => None,
    }
}

fn rune(number: i64) -> char {
    u32::try_from(number).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}
