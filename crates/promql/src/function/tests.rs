use super::*;

#[test]
fn the_table_is_sorted_and_without_repetition() {
    assert!(FUNCTIONS.windows(2).all(|pair| pair[0].name < pair[1].name));
    assert_eq!(FUNCTIONS.len(), 90);
    assert_eq!(FUNCTIONS.iter().filter(|function| function.experimental).count(), 17);
    for known in FUNCTIONS {
        assert_eq!(function(known.name), Some(known));
    }
    assert_eq!(function("holt_winters"), None);
}

#[test]
fn argument_counts_follow_upstream_s_convention() {
    let count = |name| function(name).unwrap().argument_count();
    assert_eq!(count("time"), (0, Some(0)));
    assert_eq!(count("rate"), (1, Some(1)));
    assert_eq!(count("round"), (1, Some(2)));
    assert_eq!(count("hour"), (0, Some(1)));
    assert_eq!(count("info"), (1, Some(2)));
    assert_eq!(count("label_join"), (3, None));
    assert_eq!(count("sort_by_label"), (1, None));
    assert_eq!(count("histogram_quantiles"), (3, Some(12)));
}
