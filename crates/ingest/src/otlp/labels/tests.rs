use super::LabelSet;

fn joined(labels: &LabelSet, name: &str) -> usize {
    labels.iter().find(|(found, _)| *found == name).map_or(0, |(_, value)| value.len())
}

#[test]
fn values_of_attributes_with_one_name_are_joined_up_to_what_a_label_may_hold() {
    let mut labels = LabelSet::new(100);
    for _ in 0..10 {
        labels.join("short", "123456789");
    }
    assert_eq!(joined(&labels, "short"), 99, "nine and a semicolon each, but for the last");
    let before = labels.text.len();
    for _ in 0..1000 {
        labels.join("long", "123456789");
        labels.join("other", "123456789");
    }
    assert_eq!(joined(&labels, "long"), 109, "one value more than fits: it will be refused");
    let grown = labels.text.len() - before;
    assert!(grown < 2 * 100 * 12, "{grown} bytes for two values");
}
