//! Turns parser events into nodes: follows aliases, merges `<<`, refuses duplicate keys.
//! An alias shares its target, so a bomb of aliases costs no memory, only weight, and is refused
//! when the weight passes the bound, before anybody walks the tree.

use super::{Content, Document, Node, Scalar, Style};
use crate::{Error, Place, Problem};
use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Longest text of a file.
const TEXT_BYTES_MAX: usize = 16 << 20;
/// Deepest nesting of lists and maps, aliases included.
const DEPTH_MAX: usize = 64;
/// Most nodes of a file, aliases followed.
const WEIGHT_MAX: usize = 1_000_000;

/// Parses the first document of a text; an empty text is an empty map.
///
/// Further documents are not parsed, only seen, as upstream's loaders do it.
pub(crate) fn first_document(file: &str, text: &str) -> Result<Document, Error> {
    let mut composer = Composer::new(file, text)?;
    let Some(root) = composer.document()? else {
        return Ok(Document { root: Node::empty_map(), next: None });
    };
    Ok(Document { root, next: composer.next_start() })
}

/// The root of a text that holds one document and nothing behind it.
pub(crate) fn only_document(text: &str) -> Option<Node> {
    let mut composer = Composer::new("", text).ok()?;
    let root = composer.document().ok()??;
    loop {
        match composer.next().ok()? {
            None | Some((Event::StreamEnd, _)) => return Some(root),
            Some((Event::DocumentEnd, _)) => {}
            Some(_) => return None,
        }
    }
}

struct Composer<'t> {
    file: &'t str,
    text: &'t str,
    parser: Parser<'t, granit_parser::StrInput<'t>>,
    anchors: HashMap<usize, Node>,
    weight: usize,
    /// Characters of the last event in the file, if it stands on one line.
    length: Option<usize>,
}

impl<'t> Composer<'t> {
    fn new(file: &'t str, text: &'t str) -> Result<Self, Error> {
        let options = granit_parser::options! {
            emit_comments: false,
            flow_nesting_limit: DEPTH_MAX,
            block_nesting_limit: DEPTH_MAX,
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let parser = Parser::new_from_str_with_options(text, options);
        let anchors = HashMap::new();
        let composer = Self { file, text, parser, anchors, weight: 0, length: None };
        if text.len() > TEXT_BYTES_MAX {
            let size = text.len();
            let message = format!("the file has {size} bytes, at most {TEXT_BYTES_MAX} are read");
            return Err(composer.error(Place::START, message));
        }
        Ok(composer)
    }

    fn error(&self, place: Place, message: impl Into<String>) -> Error {
        Error::syntax(Problem::new(self.file, self.text, place, message.into()))
    }

    fn next(&mut self) -> Result<Option<(Event<'t>, Place)>, Error> {
        match self.parser.next_event() {
            None => Ok(None),
            Some(Ok((event, span))) => {
                let length = span.end.index().saturating_sub(span.start.index());
                self.length = (span.start.line() == span.end.line()).then_some(length);
                Ok(Some((event, start(&span))))
            }
            Some(Err(error)) => Err(self.scan_error(&error)),
        }
    }

    fn scan_error(&self, error: &ScanError) -> Error {
        let marker = error.marker();
        let place = Place { line: marker.line().max(1), column: marker.col() + 1 };
        self.error(place, format!("this is no YAML: {}", error.info()))
    }

    /// The root of the next document; `None` at the end of the text.
    fn document(&mut self) -> Result<Option<Node>, Error> {
        self.anchors.clear();
        while let Some((event, place)) = self.next()? {
            match event {
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                Event::StreamEnd => return Ok(None),
                event => return self.node(event, place, 0).map(Some),
            }
        }
        Ok(None)
    }

    /// Where the next document begins; trouble there is trouble of a document nobody reads.
    fn next_start(&mut self) -> Option<Place> {
        while let Ok(Some((event, place))) = self.next() {
            match event {
                Event::DocumentStart(..) => return Some(place),
                Event::DocumentEnd => {}
                _ => return None,
            }
        }
        None
    }

    /// Builds the node that begins with `event`.
    fn node(&mut self, event: Event<'t>, place: Place, depth: usize) -> Result<Node, Error> {
        if depth > DEPTH_MAX {
            return Err(self.error(place, format!("nested deeper than {DEPTH_MAX} levels")));
        }
        let verbatim = self.is_verbatim(&event);
        let (anchor, content) = match event {
            Event::Alias(id) => return self.alias(id, place, depth),
            Event::Scalar(text, style, anchor, tag) => {
                (anchor, self.scalar(text.into_owned(), style, tag.as_deref(), place)?)
            }
            Event::SequenceStart(_, anchor, _) => (anchor, self.list(depth)?),
            Event::MappingStart(_, anchor, _) => (anchor, self.map(depth)?),
            other => return Err(self.error(place, format!("unexpected {other:?}"))),
        };
        let (below, height) = measure(&content);
        let node = Node { place, content, verbatim, weight: below + 1, height: height + 1 };
        self.grow(1, place)?;
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    /// Escapes and joined lines make the text shorter than what the file has for it.
    fn is_verbatim(&self, event: &Event<'_>) -> bool {
        let Event::Scalar(text, style, ..) = event else { return false };
        let quotes = match style {
            ScalarStyle::Plain => 0,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => 2,
            ScalarStyle::Literal | ScalarStyle::Folded => return false,
        };
        self.length == Some(text.chars().count() + quotes)
    }

    /// An alias is its target, at the target's place; a node cannot contain itself, because its
    /// anchor is known only after its end.
    fn alias(&mut self, id: usize, place: Place, depth: usize) -> Result<Node, Error> {
        let Some(node) = self.anchors.get(&id).cloned() else {
            return Err(self.error(place, "this alias stands inside the node it names"));
        };
        if depth + node.height > DEPTH_MAX {
            return Err(self.error(place, format!("nested deeper than {DEPTH_MAX} levels")));
        }
        self.grow(node.weight, place)?;
        Ok(node)
    }

    fn grow(&mut self, by: usize, place: Place) -> Result<(), Error> {
        self.weight += by;
        if self.weight > WEIGHT_MAX {
            let message = format!("more than {WEIGHT_MAX} values, aliases followed");
            return Err(self.error(place, message));
        }
        Ok(())
    }

    fn scalar(
        &self,
        text: String,
        style: ScalarStyle,
        tag: Option<&Tag>,
        place: Place,
    ) -> Result<Content, Error> {
        let tag = tag.and_then(|tag| tag.suffix_in_namespace("tag:yaml.org,2002:"));
        let tag = tag.as_deref();
        let text = if tag == Some("binary") { self.binary(&text, place)? } else { text };
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        let forced_text = matches!(tag, Some("str" | "binary"));
        Ok(Content::Scalar(Arc::new(Scalar { text, style, forced_text })))
    }

    fn binary(&self, text: &str, place: Place) -> Result<String, Error> {
        let bytes = decode_base64(text)
            .ok_or_else(|| self.error(place, "`!!binary` value is no valid base64"))?;
        String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            self.error(place, format!("`!!binary` value is no valid UTF-8 at byte {at}"))
        })
    }

    fn list(&mut self, depth: usize) -> Result<Content, Error> {
        let mut items = Vec::new();
        while let Some((event, place)) = self.next()? {
            if matches!(event, Event::SequenceEnd) {
                break;
            }
            items.push(self.node(event, place, depth + 1)?);
        }
        Ok(Content::List(items.into()))
    }

    fn map(&mut self, depth: usize) -> Result<Content, Error> {
        let mut entries: Vec<(Node, Node)> = Vec::new();
        let mut seen: HashSet<String> = HashSet::new();
        let mut merges = Vec::new();
        while let Some((event, place)) = self.next()? {
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let key = self.node(event, place, depth + 1)?;
            let Some((event, place)) = self.next()? else { break };
            let value = self.node(event, place, depth + 1)?;
            let Some(name) = key.scalar() else {
                return Err(self.error(key.place, format!("a key is a text, found {}", key.kind())));
            };
            if name.style == Style::Plain && name.text == "<<" {
                merges.push(value);
            } else if seen.insert(name.text.clone()) {
                entries.push((key, value));
            } else {
                let message = format!("key `{}` is already set in this map", name.text);
                return Err(self.error(key.place, message));
            }
        }
        for merge in merges {
            self.merge(&merge, &mut entries, &mut seen)?;
        }
        Ok(Content::Map(entries.into()))
    }

    /// `<<: *defaults` or `<<: [*a, *b]`: entries that are not set yet; the first map wins.
    fn merge(
        &self,
        from: &Node,
        entries: &mut Vec<(Node, Node)>,
        seen: &mut HashSet<String>,
    ) -> Result<(), Error> {
        let maps = match &from.content {
            Content::List(items) => items.as_ref(),
            Content::Map(_) | Content::Scalar(_) => std::slice::from_ref(from),
        };
        for map in maps {
            let Content::Map(inherited) = &map.content else {
                let message = format!("`<<` merges maps, found {}", map.kind());
                return Err(self.error(map.place, message));
            };
            for (key, value) in inherited.iter() {
                let name = key.scalar().map_or("", |scalar| scalar.text.as_str());
                if seen.insert(name.to_owned()) {
                    entries.push((key.clone(), value.clone()));
                }
            }
        }
        Ok(())
    }
}

/// Sum of the weights and largest height of the children.
fn measure(content: &Content) -> (usize, usize) {
    let sum = |(weight, height): (usize, usize), node: &Node| {
        (weight + node.weight, height.max(node.height))
    };
    match content {
        Content::Scalar(_) => (0, 0),
        Content::List(items) => items.iter().fold((0, 0), sum),
        Content::Map(entries) => entries.iter().fold((0, 0), |all, (k, v)| sum(sum(all, k), v)),
    }
}

fn start(span: &Span) -> Place {
    Place { line: span.start.line().max(1), column: span.start.col() + 1 }
}

/// RFC 4648, section 4, with padding; white space between the letters is allowed.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let letters: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let body =
        letters.strip_suffix(b"==").or_else(|| letters.strip_suffix(b"=")).unwrap_or(&letters);
    if !letters.len().is_multiple_of(4) {
        return None;
    }
    let mut bytes = Vec::with_capacity(body.len() * 3 / 4);
    let (mut bits, mut pending) = (0_u32, 0_u32);
    for &letter in body {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xffff;
        pending += 6;
        if pending >= 8 {
            pending -= 8;
            bytes.push((bits >> pending & 0xff) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests;
