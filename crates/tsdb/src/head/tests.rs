//! Series keep their samples through sealing and freezing; ids and label sets stay unique.

use super::*;
use crate::reading::Scratch;
use model::{Histogram, SampleBuf};
use std::sync::Arc;

fn labels(n: usize) -> Labels {
    Labels::from_pairs([("__name__", "m".to_owned()), ("n", n.to_string())])
}

fn append(head: &mut Head, id: SeriesRef, timestamp: i64, value: f64) {
    let value = Value::Float(value);
    let timestamp = Timestamp::from_ms(timestamp);
    head.apply(&AppliedRow { series: id, timestamp, value: &value, start: None });
}

fn read(view: &View) -> SampleBuf {
    let mut samples = SampleBuf::default();
    view.read((i64::MIN, i64::MAX), &mut Scratch::default(), &mut samples).unwrap();
    samples
}

fn view_of(head: &Head, series: &Series, range: (i64, i64)) -> View {
    head.view(series, range, &mut RowCopies::default())
}

#[test]
fn sealed_and_open_samples_are_read_in_order() {
    let mut head = Head::new(5);
    let id = head.insert(GroupKey(1), &labels(0));
    assert_eq!(id, SeriesRef(5));
    for i in 0..1000 {
        append(&mut head, id, i * 1000, i as f64);
    }
    let view = view_of(&head, head.get(id).unwrap(), (i64::MIN, i64::MAX));
    assert_eq!(view.in_order.len(), 9);
    let samples = read(&view);
    assert_eq!(samples.timestamps, (0..1000).map(|i| i * 1000).collect::<Vec<_>>());
    assert_eq!(samples.values, (0..1000).map(f64::from).collect::<Vec<_>>());
    let some = view_of(&head, head.get(id).unwrap(), (500_000, 505_000));
    assert_eq!(some.in_order.len(), 1);
}

#[test]
fn a_view_does_not_see_later_samples() {
    let mut head = Head::new(0);
    let id = head.insert(GroupKey(1), &labels(0));
    append(&mut head, id, 1, 1.0);
    let view = view_of(&head, head.get(id).unwrap(), (i64::MIN, i64::MAX));
    append(&mut head, id, 2, 2.0);
    head.freeze();
    head.forget(1);
    assert_eq!(read(&view).timestamps, [1]);
}

#[test]
fn freezing_and_forgetting_leave_what_came_later() {
    let mut head = Head::new(0);
    let id = head.insert(GroupKey(1), &labels(0));
    head.get_mut(id).unwrap().set_born(journal::Position::START);
    (0..130).for_each(|i| append(&mut head, id, i, 0.5));
    let frozen = head.freeze();
    assert_eq!(read(&head.frozen(frozen[0].id, 1, &mut RowCopies::default())).len(), 130);
    (130..400).for_each(|i| append(&mut head, id, i, i as f64));
    assert_eq!(head.samples(), 400);
    head.forget(1);
    assert_eq!(head.span(), Some((130, 399)));
    assert_eq!(between(&head, id, (0, 999)), (130..400).collect::<Vec<_>>());
    let parts = view_of(&head, head.get(id).unwrap(), (0, 999)).in_order;
    let (open, sealed) = parts.split_last().unwrap();
    let memory = sealed.iter().map(Part::memory).sum::<usize>() + open.len() + 1;
    assert_eq!(head.memory, Series::fixed_memory(&labels(0)) + memory, "what is left");
    assert_eq!(head.drop_idle(9, 400), 0, "it still has samples");
    head.freeze();
    head.forget(2);
    assert_eq!(head.drop_idle(2, 400), 0, "touched in generation 2");
    assert_eq!(head.drop_idle(3, 399), 0, "newest sample is 399");
    assert_eq!(head.drop_idle(3, 400), 1);
    assert!(head.get(id).is_none() && head.find(&labels(0)).is_none());
    assert_eq!((head.len(), head.memory), (0, 0));
}

#[test]
fn inv_14_ids_are_not_reused() {
    let mut head = Head::new(0);
    let first = head.insert(GroupKey(1), &labels(0));
    head.drop_idle(2, 1);
    let again = head.insert(GroupKey(1), &labels(0));
    assert_ne!(first, again);
    head.insert_with_id(SeriesRef(40), GroupKey(2), &labels(1));
    assert_eq!(head.next_id(), 41);
    assert_eq!(head.group_series(GroupKey(2)), 1);
}

#[test]
fn exemplars_are_bounded_and_repeats_are_dropped() {
    let mut ring = Exemplars::default();
    let exemplar = |t: i64| Exemplar {
        labels: Labels::empty(),
        value: t as f64,
        timestamp: Timestamp::from_ms(t),
    };
    for t in [1, 1, 2, 1, 3] {
        ring.push(&labels(0), exemplar(t), 3);
    }
    assert_eq!(ring.len(), 3);
    ring.push(&labels(1), exemplar(9), 3);
    let left: Vec<i64> = ring.iter().map(|(_, e)| e.timestamp.ms()).collect();
    assert_eq!(left, [2, 3, 9]);
}

#[test]
fn with_its_last_exemplar_a_series_is_forgotten() {
    let mut ring = Exemplars::default();
    let exemplar = |t: i64| Exemplar {
        labels: Labels::empty(),
        value: t as f64,
        timestamp: Timestamp::from_ms(t),
    };
    ring.push(&labels(0), exemplar(8), 2);
    assert!(ring.is_repeated(&labels(0), &exemplar(8)), "it is the newest");
    assert!(ring.is_repeated(&labels(0), &exemplar(7)), "it is older");
    let other = Exemplar { value: 0.5, ..exemplar(8) };
    assert!(!ring.is_repeated(&labels(0), &other), "another one of the same instant");
    let one = ring.memory();
    for t in 0..100 {
        ring.push(&labels(1), exemplar(t), 2);
    }
    assert_eq!((ring.len(), ring.memory()), (2, 2 * one));
    assert!(!ring.is_repeated(&labels(0), &exemplar(8)), "nobody knows it any more");
    ring.push(&labels(2), exemplar(1), 0);
    assert_eq!(ring.len(), 2, "none is kept where none is allowed");
}

#[test]
fn texts_and_exemplars_count_as_memory() {
    let mut head = Head::new(0);
    let id = head.insert(GroupKey(1), &labels(0));
    let before = head.memory;
    let entry = |help: usize| MetricMetadata {
        metric: "m".into(),
        metadata: Metadata { help: "x".repeat(help), ..Metadata::default() },
    };
    assert!(head.set_metadata(&entry(10), 1));
    assert!(head.set_metadata(&entry(10_000), 1));
    assert!((10_000..10_500).contains(&(head.memory - before)), "{}", head.memory - before);
    assert!(head.set_metadata(&entry(0), 1));
    let before = head.memory;
    for t in 0..50 {
        let labels = Labels::from_pairs([("trace_id", "0123456789")]);
        let timestamp = Timestamp::from_ms(t);
        head.push_exemplar(id, &Exemplar { labels, value: 1.0, timestamp }, 20);
    }
    let each = (head.memory - before) / 20;
    assert!((150..300).contains(&each), "{each} bytes an exemplar");
}

#[test]
fn groups_without_series_leave_nothing_behind() {
    let mut head = Head::new(0);
    for target in 0..100 {
        head.insert(GroupKey(target), &labels(0));
        assert_eq!(head.group_count(), 1);
        assert_eq!(head.drop_idle(2, 1), 1);
    }
    assert_eq!((head.group_count(), head.groups.len()), (0, 1));
}

#[test]
fn rows_of_a_group_are_shared_until_a_series_keeps_its_own_time() {
    let mut head = Head::new(0);
    let ids: Vec<SeriesRef> = (0..4).map(|n| head.insert(GroupKey(1), &labels(n))).collect();
    let mut want = vec![Vec::new(); 4];
    for row in 0..500_i64 {
        for (n, id) in ids.iter().enumerate() {
            let at = match n {
                2 if row % 100 == 50 => continue, // misses a row now and then
                0..=2 => row * 10,
                _ => row * 10 + 3, // always late
            };
            append(&mut head, *id, at, row as f64);
            want[n].push(at);
        }
    }
    for (n, id) in ids.iter().enumerate() {
        let series = head.get(*id).unwrap();
        assert_eq!(read(&view_of(&head, series, (i64::MIN, i64::MAX))).timestamps, want[n]);
        assert_eq!(series.samples(), want[n].len());
    }
    assert!(head.groups[0].times.rows.len() <= 120);
    for id in &ids {
        head.get_mut(*id).unwrap().set_born(journal::Position::START);
    }
    for (n, frozen) in head.freeze().iter().enumerate() {
        assert_eq!(read(&head.frozen(frozen.id, 1, &mut RowCopies::default())).timestamps, want[n]);
    }
}

fn append_late(head: &mut Head, id: SeriesRef, timestamp: i64, value: &Value) {
    let timestamp = Timestamp::from_ms(timestamp);
    let start = (timestamp.ms() % 3 == 0).then(|| Timestamp::from_ms(1));
    head.apply_late(&AppliedRow { series: id, timestamp, value, start });
}

/// Odd instants come in order, even ones late and shuffled, a third of them histograms.
#[test]
fn inv_27_late_samples_stand_between_the_others() {
    let mut head = Head::new(0);
    let id = head.insert(GroupKey(1), &labels(0));
    head.get_mut(id).unwrap().set_born(journal::Position::START);
    let value = |t: i64| match t % 6 {
        0 => Value::Histogram(Histogram { count: t as f64, ..Histogram::default() }.into()),
        _ => Value::Float(t as f64),
    };
    (0..600).for_each(|i| append(&mut head, id, 2 * i + 1, (2 * i + 1) as f64));
    for i in 0..600 {
        let t = 2 * (i * 7 % 600);
        assert!(head.sample_at(head.get(id).unwrap(), Timestamp::from_ms(t)).is_none());
        append_late(&mut head, id, t, &value(t));
    }
    let check = |head: &Head| {
        let series = head.get(id).unwrap();
        let found = read(&view_of(head, series, (i64::MIN, i64::MAX)));
        assert_eq!(found.timestamps, (0..1200).collect::<Vec<_>>(), "INV-27");
        for t in 0..1200 {
            let known = head.sample_at(series, Timestamp::from_ms(t)).unwrap();
            assert!(known.bits_eq(&value(t)), "{t}: {known:?}");
        }
        let starts: Vec<i64> = (0..1200).map(|t| i64::from(t % 6 == 0)).collect();
        assert_eq!(found.starts, starts, "late ones at multiples of three have a start");
        let mut some = SampleBuf::default();
        view_of(head, series, (100, 130))
            .read((100, 130), &mut Scratch::default(), &mut some)
            .unwrap();
        assert_eq!(some.timestamps, (100..=130).collect::<Vec<_>>());
        assert_eq!((series.samples(), head.span()), (1200, Some((0, 1199))));
    };
    check(&head);
    let frozen = head.freeze();
    assert_eq!(read(&head.frozen(frozen[0].id, 1, &mut RowCopies::default())).len(), 1200);
    check(&head);
    let newest = head.get(id).unwrap().newest.as_ref().unwrap().timestamp;
    assert_eq!((newest.ms(), head.newest_ms), (1199, 1199), "late samples are not the newest");
    head.forget(1);
    assert_eq!((head.samples(), head.drop_idle(9, 2000)), (0, 1));
    assert_eq!(head.memory, 0, "all of it was counted");
}

#[test]
#[should_panic(expected = "INV-27")]
fn inv_27_an_instant_taken_twice_stops_the_program() {
    let mut head = Head::new(0);
    let id = head.insert(GroupKey(1), &labels(0));
    append(&mut head, id, 5, 1.0);
    append(&mut head, id, 7, 1.0);
    append_late(&mut head, id, 5, &Value::Float(1.0));
}

#[test]
#[should_panic(expected = "INV-13")]
fn inv_13_a_sample_that_goes_back_stops_the_program() {
    let mut head = Head::new(0);
    let id = head.insert(GroupKey(1), &labels(0));
    append(&mut head, id, 5, 1.0);
    append(&mut head, id, 5, 1.0);
}

#[test]
#[should_panic(expected = "INV-13")]
fn inv_13_a_sample_that_is_not_late_stops_the_program() {
    let mut head = Head::new(0);
    let id = head.insert(GroupKey(1), &labels(0));
    append(&mut head, id, 5, 1.0);
    append_late(&mut head, id, 6, &Value::Float(1.0));
}

#[test]
fn only_series_without_samples_that_stand_ahead_are_forgiven() {
    let mut head = Head::new(0);
    let ids: Vec<SeriesRef> = (0..3).map(|n| head.insert(GroupKey(1), &labels(n))).collect();
    for (id, timestamp) in ids.iter().zip([10, 1000, 1000]) {
        head.get_mut(*id).unwrap().set_born(journal::Position::START);
        append(&mut head, *id, timestamp, 0.5);
    }
    head.freeze();
    head.forget(1);
    append(&mut head, ids[2], 1001, 0.5);
    head.forgive_future(Timestamp::from_ms(500));
    let newest = |n: usize| head.get(ids[n]).unwrap().newest.as_ref().map(|n| n.timestamp.ms());
    assert_eq!((newest(0), newest(1), newest(2)), (Some(10), None, Some(1001)));
}

#[test]
fn a_series_that_no_record_bore_is_in_no_flush() {
    let mut head = Head::new(0);
    let id = head.insert(GroupKey(1), &labels(0));
    assert!(head.freeze().is_empty());
    head.get_mut(id).unwrap().set_born(journal::Position::START);
    assert_eq!(head.freeze().len(), 1);
}

#[test]
fn metadata_is_kept_up_to_its_limit() {
    let mut head = Head::new(0);
    let entry = |metric: &str, help: &str| MetricMetadata {
        metric: metric.into(),
        metadata: Metadata { help: help.into(), ..Metadata::default() },
    };
    assert!(head.set_metadata(&entry("a", "one"), 1));
    assert!(!head.set_metadata(&entry("b", "one"), 1));
    assert!(head.set_metadata(&entry("a", "another"), 1), "a known one may change");
    assert_eq!(head.metadata.len(), 1);
}

/// Sizes and spans of the blocks of one series, the open run last.
fn blocks(head: &Head, id: SeriesRef) -> Vec<(usize, i64, i64)> {
    let view = view_of(head, head.get(id).unwrap(), (i64::MIN, i64::MAX));
    let size = |part: &Part| (part.len(), part.span().0, part.span().1);
    view.in_order.iter().map(size).collect()
}

#[test]
fn an_open_run_is_sealed_at_120_rows_two_hours_and_another_type() {
    let mut head = Head::new(1);
    let full = head.insert(GroupKey(1), &labels(0));
    (0..121).for_each(|row| append(&mut head, full, row, 1.0));
    assert_eq!(blocks(&head, full), [(120, 0, 119), (1, 120, 120)]);
    let slow = head.insert(GroupKey(2), &labels(1));
    let two_hours = 7_200_000;
    for timestamp in [5, 5 + two_hours, 6 + two_hours] {
        append(&mut head, slow, timestamp, 1.0);
    }
    let sealed = [(2, 5, 5 + two_hours), (1, 6 + two_hours, 6 + two_hours)];
    assert_eq!(blocks(&head, slow), sealed);
    let mixed = head.insert(GroupKey(3), &labels(2));
    append(&mut head, mixed, 1, 1.0);
    let value = Value::Histogram(Arc::new(Histogram::default()));
    let timestamp = Timestamp::from_ms(2);
    head.apply(&AppliedRow { series: mixed, timestamp, value: &value, start: None });
    append(&mut head, mixed, 3, 1.0);
    assert_eq!(blocks(&head, mixed), [(1, 1, 1), (1, 2, 2), (1, 3, 3)]);
}

#[test]
fn late_samples_are_sealed_at_120_too() {
    let mut head = Head::new(1);
    let id = head.insert(GroupKey(1), &labels(0));
    append(&mut head, id, 1000, 1.0);
    for timestamp in 0..241 {
        let (timestamp, value) = (Timestamp::from_ms(timestamp), Value::Float(1.0));
        head.apply_late(&AppliedRow { series: id, timestamp, value: &value, start: None });
    }
    let view = view_of(&head, head.get(id).unwrap(), (i64::MIN, i64::MAX));
    let sizes: Vec<usize> = view.late.iter().map(Part::len).collect();
    assert_eq!(sizes, [120, 120, 1]);
}

/// A view of what lies between two instants.
fn between(head: &Head, id: SeriesRef, range: (i64, i64)) -> Vec<i64> {
    let mut samples = SampleBuf::default();
    let view = view_of(head, head.get(id).unwrap(), range);
    view.read(range, &mut Scratch::default(), &mut samples).unwrap();
    samples.timestamps
}

#[test]
fn both_ends_of_a_range_belong_to_it_and_a_range_without_samples_is_empty() {
    let mut head = Head::new(0);
    let id = head.insert(GroupKey(1), &labels(0));
    for at in [10, 20, 30] {
        append(&mut head, id, at, 1.0);
    }
    for at in [13, 17] {
        append_late(&mut head, id, at, &Value::Float(2.0));
    }
    assert_eq!(between(&head, id, (10, 20)), [10, 13, 17, 20]);
    assert_eq!(between(&head, id, (13, 17)), [13, 17]);
    for range in [(21, 29), (14, 16), (25, 5), (18, 12), (31, 40)] {
        let view = view_of(&head, head.get(id).unwrap(), range);
        assert!(view.is_empty(), "{range:?}: {view:?}");
    }
}

#[test]
fn a_series_overlaps_where_its_parts_are() {
    let mut head = Head::new(0);
    let id = head.insert(GroupKey(1), &labels(0));
    (0..120).for_each(|at| append(&mut head, id, at, 1.0));
    append(&mut head, id, 500, 1.0);
    let overlaps = |range| head.overlaps(head.get(id).unwrap(), range);
    assert_eq!(blocks(&head, id).len(), 2, "one of them is sealed");
    assert!(overlaps((-5, 0)) && overlaps((119, 200)) && overlaps((200, 500)));
    assert!(!overlaps((-5, -1)) && !overlaps((200, 300)) && !overlaps((501, 600)));
}

#[test]
fn inv_11_what_is_read_already_stays_before_the_same_instant_in_memory() {
    let mut head = Head::new(0);
    let id = head.insert(GroupKey(1), &labels(0));
    append(&mut head, id, 5, 1.0);
    append(&mut head, id, 6, 1.0);
    let mut samples = SampleBuf::default();
    samples.push(5, 7.0);
    let view = view_of(&head, head.get(id).unwrap(), (i64::MIN, i64::MAX));
    view.read((i64::MIN, i64::MAX), &mut Scratch::default(), &mut samples).unwrap();
    assert_eq!((samples.timestamps, samples.values), (vec![5, 6], vec![7.0, 1.0]), "INV-11");
}

#[test]
fn starts_of_samples_in_order_come_back() {
    let mut head = Head::new(0);
    let id = head.insert(GroupKey(1), &labels(0));
    let start = |at: i64| if at % 50 < 2 { 0 } else { 3 + at / 100 };
    for at in 0..250 {
        let known = Timestamp::from_ms(start(at));
        let (timestamp, value) = (Timestamp::from_ms(at), Value::Float(1.0));
        let start = (start(at) != 0).then_some(known);
        head.apply(&AppliedRow { series: id, timestamp, value: &value, start });
    }
    let found = read(&view_of(&head, head.get(id).unwrap(), (i64::MIN, i64::MAX)));
    assert_eq!(found.starts, (0..250).map(start).collect::<Vec<_>>());
    let mut some = SampleBuf::default();
    let view = view_of(&head, head.get(id).unwrap(), (245, 247));
    view.read((245, 247), &mut Scratch::default(), &mut some).unwrap();
    assert_eq!(some.starts, (245..=247).map(start).collect::<Vec<_>>(), "of the open run");
}

/// A row that all series of a large group share would be sealed for all of them at once.
#[test]
fn series_of_the_largest_groups_keep_their_own_times() {
    for (members, rows) in [(4096, 1), (4097, 0)] {
        let mut head = Head::new(0);
        let ids: Vec<SeriesRef> =
            (0..members).map(|n| head.insert(GroupKey(1), &labels(n))).collect();
        for id in &ids {
            append(&mut head, *id, 5, 1.0);
        }
        assert_eq!(head.groups[0].times.rows.len(), rows, "{members}");
        assert_eq!(between(&head, ids[0], (5, 5)), [5]);
    }
}

/// What came after the first freeze is not in the segments of the first flush.
#[test]
fn forgetting_leaves_late_samples_of_later_generations() {
    let mut head = Head::new(0);
    let id = head.insert(GroupKey(1), &labels(0));
    head.get_mut(id).unwrap().set_born(journal::Position::START);
    append(&mut head, id, 100, 1.0);
    append_late(&mut head, id, 10, &Value::Float(1.0));
    head.freeze();
    append_late(&mut head, id, 20, &Value::Float(1.0));
    head.forget(1);
    assert_eq!(between(&head, id, (0, 99)), [20], "it is open");
    head.freeze();
    head.forget(1);
    assert_eq!(between(&head, id, (0, 99)), [20], "it is a part");
    for _ in 0..2 {
        head.forget(2);
        assert_eq!(between(&head, id, (0, 99)), [0; 0]);
        assert_eq!(head.memory, Series::fixed_memory(&labels(0)), "nothing else is left");
    }
    assert_eq!(head.drop_idle(2, 1000), 0, "a late sample came in generation 2");
    assert_eq!(head.drop_idle(3, 1000), 1);
}

#[test]
fn late_samples_count_as_memory() {
    let mut head = Head::new(0);
    let id = head.insert(GroupKey(1), &labels(0));
    append(&mut head, id, 1000, 1.0);
    let mut before = head.memory;
    let mut grown = |head: &Head| {
        let grown = head.memory.cast_signed() - before.cast_signed();
        before = head.memory;
        grown
    };
    append_late(&mut head, id, 1, &Value::Float(1.0));
    let first = grown(&head);
    append_late(&mut head, id, 2, &Value::Float(1.0));
    let each = grown(&head);
    assert!(each >= 24 && first > each, "{first} {each}: the first one brings the box");
    (3..=120).for_each(|at| append_late(&mut head, id, at, &Value::Float(1.0)));
    assert_eq!(grown(&head), 118 * each);
    append_late(&mut head, id, 121, &Value::Float(1.0));
    let view = view_of(&head, head.get(id).unwrap(), (0, 120));
    let sealed = view.late[0].memory().cast_signed();
    assert_eq!(grown(&head), sealed - 119 * each, "120 became a block, one is open");
}

#[test]
#[should_panic(expected = "INV-13")]
fn inv_13_a_sample_at_the_newest_instant_is_not_late() {
    let mut head = Head::new(0);
    let id = head.insert(GroupKey(1), &labels(0));
    head.get_mut(id).unwrap().set_born(journal::Position::START);
    append(&mut head, id, 5, 1.0);
    head.freeze();
    head.forget(1);
    append_late(&mut head, id, 5, &Value::Float(1.0));
}

/// Rows are shared by those that come with or after the newest of them.
#[test]
fn a_row_of_a_group_is_never_older_than_the_rows_before() {
    let mut head = Head::new(0);
    for n in 0..300 {
        let id = head.insert(GroupKey(1), &labels(n));
        append(&mut head, id, 1000 - i64::try_from(n).unwrap(), 1.0);
    }
    assert_eq!(head.groups[0].times.rows, [1000]);
}

#[test]
fn series_of_a_group_are_sealed_with_the_same_rows() {
    let mut head = Head::new(0);
    let ids: Vec<SeriesRef> = (0..3).map(|n| head.insert(GroupKey(1), &labels(n))).collect();
    append(&mut head, ids[0], 1000, 1.0);
    for at in 0..121 {
        append(&mut head, ids[2], at, 1.0); // with times of its own
    }
    for at in 1001..1200 {
        ids[..2].iter().for_each(|id| append(&mut head, *id, at, 1.0));
        assert!(head.groups[0].times.rows.len() <= 120, "{at}");
    }
    assert_eq!(blocks(&head, ids[0]), [(120, 1000, 1119), (80, 1120, 1199)]);
    assert_eq!(blocks(&head, ids[1]), [(119, 1001, 1119), (80, 1120, 1199)]);
    assert_eq!(blocks(&head, ids[2]), [(120, 0, 119), (1, 120, 120)]);
}
