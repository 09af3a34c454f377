//! Lists stay sorted whatever the order of the slots, and shrink with the series.

use super::*;

fn labels(n: u32) -> Labels {
    Labels::from_pairs([("n", n.to_string()), ("job", "test".to_owned())])
}

#[test]
fn inv_12_slots_that_replay_fills_late_are_found_in_order() {
    let mut index = HeadPostings::default();
    for slot in [4, 9, 0, 7, 2] {
        index.insert(slot, &labels(slot));
    }
    assert_eq!(index.all(), [0, 2, 4, 7, 9]);
    assert_eq!(index.of("job", "test"), [0, 2, 4, 7, 9], "INV-12");
}

#[test]
fn names_and_values_go_with_their_last_series() {
    let mut index = HeadPostings::default();
    (0..3).for_each(|slot| index.insert(slot, &labels(slot)));
    index.remove(|slot| slot == 1);
    let mut values: Vec<&str> = index.values("n").map(|(value, _)| value).collect();
    values.sort_unstable();
    assert_eq!((values, index.names().count()), (vec!["0", "2"], 2));
    index.remove(|_| true);
    assert_eq!((index.all(), index.names().count()), (vec![], 0));
}
