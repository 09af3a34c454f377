//! The line of a text that an error is about, with carets under the wrong part.
//! Long lines are cut around the place; tabs and wide characters keep the carets aligned.

use crate::ast::Place;

/// Most characters of a line that are shown.
const SHOWN_MAX: usize = 100;
/// Characters shown in front of the place when a line is cut.
const LEAD: usize = 40;

/// Two lines: the text and the carets.
pub(super) fn under(source: &str, place: Place) -> String {
    let start = floor(source, place.start);
    let line_start = source[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = source[start..].find(['\n', '\r']).map_or(source.len(), |at| start + at);
    let end = floor(source, place.end).clamp(start, line_end.max(start));
    let before: Vec<char> = source[line_start..start].chars().collect();
    let wrong = source[start..end].chars().count();
    let after: Vec<char> = source[start..line_end.max(start)].chars().collect();

    let cut =
        if before.len() + after.len() > SHOWN_MAX { before.len().saturating_sub(LEAD) } else { 0 };
    let lead = &before[cut..];
    let room = SHOWN_MAX.saturating_sub(lead.len());
    let mut text = String::from(if cut > 0 { "…" } else { "" });
    text.extend(lead.iter().chain(after.iter().take(room)));
    if after.len() > room {
        text.push('…');
    }
    let mut carets = String::from(if cut > 0 { " " } else { "" });
    // A tab stays a tab, so that it is as wide as the one above.
    carets.extend(lead.iter().map(|c| if *c == '\t' { '\t' } else { ' ' }));
    carets.extend(std::iter::repeat_n('^', wrong.clamp(1, room.max(1))));
    format!("  | {text}\n  | {carets}\n")
}

/// The nearest character border at or below a byte offset.
fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
