//! Key groups: how many keys fit each pattern. A bounded walk with SCAN; beyond the bound there is
//! no count rather than a wrong one.

use super::resp::Value;
use super::series::gauge;
use crate::{Fault, Page, Reason};
use config::KeyGroup;
use std::collections::BTreeMap;

/// Name of the group of keys that fit no pattern, as `redis_exporter` calls it.
const REST: &str = "unclassified";

/// Counts of one database.
pub(super) struct Walk<'g> {
    groups: &'g [KeyGroup],
    counts: BTreeMap<&'g str, u64>,
    keys: u64,
    keys_max: u64,
}

impl<'g> Walk<'g> {
    /// No key counted yet; at most `keys_max` will be.
    pub(super) fn new(groups: &'g [KeyGroup], keys_max: u64) -> Self {
        Self { groups, counts: BTreeMap::new(), keys: 0, keys_max }
    }

    /// Counts one answer of SCAN; gives the cursor of the next one, `None` after the last.
    ///
    /// # Errors
    /// When the answer is none of SCAN, or there are more keys than may be counted.
    pub(super) fn count(&mut self, answer: &Value) -> Result<Option<String>, Fault> {
        let [cursor, keys] = answer.items() else {
            return Err(Fault::new(Reason::Protocol, "SCAN: the answer has not two values"));
        };
        let Some(cursor) = cursor.text() else {
            return Err(Fault::new(Reason::Protocol, "SCAN: the answer has no cursor"));
        };
        for key in keys.items().iter().filter_map(Value::text) {
            self.keys += 1;
            let group =
                self.groups.iter().find(|group| fits(group.pattern.as_bytes(), key.as_bytes()));
            *self.counts.entry(group.map_or(REST, |group| &group.name)).or_default() += 1;
        }
        if self.keys > self.keys_max {
            let message = format!("key groups: there are more than {} keys", self.keys_max);
            return Err(Fault::new(Reason::Limit, message));
        }
        Ok((cursor != "0").then(|| cursor.to_owned()))
    }

    /// Adds the counts of a database; groups without keys are 0.
    pub(super) fn write(&self, database: &str, page: &mut Page) {
        for group in self.groups {
            let count = self.counts.get(group.name.as_str()).copied().unwrap_or_default();
            let labels = [("db", database), ("key_group", &group.name)];
            gauge(page, "key_group_count", &labels, count as f64);
        }
        if let Some(rest) = self.counts.get(REST) {
            let labels = [("db", database), ("key_group", REST)];
            gauge(page, "key_group_count", &labels, *rest as f64);
        }
        let label = [("db", database)];
        gauge(page, "number_of_distinct_key_groups", &label, self.counts.len() as f64);
    }
}

/// Does a key fit a pattern with `*` and `?`? In time proportional to pattern times key.
fn fits(pattern: &[u8], key: &[u8]) -> bool {
    let (mut p, mut k) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while k < key.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, k));
                p += 1;
            }
            Some(b'?') => (p, k) = (p + 1, k + 1),
            Some(byte) if *byte == key[k] => (p, k) = (p + 1, k + 1),
            Some(_) | None => {
                let Some((after, from)) = retry else { return false };
                retry = Some((after, from + 1));
                (p, k) = (after, from + 1);
            }
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::{Walk, fits};
    use crate::redis::resp::Value;
    use crate::{Page, Reason};
    use config::KeyGroup;

    #[test]
    fn stars_and_question_marks_stand_for_others() {
        for (pattern, key, expected) in [
            ("session:*", "session:1", true),
            ("session:*", "session:", true),
            ("session:*", "sessions:1", false),
            ("*:lock", "a:b:lock", true),
            ("*:lock", "a:lock:b", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*", "", true),
            ("", "x", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b*", "xxbxxaxx", false),
        ] {
            assert_eq!(fits(pattern.as_bytes(), key.as_bytes()), expected, "{pattern} {key}");
        }
    }

    fn scan(cursor: &str, keys: &[&str]) -> Value {
        let text = |text: &&str| Value::Text((*text).to_owned());
        Value::Array(vec![text(&cursor), Value::Array(keys.iter().map(text).collect())])
    }

    #[test]
    fn a_key_counts_for_the_first_group_it_fits() {
        let group =
            |name: &str, pattern: &str| KeyGroup { name: name.into(), pattern: pattern.into() };
        let groups = [group("locks", "*:lock"), group("all a", "a:*"), group("none", "z*")];
        let mut walk = Walk::new(&groups, 4);
        assert_eq!(walk.count(&scan("17", &["a:lock", "a:b"])), Ok(Some("17".to_owned())));
        assert_eq!(walk.count(&scan("0", &["b", "c:lock"])), Ok(None));
        let mut page = Page::default();
        walk.write("db0", &mut page);
        let text = exposition::render_text(&page.into_families());
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(
            lines,
            [
                r#"redis_key_group_count{db="db0",key_group="locks"} 2"#,
                r#"redis_key_group_count{db="db0",key_group="all a"} 1"#,
                r#"redis_key_group_count{db="db0",key_group="none"} 0"#,
                r#"redis_key_group_count{db="db0",key_group="unclassified"} 1"#,
                r#"redis_number_of_distinct_key_groups{db="db0"} 3"#,
            ]
        );
        assert_eq!(walk.count(&scan("0", &["one more"])).unwrap_err().reason, Reason::Limit);
        assert_eq!(walk.count(&Value::Null).unwrap_err().reason, Reason::Protocol);
    }
}
