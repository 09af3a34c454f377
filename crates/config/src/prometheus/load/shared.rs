//! Keys that several sections share: relabelling rules, limits, protocols, name schemes.

use crate::hint::did_you_mean;
use crate::prometheus::{EscapingScheme, ScrapeLimits, ScrapeProtocol};
use crate::read::{Reader, Section};
use crate::yaml::Node;
use relabel::{Action, NameScheme, Rule, RuleSpec};

/// A list of relabelling rules; problems are noted at the key that is wrong.
pub(super) fn rules(section: &Section<'_>, key: &'static str, scheme: NameScheme) -> Vec<Rule> {
    section.items(key).iter().filter_map(|item| rule(section.reader, item, key, scheme)).collect()
}

/// Lines in which the items of a list begin.
pub(super) fn lines(section: &Section<'_>, key: &'static str) -> Vec<usize> {
    section.items(key).iter().map(|item| item.place.line).collect()
}

fn rule(reader: &Reader<'_>, node: &Node, key: &'static str, scheme: NameScheme) -> Option<Rule> {
    if node.is_null() {
        reader.problem(node.place, format!("this rule of `{key}` is empty"));
        return None;
    }
    let section = reader.section(node, key)?;
    let spec = RuleSpec {
        source_labels: section.texts("source_labels"),
        separator: section.text("separator"),
        regex: section.text("regex"),
        modulus: section.number("modulus").unwrap_or_default(),
        target_label: section.text("target_label").unwrap_or_default(),
        replacement: section.text("replacement"),
        action: action(&section)?,
    };
    let rule = Rule::new(spec, scheme).map_err(|error| {
        let key = error.kind().key();
        section.problem(key, error.to_string());
    });
    section.finish();
    rule.ok()
}

fn action(section: &Section<'_>) -> Option<Action> {
    let Some(node) = section.get("action") else { return Some(Action::default()) };
    let text = section.reader.text(node, "action")?;
    let action = Action::parse(&text);
    if text.is_empty() {
        section.problem("action", "a relabel `action` cannot be empty");
    } else if action.is_none() {
        let hint = did_you_mean(&text, Action::ALL.iter().map(|action| action.as_str()));
        let message = format!("unknown relabel action {}{hint}", model::quote(&text));
        section.problem("action", message);
    }
    action
}

/// The limits of a section; absent ones are inherited.
pub(super) fn limits(section: &Section<'_>, inherited: &ScrapeLimits) -> ScrapeLimits {
    let body = section.size("body_size_limit").and_then(|size| u64::try_from(size).ok());
    ScrapeLimits {
        body_size_bytes_max: body.filter(|&size| size > 0).or(inherited.body_size_bytes_max),
        sample_limit: section.limit("sample_limit").or(inherited.sample_limit),
        target_limit: section.limit("target_limit").or(inherited.target_limit),
        label_limit: section.limit("label_limit").or(inherited.label_limit),
        label_name_length_limit: section
            .limit("label_name_length_limit")
            .or(inherited.label_name_length_limit),
        label_value_length_limit: section
            .limit("label_value_length_limit")
            .or(inherited.label_value_length_limit),
        keep_dropped_targets: section
            .limit("keep_dropped_targets")
            .or(inherited.keep_dropped_targets),
    }
}

/// Key `scrape_protocols`: known names, none twice, at least one.
pub(super) fn protocols(section: &Section<'_>) -> Option<Vec<ScrapeProtocol>> {
    let key = "scrape_protocols";
    if section.get(key)?.is_null() {
        return None;
    }
    let mut protocols = Vec::new();
    for item in section.items(key) {
        let Some(text) = section.reader.text(item, key) else { continue };
        match protocol(&text) {
            Ok(protocol) if protocols.contains(&protocol) => {
                let message = format!("`{key}` has {} twice", protocol.as_str());
                section.reader.problem(item.place, message);
            }
            Ok(protocol) => protocols.push(protocol),
            Err(message) => section.reader.problem(item.place, format!("`{key}`: {message}")),
        }
    }
    if section.items(key).is_empty() {
        section.problem(key, format!("`{key}` needs at least one protocol"));
    }
    Some(protocols)
}

/// The protocol of a name.
pub(super) fn protocol(name: &str) -> Result<ScrapeProtocol, String> {
    let names = ScrapeProtocol::ALL.map(ScrapeProtocol::as_str);
    let found = ScrapeProtocol::ALL.into_iter().find(|protocol| protocol.as_str() == name);
    found.ok_or_else(|| {
        let hint = did_you_mean(name, names);
        let list = names.join(", ");
        format!("unknown scrape protocol {}; expected one of {list}{hint}", model::quote(name))
    })
}

/// Key `metric_name_validation_scheme`; empty means "inherit".
pub(super) fn name_scheme(section: &Section<'_>) -> Option<NameScheme> {
    let choices =
        [("", None), ("utf8", Some(NameScheme::Utf8)), ("legacy", Some(NameScheme::Legacy))];
    section.choice("metric_name_validation_scheme", &choices).flatten()
}

/// Key `metric_name_escaping_scheme`; empty means "follow the name scheme".
pub(super) fn escaping(section: &Section<'_>) -> Option<EscapingScheme> {
    let [a, b, c, d] = EscapingScheme::ALL.map(|scheme| (scheme.as_str(), Some(scheme)));
    section.choice("metric_name_escaping_scheme", &[("", None), a, b, c, d]).flatten()
}

/// What a name scheme means for escaping.
pub(super) fn default_escaping(scheme: NameScheme) -> EscapingScheme {
    match scheme {
        NameScheme::Utf8 => EscapingScheme::AllowUtf8,
        NameScheme::Legacy => EscapingScheme::Underscores,
    }
}
