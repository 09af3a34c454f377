use super::json_schema;
use crate::{Outside, flyball};
use serde_json::Value;
use std::collections::BTreeSet;

const EXAMPLE: &str = include_str!("../../../../../docs/examples/flyball.yml");

/// Dotted paths of all properties, references followed.
fn properties(schema: &Value, root: &Value, path: &str, out: &mut BTreeSet<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).unwrap();
        return properties(target, root, path, out);
    }
    for part in ["anyOf", "oneOf"].iter().filter_map(|key| schema[*key].as_array()).flatten() {
        properties(part, root, path, out);
    }
    properties_of_object(schema, root, path, out);
    if schema["items"].is_object() {
        properties(&schema["items"], root, path, out);
    }
}

fn properties_of_object(schema: &Value, root: &Value, path: &str, out: &mut BTreeSet<String>) {
    let Some(entries) = schema["properties"].as_object() else { return };
    assert_eq!(schema["additionalProperties"], false, "{path} refuses unknown keys");
    for (name, below) in entries {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        assert!(below["description"].is_string(), "{path} is described");
        out.insert(path.clone());
        properties(below, root, &path, out);
    }
}

/// Dotted paths of all keys of the example.
fn keys(text: &str) -> BTreeSet<String> {
    let mut stack: Vec<(usize, String)> = Vec::new();
    let mut out = BTreeSet::new();
    for line in text.lines() {
        let content = line.replace("- ", "  ");
        let Some((key, _)) = content.trim_start().split_once(':') else { continue };
        if key.starts_with('#') || key.contains(' ') {
            continue;
        }
        let indent = content.len() - content.trim_start().len();
        while stack.last().is_some_and(|(above, _)| *above >= indent) {
            stack.pop();
        }
        stack.push((indent, key.to_owned()));
        out.insert(stack.iter().map(|(_, key)| key.as_str()).collect::<Vec<_>>().join("."));
    }
    out
}

#[test]
fn the_example_is_valid_and_shows_every_key() {
    flyball::load("docs/examples/flyball.yml", EXAMPLE, &Outside::nothing()).unwrap();
    let schema = json_schema();
    let mut known = BTreeSet::new();
    properties(&schema, &schema, "", &mut known);
    let mut shown = keys(EXAMPLE);
    // Names of collectors and flags.
    for names in ["collectors", "intervals", "timeouts", "flags"] {
        let prefix = format!("collect.host.{names}.");
        shown.retain(|key| !key.starts_with(&prefix));
    }
    for names in ["redis.collectors", "redis.key_groups", "postgres.collectors"] {
        let prefix = format!("collect.{names}.");
        shown.retain(|key| !key.starts_with(&prefix));
    }
    // Below the name of a receiver.
    shown.retain(|key| !key.starts_with("notify.redact."));
    // Names of labels.
    shown.retain(|key| !key.starts_with("probes.labels."));
    assert_eq!(shown, known);
}

#[test]
fn the_schema_names_its_dialect_and_itself() {
    let schema = json_schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["title"], "flyball.yml");
    assert!(schema["description"].as_str().unwrap().starts_with("Configuration of Flyball"));
}
