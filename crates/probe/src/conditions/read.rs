//! From text to condition; every mistake is told, with what would have been right.

use super::go::{go_duration_ms, go_glob, go_int};
use super::json::Path;
use super::{Condition, Function, Mistake, Operand, Operator, Placeholder};

/// Stands for every element of an array.
pub(super) const EACH: &str = "[*]";
/// Longest condition, in bytes.
const CONDITION_BYTES_MAX: usize = 4096;
const NAMES: [&str; 9] = [
    "[STATUS]",
    "[RESPONSE_TIME]",
    "[IP]",
    "[BODY]",
    "[CONNECTED]",
    "[CERTIFICATE_EXPIRATION]",
    "[DNS_RCODE]",
    "[HEADER].NAME",
    "[CONTEXT].NAME",
];

fn wrong(message: impl Into<String>) -> Mistake {
    Mistake { message: message.into() }
}

pub(super) fn condition(text: &str) -> Result<Condition, Mistake> {
    if text.len() > CONDITION_BYTES_MAX {
        return Err(wrong(format!("a condition has at most {CONDITION_BYTES_MAX} bytes")));
    }
    if let Some((at, array)) = each(text)? {
        let first = format!("{}[0]{}", &text[..at], &text[at + EACH.len()..]);
        let read = condition(&first)?;
        return Ok(Condition { text: text.to_owned(), each: Some((at, array)), ..read });
    }
    let found = Operator::ALL.iter().find_map(|(operator, sign)| {
        let (left, right) = text.split_once(&format!(" {sign} "))?;
        Some((*operator, left.trim(), right.trim()))
    });
    let Some((operator, left, right)) = found else {
        return Err(wrong(format!(
            "`{text}` has no operator; a condition is `[STATUS] == 200` with one of `==`, `!=`, \
             `<`, `<=`, `>`, `>=` between blanks"
        )));
    };
    for (_, sign) in Operator::ALL {
        if left.contains(&format!(" {sign} ")) || right.contains(&format!(" {sign} ")) {
            return Err(wrong(format!("`{text}` has two operators")));
        }
    }
    let (left, right) = (value(left)?, value(right)?);
    check_sides(text, operator, &left, &right)?;
    Ok(Condition { text: text.to_owned(), left, operator, right, each: None })
}

/// Where `[*]` stands behind `[BODY]`, and the path before it.
fn each(text: &str) -> Result<Option<(usize, Path)>, Mistake> {
    let Some(at) = text.find(EACH) else { return Ok(None) };
    let upper = text[..at].to_ascii_uppercase();
    let path = upper.rfind("[BODY]").map(|start| &text[start + "[BODY]".len()..at]);
    match path.filter(|path| !path.contains(' ')) {
        Some(path) => Ok(Some((at, Path::read(path).map_err(wrong)?))),
        None => Err(wrong(format!("`{text}`: `[*]` stands behind `[BODY]` alone"))),
    }
}

fn check_sides(
    text: &str,
    operator: Operator,
    left: &Operand,
    right: &Operand,
) -> Result<(), Mistake> {
    let is_value = |operand: &Operand| matches!(operand, Operand::Value { .. });
    if !is_value(left) && !is_value(right) {
        return Err(wrong(format!("`{text}` compares nothing that a probe finds")));
    }
    if operator.compares_texts() {
        return Ok(());
    }
    for operand in [left, right] {
        match operand {
            Operand::Pattern { text, .. } | Operand::Any { text, .. } => {
                return Err(wrong(format!("`{text}` stands beside `==` and `!=` alone")));
            }
            Operand::Literal(word) if !is_number(word) => {
                return Err(wrong(format!(
                    "`{word}` is neither a number nor a duration such as `300ms` or `48h`"
                )));
            }
            Operand::Literal(_) | Operand::Value { .. } => {}
        }
    }
    Ok(())
}

fn is_number(word: &str) -> bool {
    go_int(word).is_some() || go_duration_ms(word).is_some() || word.parse::<f64>().is_ok()
}

/// Reads one side.
pub(super) fn value(text: &str) -> Result<Operand, Mistake> {
    let text = text.trim();
    let inside = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
    let owned = text.to_owned();
    if let Some(pattern) = inside("pat") {
        if go_glob(pattern, "").is_none() {
            return Err(wrong(format!("`{pattern}` is no pattern: a `[` or `\\` has no end")));
        }
        return Ok(Operand::Pattern { text: owned, pattern: pattern.to_owned() });
    }
    if let Some(options) = inside("any") {
        let options = options.split(',').map(|option| option.trim().to_owned()).collect();
        return Ok(Operand::Any { text: owned, options });
    }
    for (name, function) in [("len", Function::Len), ("has", Function::Has), ("age", Function::Age)]
    {
        if let Some(inner) = inside(name) {
            if function == Function::Age && inner.contains(',') {
                return Err(wrong(
                    "`age()` takes no layout here: dates of HTTP, RFC 3339 and Unix \
                                  time are known",
                ));
            }
            return match placeholder(inner.trim())? {
                Some(of) => Ok(Operand::Value { text: owned, function, of }),
                None => Err(wrong(format!("`{name}()` needs a placeholder such as `[BODY].id`"))),
            };
        }
    }
    Ok(match placeholder(text)? {
        Some(of) => Operand::Value { text: owned, function: Function::None, of },
        None => Operand::Literal(owned),
    })
}

/// A placeholder; `None`: the text is meant as it stands.
fn placeholder(text: &str) -> Result<Option<Placeholder>, Mistake> {
    let Some(end) = text.strip_prefix('[').and_then(|rest| rest.find(']')) else {
        return Ok(None);
    };
    let (name, rest) = (text[1..=end].to_ascii_uppercase(), &text[end + 2..]);
    let is_name = |c: char| c.is_ascii_uppercase() || c == '_';
    if name.is_empty() || !name.chars().all(is_name) {
        return Ok(None);
    }
    let below = || rest.strip_prefix('.').filter(|name| !name.is_empty());
    let alone = |of: Placeholder| match rest {
        "" => Ok(Some(of)),
        _ => Err(wrong(format!("nothing stands behind `[{name}]`; found `{rest}`"))),
    };
    match name.as_str() {
        "STATUS" => alone(Placeholder::Status),
        "IP" => alone(Placeholder::Ip),
        "RESPONSE_TIME" => alone(Placeholder::ResponseTime),
        "DNS_RCODE" => alone(Placeholder::DnsRcode),
        "CONNECTED" => alone(Placeholder::Connected),
        "CERTIFICATE_EXPIRATION" => alone(Placeholder::CertificateExpiration),
        "BODY" => Ok(Some(Placeholder::Body(Path::read(rest).map_err(wrong)?))),
        "HEADER" => match below() {
            Some(name) => Ok(Some(Placeholder::Header(name.to_ascii_lowercase()))),
            None => Err(wrong("`[HEADER]` needs a name: `[HEADER].Content-Type`")),
        },
        "CONTEXT" => match below() {
            Some(path) => Ok(Some(Placeholder::Context(path.to_owned()))),
            None => Err(wrong("`[CONTEXT]` needs a name: `[CONTEXT].id`")),
        },
        "DOMAIN_EXPIRATION" => Err(wrong(
            "`[DOMAIN_EXPIRATION]` is not measured here: no registry is asked (WHOIS, RDAP)",
        )),
        _ => Err(wrong(format!(
            "there is no placeholder `[{name}]`; there are `{}`",
            NAMES.join("`, `")
        ))),
    }
}
