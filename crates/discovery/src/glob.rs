//! File name patterns as Go's `filepath.Match` reads them: `*`, `?`, `[a-z]`, `[^a-z]`, `\`.
//! Linear in practice: on a mismatch only the last `*` is tried again.

#[cfg(test)]
mod tests;

/// Does a file name (no slash in it) match the whole pattern? A malformed pattern matches nothing.
pub fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match step(&pattern[p..], name[n]) {
            Step::Star => {
                star = Some((p + 1, n));
                p += 1;
            }
            Step::Took(length) => {
                p += length;
                n += 1;
            }
            Step::Malformed => return false,
            Step::Mismatch => {
                // Let the last star take one more character.
                let Some((after, from)) = star else { return false };
                star = Some((after, from + 1));
                (p, n) = (after, from + 1);
            }
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

/// What the head of a pattern says about one character.
enum Step {
    Star,
    /// The character matches this many pattern characters.
    Took(usize),
    Mismatch,
    Malformed,
}

fn step(pattern: &[char], c: char) -> Step {
    let took = |fits: bool, length| if fits { Step::Took(length) } else { Step::Mismatch };
    match pattern {
        [] => Step::Mismatch,
        ['*', ..] => Step::Star,
        ['?', ..] => Step::Took(1),
        ['\\', literal, ..] => took(*literal == c, 2),
        ['\\'] => Step::Malformed,
        ['[', class @ ..] => match class_fits(class, c) {
            Some((fits, length)) => took(fits, length + 1),
            None => Step::Malformed,
        },
        [literal, ..] => took(*literal == c, 1),
    }
}

/// Reads a class behind its `[`; returns whether `c` is in it and its length with the `]`.
fn class_fits(class: &[char], c: char) -> Option<(bool, usize)> {
    let negated = class.first() == Some(&'^');
    let mut at = usize::from(negated);
    let mut found = false;
    let mut ranges = 0;
    loop {
        if class.get(at)? == &']' && ranges > 0 {
            return Some((found != negated, at + 1));
        }
        let (low, next) = class_char(class, at)?;
        let (high, next) = match class.get(next)? {
            '-' => class_char(class, next + 1)?,
            _ => (low, next),
        };
        found |= (low..=high).contains(&c);
        at = next;
        ranges += 1;
    }
}

fn class_char(class: &[char], at: usize) -> Option<(char, usize)> {
    match class.get(at)? {
        '-' | ']' => None,
        '\\' => Some((*class.get(at + 1)?, at + 2)),
        c => Some((*c, at + 1)),
    }
}
