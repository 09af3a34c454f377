use super::{Fate, Shape};
use model::Labels;
use std::time::Duration;

fn fate(shape: &Shape, exposed: &[(&str, &str)]) -> Fate {
    let mut labels = Labels::from_pairs(exposed.iter().copied()).to_builder();
    let names = |name: &str| exposed.iter().any(|(exposed, _)| *exposed == name);
    shape.fate(&mut labels, names).unwrap()
}

fn kept(pairs: &[(&str, &str)]) -> Fate {
    Fate::Kept(Labels::from_pairs(pairs.iter().copied()))
}

#[test]
fn shorter_names_are_exported_first() {
    let server = Labels::from_pairs([("foo", "1"), ("exported_foo", "2")]);
    let mut shape = Shape::own(server, Duration::from_secs(1));
    shape.honor_labels = false;
    assert_eq!(
        fate(&shape, &[("__name__", "m"), ("foo", "a"), ("exported_foo", "b")]),
        kept(&[
            ("__name__", "m"),
            ("foo", "1"),
            ("exported_foo", "2"),
            ("exported_exported_foo", "a"),
            ("exported_exported_exported_foo", "b"),
        ])
    );
}

#[test]
fn honoured_labels_win_even_when_they_are_empty() {
    let server = Labels::from_pairs([("job", "j"), ("instance", "i")]);
    let shape = Shape::own(server, Duration::from_secs(1));
    assert_eq!(
        fate(&shape, &[("__name__", "m"), ("instance", "")]),
        kept(&[("__name__", "m"), ("job", "j")])
    );
}

#[test]
fn only_what_changes_labels_invalidates_them() {
    let shape = Shape::own(Labels::empty(), Duration::from_secs(1));
    let mut other = shape.clone();
    other.limits.sample_limit = Some(1);
    other.timeout = Duration::from_secs(2);
    other.honor_timestamps = false;
    assert!(shape.same_labels(&other));
    let changes: [fn(&mut Shape); 3] = [
        |shape| shape.limits.label_limit = Some(1),
        |shape| shape.honor_labels = false,
        |shape| shape.names = relabel::NameScheme::Legacy,
    ];
    for change in changes {
        let mut other = other.clone();
        change(&mut other);
        assert!(!shape.same_labels(&other), "{other:?}");
    }
}
