//! Label sets against the obvious model: a sorted map without empty values.

use model::{Labels, LabelsBuilder, MatchOp, Matcher, sort_by_labels};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

/// Mostly short texts; some as long as, or longer than, what a set holds in one character.
fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    let value = prop_oneof![
        9 => "[x-zé]{0,2}".prop_map(String::from),
        1 => "x{125,130}[yz]?".prop_map(String::from),
    ];
    prop::collection::vec(("[a-c]{0,2}", value), 0..8)
}

fn map(pairs: &[(String, String)]) -> BTreeMap<String, String> {
    let mut map = BTreeMap::new();
    for (name, value) in pairs {
        if value.is_empty() {
            map.remove(name);
        } else {
            map.insert(name.clone(), value.clone());
        }
    }
    map
}

proptest! {
    #[test]
    fn inv_1_sets_are_sorted_maps_without_empty_values(pairs in pairs()) {
        let labels = Labels::from_pairs(pairs.iter().map(|(n, v)| (n, v)));
        let expected = map(&pairs);
        let found: Vec<(String, String)> =
            labels.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        prop_assert_eq!(found, expected.clone().into_iter().collect::<Vec<_>>());
        for name in ["", "a", "b", "ab", "zz"] {
            prop_assert_eq!(labels.get(name), expected.get(name).map(String::as_str));
        }
    }

    #[test]
    fn order_and_equality_are_those_of_the_pairs(a in pairs(), b in pairs()) {
        let (left, right) = (Labels::from_pairs(a.clone()), Labels::from_pairs(b.clone()));
        let lists = (map(&a).into_iter().collect::<Vec<_>>(), map(&b).into_iter().collect::<Vec<_>>());
        prop_assert_eq!(left.cmp(&right), lists.0.cmp(&lists.1));
        prop_assert_eq!(left == right, lists.0 == lists.1);
    }

    /// Few different texts, so that many sets have much in common; zeros are rare.
    #[test]
    fn sorting_by_labels_is_sorting(
        sets in prop::collection::vec(
            prop::collection::vec(
                ("[ab]{0,2}|long_name_of_a_label_{0,1}[xy]", "[xy]{1,3}|a value of more than sixteen bytes[xy]?|x\u{1}|z{150}[xy]?|é"),
                0..5,
            ),
            0..80,
        ),
        zero in prop::bool::weighted(0.1),
    ) {
        let mut sets: Vec<Labels> = sets.into_iter().map(Labels::from_pairs).collect();
        if zero {
            sets.extend([Labels::from_pairs([("a", "x\0"), ("b", "x")]), Labels::from_pairs([("a", "x")])]);
        }
        let mut expected = sets.clone();
        expected.sort();
        let has_equal = expected.windows(2).any(|pair| pair[0] == pair[1]);
        prop_assert_eq!(sort_by_labels(sets, |set| set), (expected, has_equal));
    }

    #[test]
    fn a_builder_gives_back_what_it_was_made_from(pairs in pairs()) {
        let labels = Labels::from_pairs(pairs);
        prop_assert_eq!(labels.to_builder().build(), labels);
    }
}

#[test]
fn large_sets_keep_their_order_and_texts() {
    for (labels, len) in [(126, 126), (127, 3), (126, 127), (300, 1), (2, 60_000)] {
        let name = |number: usize| format!("label{number:04}");
        let value = |number: usize| format!("{number:0len$}");
        let labels: Vec<usize> = (0..labels).collect();
        let set = Labels::from_pairs(labels.iter().rev().map(|n| (name(*n), value(*n))));
        let found: Vec<(&str, &str)> = set.iter().collect();
        let expected: Vec<_> = labels.iter().map(|n| (name(*n), value(*n))).collect();
        assert!(found.iter().map(|(n, v)| (*n, *v)).eq(expected.iter().map(|(n, v)| (&**n, &**v))));
        let last = labels.len() - 1;
        assert_eq!((set.len(), set.get(&name(last))), (labels.len(), Some(&*value(last))));
        assert_eq!(set.get("label"), None);
        let mut changed = set.to_builder();
        changed.set(&name(last), "~");
        assert!(changed.build() > set && set < changed.build());
    }
}

#[test]
fn texts_that_join_alike_are_different_sets() {
    let a = Labels::from_pairs([("ab", "c")]);
    let b = Labels::from_pairs([("a", "bc")]);
    assert_ne!(a, b);
}

#[test]
fn an_empty_value_removes() {
    let mut builder = LabelsBuilder::default();
    builder.set("job", "node").set("job", "").set("env", "");
    assert!(builder.build().is_empty());
}

#[test]
#[should_panic(expected = "INV-1")]
fn inv_1_unsorted_pairs_are_a_bug() {
    drop(Labels::from_sorted([("b", "1"), ("a", "1")]));
}

#[test]
fn sets_print_as_prometheus_prints_them() {
    let labels =
        Labels::from_pairs([("__name__", "up"), ("path", "a\"b\\c\n"), ("my.label", "é\u{7f}")]);
    assert_eq!(labels.to_string(), r#"{__name__="up", "my.label"="é\x7f", path="a\"b\\c\n"}"#);
}

#[test]
fn matchers_treat_absent_labels_as_empty() {
    let labels = Labels::from_pairs([("job", "node")]);
    let matches = |op, value| Matcher::new(op, "env", value).unwrap().matches_labels(&labels);
    assert!(matches(MatchOp::Equal, ""));
    assert!(matches(MatchOp::NotEqual, "prod"));
    assert!(matches(MatchOp::Regex, "prod|"));
    assert!(!matches(MatchOp::NotRegex, ".*"));
    assert_eq!(Matcher::equal("job", "a\"b").to_string(), r#"job="a\"b""#);
}

#[test]
#[should_panic(expected = "INV-1")]
fn inv_1_an_empty_value_is_a_bug() {
    Labels::from_sorted([("a", "")]);
}

#[test]
fn a_set_loses_the_labels_it_is_told_to() {
    let set = Labels::from_pairs([("a", "1"), ("b", "2"), ("c", "3")]);
    let want = Labels::from_pairs([("a", "1"), ("c", "3")]);
    assert_eq!(set.without(|name| name == "b"), want);
    assert_eq!(set.to_builder().retain(|name, value| name != "b" && value != "9").build(), want);
    assert!(!set.is_empty() && Labels::empty().is_empty());
}

#[test]
fn equal_sets_have_one_hash_and_others_hardly_do() {
    let hash = |pairs: &[(&str, &str)]| {
        let mut hasher = std::hash::DefaultHasher::new();
        Labels::from_pairs(pairs.iter().copied()).hash(&mut hasher);
        hasher.finish()
    };
    assert_eq!(hash(&[("a", "1"), ("b", "2")]), hash(&[("b", "2"), ("a", "1")]));
    assert_ne!(hash(&[("a", "1")]), hash(&[("a", "2")]));
    assert_ne!(hash(&[("ab", "c")]), hash(&[("a", "bc")]), "texts that join alike");
}

#[test]
fn matchers_are_equal_by_name_operator_and_value() {
    let matcher = |op, name, value| Matcher::new(op, name, value).unwrap();
    let one = matcher(MatchOp::Equal, "a", "1");
    assert_eq!(one, Matcher::equal("a", "1"));
    assert_ne!(one, matcher(MatchOp::NotEqual, "a", "1"));
    assert_ne!(one, matcher(MatchOp::Equal, "b", "1"));
    assert_ne!(one, matcher(MatchOp::Equal, "a", "2"));
}

#[test]
fn a_matcher_that_takes_the_empty_text_takes_absent_labels() {
    for (op, value, want) in [
        (MatchOp::Equal, "", true),
        (MatchOp::Equal, "1", false),
        (MatchOp::NotEqual, "1", true),
        (MatchOp::Regex, ".*", true),
        (MatchOp::Regex, ".+", false),
        (MatchOp::NotRegex, "", false),
    ] {
        assert_eq!(Matcher::new(op, "a", value).unwrap().matches_empty(), want, "{op:?} {value}");
    }
}

#[test]
fn matchers_print_as_they_are_written() {
    let text = |name: &str| Matcher::new(MatchOp::Regex, name, "b\n").unwrap().to_string();
    assert_eq!(text("a"), r#"a=~"b\n""#);
    assert_eq!(text("a.b"), r#""a.b"=~"b\n""#);
}
