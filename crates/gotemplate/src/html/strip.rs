//! Text content of a piece of HTML, for places where tags cannot stand.

use super::context::{Context, Delim, Element, State};
use super::place;

/// The text without tags and comments; what cannot be followed any further is left out.
pub(super) fn tags(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut context = Context::default();
    let mut rest = html;
    while !rest.is_empty() {
        if context.delim != Delim::None {
            let Some(end) = rest.find(context.delim.ends()) else { return text };
            let quote = usize::from(context.delim != Delim::SpaceOrTagEnd);
            context = Context { state: State::Tag, element: context.element, ..Context::default() };
            rest = &rest[end + quote..];
            continue;
        }
        let raw = context.element != Element::Other && !context.state.is_in_tag();
        let read_as = if raw { Context { state: State::Rcdata, ..context } } else { context };
        let Ok((next, read)) = place::advance(read_as, rest) else { return text };
        if matches!(context.state, State::Text | State::Rcdata) {
            let piece = &rest[..read];
            let opened = piece.rfind('<').filter(|_| next.state != context.state);
            text.push_str(&piece[..opened.unwrap_or(read)]);
        }
        if read == 0 && next == context {
            return text;
        }
        context = next;
        rest = &rest[read..];
    }
    text
}
