//! Replay of records that processes with different memories wrote: a row finds its series, an id
//! keeps its meaning, damage stays within bounds.

use super::*;
use crate::record::RecordParts;
use model::{GroupKey, Labels, Timestamp, Value};

const GROUP: GroupKey = GroupKey(1);

fn labels(name: &str) -> Labels {
    Labels::from_pairs([("__name__", name)])
}

/// A record that gives birth to a series and brings a row of it.
fn birth_and_row(id: u64, name: &str, ms: i64) -> Vec<u8> {
    let series = SeriesRef(id);
    let (timestamp, value) = (Timestamp::from_ms(ms), Value::Float(1.0));
    let row = Row { series, timestamp, value, start: None };
    let births = vec![(series, GROUP, labels(name))];
    let mut bytes = Vec::new();
    RecordParts { group: GROUP, births, rows: vec![&row], ..RecordParts::default() }
        .encode(&mut bytes);
    bytes
}

/// Replays records over a head in which `known` has id 5; gives the head with its report.
fn replayed(records: &[Vec<u8>]) -> (Head, OpenReport) {
    let mut head = Head::new(1);
    head.insert_with_id(SeriesRef(5), GROUP, &labels("known"));
    let mut replayer = Replayer::new(head, Position::START, Limits::default());
    let mut report = OpenReport::default();
    for (offset, bytes) in (0_u64..).zip(records) {
        replayer.take(Position { segment: 1, offset }, bytes, &mut report).unwrap();
    }
    (replayer.head, report)
}

fn newest(head: &Head, name: &str) -> Option<i64> {
    let series = head.get(head.find(&labels(name))?)?;
    series.newest.as_ref().map(|newest| newest.timestamp.ms())
}

#[test]
fn inv_14_rows_follow_the_labels_when_a_series_has_another_id() {
    let (head, report) = replayed(&[birth_and_row(9, "known", 10)]);
    assert_eq!((newest(&head, "known"), head.len(), report.orphans), (Some(10), 1, 0));
    assert_eq!(head.next_id(), 10, "INV-14: 9 was used once");
}

#[test]
fn inv_14_an_id_means_what_its_latest_birth_says() {
    let (head, _) = replayed(&[birth_and_row(9, "known", 10), birth_and_row(9, "other", 20)]);
    assert_eq!((newest(&head, "known"), newest(&head, "other")), (Some(10), Some(20)));
    assert_eq!(head.find(&labels("other")), Some(SeriesRef(9)));
}

#[test]
fn an_id_from_damage_makes_no_table_of_its_size() {
    let (head, _) = replayed(&[birth_and_row(1 << 50, "new", 10)]);
    assert_eq!((newest(&head, "new"), head.next_id()), (Some(10), 7));
}

#[test]
fn damage_beyond_a_thousand_places_is_not_listed() {
    let mut report = OpenReport::default();
    (0..2000).for_each(|n| report.note_damage(n.to_string()));
    assert_eq!(report.damage.len(), DAMAGE_LISTED_MAX);
}
