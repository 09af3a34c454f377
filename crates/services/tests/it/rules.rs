//! Which metrics of the rule packs exist with the collectors: written into docs/compat.md.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use testkit::assert_page;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/compat.md");
const MARKS: (&str, &str) = (
    "<!-- rule packs: written by `UPDATE_EXPECT=1 cargo test -p services` -->\n",
    "<!-- end -->\n",
);
/// Beginnings of names that collectors of Flyball have.
const PREFIXES: [&str; 5] = ["node_", "redis_", "pg_", "nginx_", "container_"];

/// Names of metrics in an expression that begin as ours do; recorded ones have a colon.
fn names(expression: &str) -> impl Iterator<Item = &str> {
    let outside = expression.split('"').step_by(2);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let words = outside.flat_map(move |text| text.split(move |c| !is_name(c)));
    words.filter(|word| !word.contains(':') && PREFIXES.iter().any(|p| word.starts_with(p)))
}

/// Names in all expressions of all packs.
fn used(queries: &serde_json::Value, out: &mut BTreeSet<String>) {
    match queries {
        serde_json::Value::Object(entries) => {
            for (key, value) in entries {
                match value.as_str().filter(|_| key == "query" || key == "expr") {
                    Some(query) => out.extend(names(query).map(ToOwned::to_owned)),
                    None => used(value, out),
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| used(item, out)),
        _ => {}
    }
}

#[test]
fn the_table_of_rule_packs_says_what_exists() {
    let suite = "metrics of rule packs";
    let Some(rules) = testkit::conformance_dir(suite, "rules") else { return };
    let Some(host) = testkit::conformance_dir(suite, "node-fixtures") else { return };
    let Some(pages) = testkit::conformance_dir(suite, "exposition") else { return };
    let text = std::fs::read_to_string(rules.join("expected.json")).unwrap();
    let mut all = BTreeSet::new();
    used(&serde_json::from_str(&text).unwrap(), &mut all);
    let boards = concat!(env!("CARGO_MANIFEST_DIR"), "/../dashboards/src/builtin");
    for entry in std::fs::read_dir(boards).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        used(&serde_json::from_str(&text).unwrap(), &mut all);
    }
    let mut known: BTreeSet<String> = services::metric_names().collect();
    // The host collector gives these pages but for the exporter itself: its own tests hold it to
    // the first on fixtures, and to an exporter like that of the second on the machine.
    for page in [host.join("e2e-output.txt"), pages.join("node_default.txt")] {
        let page = std::fs::read_to_string(page).unwrap();
        let families = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        known.extend(families.map(|rest| rest.split(' ').next().unwrap().to_owned()));
    }
    // Upstream's fixtures have no bus; the collector's own tests hold it to these.
    known.extend(["node_systemd_unit_state", "node_systemd_service_restart_total"].map(Into::into));
    let mut table = String::from(
        "| metrics | used | with Flyball's collectors | without |\n|---|---|---|---|\n",
    );
    for prefix in PREFIXES {
        let of = all.iter().filter(|name| name.starts_with(prefix));
        let exists = |name: &&String| {
            let family =
                ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
            known.contains(*name) || family.is_some_and(|family| known.contains(family))
        };
        let (present, absent): (Vec<_>, Vec<_>) = of.partition(exists);
        let shown: Vec<String> = absent.iter().map(|name| format!("`{name}`")).collect();
        let without = if shown.is_empty() { "none".to_owned() } else { shown.join(" ") };
        let (used, here) = (present.len() + absent.len(), present.len());
        writeln!(table, "| `{prefix}*` | {used} | {here} | {without} |").unwrap();
    }
    assert_page(PAGE, MARKS, &table);
}
