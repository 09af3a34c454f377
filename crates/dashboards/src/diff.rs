//! Two dashboards compared for people: panels by identity and title, everything else by path.

use crate::dashboard::Dashboard;
use crate::json::{Object, shown, text};
use serde_json::Value;

/// Most differences that are listed; a last one says how many more there are.
const DIFFERENCES_MAX: usize = 1000;
/// Longest value that a line repeats, in characters.
const VALUE_CHARS_MAX: usize = 120;
/// What every version changes.
const IGNORED: [&str; 3] = ["version", "id", "iteration"];

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where: `panel "CPU": targets[0].expr`.
    pub place: String,
    /// The former value as JSON; absent: it is new.
    pub old: Option<String>,
    /// The present value as JSON; absent: it is gone.
    pub new: Option<String>,
}

/// What is different in `new`.
pub fn diff(old: &Dashboard, new: &Dashboard) -> Vec<Difference> {
    let mut walk = Walk::default();
    walk.panels(old, new);
    let without = |dashboard: &Dashboard| {
        let mut rest = dashboard.json().clone();
        rest.remove("panels");
        rest.retain(|key, _| !IGNORED.contains(&key.as_str()));
        rest
    };
    walk.objects(&without(old), &without(new), "");
    walk.finish()
}

#[derive(Default)]
struct Walk {
    found: Vec<Difference>,
    beyond: usize,
}

impl Walk {
    fn push(&mut self, place: &str, old: Option<&Value>, new: Option<&Value>) {
        if self.found.len() == DIFFERENCES_MAX {
            self.beyond += 1;
            return;
        }
        let (old, new) = (old.map(brief), new.map(brief));
        self.found.push(Difference { place: place.to_owned(), old, new });
    }

    fn finish(mut self) -> Vec<Difference> {
        if self.beyond > 0 {
            let place = format!("{} further differences", self.beyond);
            self.found.push(Difference { place, old: None, new: None });
        }
        self.found
    }

    /// Panels are the same when their numbers and titles are, or else one of both.
    fn panels(&mut self, old: &Dashboard, new: &Dashboard) {
        let (old, new) = (old.panels(), new.panels());
        let mut former: Vec<Option<&Object>> = old.into_iter().map(|(_, p)| Some(p)).collect();
        for (_, panel) in &new {
            let found = partner(&former, panel);
            let place = format!("panel {}", shown(text(panel, "title").unwrap_or_default()));
            match found.and_then(|index| former[index].take()) {
                Some(before) => self.panel(before, panel, &place),
                None => self.push(&place, None, Some(&summary(panel))),
            }
        }
        for gone in former.into_iter().flatten() {
            let place = format!("panel {}", shown(text(gone, "title").unwrap_or_default()));
            self.push(&place, Some(&summary(gone)), None);
        }
    }

    fn panel(&mut self, old: &Object, new: &Object, place: &str) {
        let without = |panel: &Object| {
            let mut rest = panel.clone();
            // Panels of rows are compared themselves.
            rest.remove("panels");
            rest.remove("id");
            rest
        };
        self.objects(&without(old), &without(new), &format!("{place}: "));
    }

    fn objects(&mut self, old: &Object, new: &Object, path: &str) {
        for (key, before) in old {
            let place = format!("{path}{key}");
            match new.get(key) {
                Some(after) => self.values(before, after, &place),
                None => self.push(&place, Some(before), None),
            }
        }
        for (key, after) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
            self.push(&format!("{path}{key}"), None, Some(after));
        }
    }

    fn values(&mut self, old: &Value, new: &Value, place: &str) {
        match (old, new) {
            (old, new) if old == new => {}
            (Value::Object(old), Value::Object(new)) => {
                self.objects(old, new, &format!("{place}."));
            }
            (Value::Array(old), Value::Array(new)) => {
                for index in 0..old.len().max(new.len()) {
                    let place = format!("{place}[{index}]");
                    match (old.get(index), new.get(index)) {
                        (Some(old), Some(new)) => self.values(old, new, &place),
                        (old, new) => self.push(&place, old, new),
                    }
                }
            }
            (old, new) => self.push(place, Some(old), Some(new)),
        }
    }
}

fn partner(former: &[Option<&Object>], panel: &Object) -> Option<usize> {
    let find = |is_same: &dyn Fn(&Object) -> bool| {
        former.iter().position(|other| other.is_some_and(is_same))
    };
    let same = |key: &str, other: &Object| other.get(key) == panel.get(key);
    find(&|other| same("id", other) && same("title", other))
        .or_else(|| find(&|other| same("title", other) && same("type", other)))
        .or_else(|| find(&|other| same("id", other) && same("type", other)))
}

/// Enough to recognise a panel.
fn summary(panel: &Object) -> Value {
    let count = panel.get("targets").and_then(Value::as_array).map_or(0, Vec::len);
    let kind = text(panel, "type").unwrap_or_default();
    Value::String(format!("{kind}, {count} queries"))
}

fn brief(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import_value;
    use expect_test::expect;
    use serde_json::json;

    #[test]
    fn panels_are_compared_by_what_people_call_them() {
        let read = |value: Value| import_value(value).unwrap().dashboard;
        let panel = |id: i64, title: &str, expr: &str, y: i64| {
            json!({"id": id, "type": "stat", "title": title, "targets": [{"expr": expr}],
                "gridPos": {"x": 0, "y": y, "w": 12, "h": 8}})
        };
        let old = read(json!({"title": "a", "tags": ["x"], "panels": [
            panel(1, "CPU", "cpu", 0), panel(2, "Gone", "g", 8), panel(3, "Old name", "n", 16)]}));
        let new =
            read(json!({"title": "a", "uid": "a", "version": 9, "tags": ["x", "y"], "panels": [
            panel(3, "New name", "n", 0), panel(1, "CPU", "rate(cpu)", 8),
            panel(4, "New", "g", 16)]}));
        let line = |d: Difference| format!("{}: {:?} -> {:?}\n", d.place, d.old, d.new);
        let lines: Vec<String> = diff(&old, &new).into_iter().map(line).collect();
        expect![[r#"
            panel "New name": gridPos.y: Some("16") -> Some("0")
            panel "New name": title: Some("\"Old name\"") -> Some("\"New name\"")
            panel "CPU": gridPos.y: Some("0") -> Some("8")
            panel "CPU": targets[0].expr: Some("\"cpu\"") -> Some("\"rate(cpu)\"")
            panel "New": None -> Some("\"stat, 1 queries\"")
            panel "Gone": Some("\"stat, 1 queries\"") -> None
            tags[1]: None -> Some("\"y\"")
        "#]]
        .assert_eq(&lines.concat());
        assert_eq!(diff(&new, &new), []);
    }
}
