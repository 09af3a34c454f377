//! Lists of mail addresses: `a@example.org, Team <b@example.org>, "X, Y" <c@example.org>`.
//! The part of RFC 5322 (3.4) that people write; groups and comments are refused.

/// Most addresses of a list.
const ADDRESSES_MAX: usize = 1000;

/// The bare addresses of a list, at least one.
pub(super) fn parse_list(text: &str) -> Result<Vec<String>, String> {
    let mut addresses = Vec::new();
    for part in split(text)? {
        let part = part.trim();
        if part.is_empty() {
            continue;
        }
        addresses.push(bare(part)?);
    }
    match addresses.len() {
        0 => Err(format!("there is no address in {text:?}")),
        count if count > ADDRESSES_MAX => Err(format!("{count} addresses, at most 1000 allowed")),
        _ => Ok(addresses),
    }
}

/// Splits at commas outside of quotes and angle brackets.
fn split(text: &str) -> Result<Vec<&str>, String> {
    let (mut parts, mut begin) = (Vec::new(), 0);
    let (mut quoted, mut escaped, mut bracketed) = (false, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '<' if !quoted => bracketed = true,
            '>' if !quoted => bracketed = false,
            ',' if !quoted && !bracketed => {
                parts.push(&text[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    if quoted || bracketed {
        return Err(format!("a quote or an angle bracket in {text:?} has no end"));
    }
    parts.push(&text[begin..]);
    Ok(parts)
}

fn bare(part: &str) -> Result<String, String> {
    let address = match part.rfind('<') {
        Some(at) => match part[at + 1..].trim_end().strip_suffix('>') {
            Some(address) => address.trim(),
            None => return Err(format!("there is something behind the address in {part:?}")),
        },
        None => part,
    };
    let is_sound = |c: char| c.is_ascii_graphic() && !"<>()[],;:\\\"".contains(c);
    match address.rsplit_once('@') {
        Some((local, domain))
            if !local.is_empty()
                && !domain.is_empty()
                && local.chars().all(|c| is_sound(c) && c != '@')
                && domain.trim_matches(['[', ']']).chars().all(|c| is_sound(c) || c == ':') =>
        {
            Ok(address.to_owned())
        }
        _ => Err(format!("{address:?} is no address")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_left_out() {
        let list = r#"a@example.org, Team <b@example.org>,"X, Y" <c.d+e@[127.0.0.1]> , "#;
        let expected = ["a@example.org", "b@example.org", "c.d+e@[127.0.0.1]"];
        assert_eq!(parse_list(list).unwrap(), expected);
    }

    #[test]
    fn commas_and_brackets_in_quotes_are_text() {
        let list = r#""a, <b> \", c" <d@x>, <e@x,f@y>"#;
        assert!(parse_list(list).is_err(), "a comma within brackets separates nothing");
        assert_eq!(parse_list(r#""a, <b> \", c" <d@x>, e@[::1]"#).unwrap(), ["d@x", "e@[::1]"]);
    }

    #[test]
    fn a_list_is_bounded() {
        let list = |count: usize| vec!["a@b"; count].join(",");
        assert_eq!(parse_list(&list(ADDRESSES_MAX)).unwrap().len(), ADDRESSES_MAX);
        let error = parse_list(&list(ADDRESSES_MAX + 1)).unwrap_err();
        assert_eq!(error, "1001 addresses, at most 1000 allowed");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            " , ",
            "nobody",
            "a@",
            "@b",
            "a b@c",
            "a@b>\r\nRCPT TO:<x@y",
            "X <a@b",
            "\"a@b",
            "a@b@c",
            "a:b@c",
            "a@b;c",
            "a@b c",
            "<a@b> behind",
        ] {
            assert!(parse_list(text).is_err(), "{text:?}");
        }
    }
}
