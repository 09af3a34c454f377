//! Checkpoints of whatever the doors let in: the largest entries fit, damaged pages are left out.

use super::*;
use crate::head::View;
use model::{Metadata, MetricKind, SeriesRef};
use sys::sim::SimVfs;

const FILE: &str = "/c/0000000000000001.ckp";

fn written(frozen: &Frozen) -> SimVfs {
    let vfs = SimVfs::new(1);
    vfs.create_dir_all(Path::new("/c")).unwrap();
    write(&vfs, Path::new(FILE), frozen).unwrap();
    vfs
}

/// Label sets, help texts and exemplars of the largest size that is taken.
fn largest(count: u64) -> Frozen {
    let long = |n: u64| format!("{n}{}", "x".repeat((1 << 20) - 40));
    let labels = |n: u64| Labels::from_pairs([("a", &*long(n))]);
    let series = (1..=count).map(|n| FrozenSeries {
        id: SeriesRef(n),
        group: GroupKey(n % 3),
        labels: labels(n),
        newest: Some(Newest { timestamp: Timestamp::from_ms(5), value: Value::Float(0.5) }),
        samples: View::default(),
    });
    let metadata = (1..=count).map(|n| MetricMetadata {
        metric: format!("m{n}"),
        metadata: Metadata { kind: MetricKind::Gauge, help: long(n), unit: String::new() },
    });
    let exemplar =
        |n: u64| Exemplar { labels: Labels::empty(), value: n as f64, timestamp: Timestamp::MIN };
    Frozen {
        series: series.collect(),
        metadata: metadata.collect(),
        exemplars: (1..=count).map(|n| (labels(n), exemplar(n))).collect(),
    }
}

#[test]
fn the_largest_entries_fit_their_pages() {
    let frozen = largest(20);
    let loaded = load(&written(&frozen), Path::new(FILE)).unwrap();
    assert_eq!(loaded.damage, Vec::<String>::new());
    let head = loaded.into_head(1..21, &Limits::default());
    assert_eq!((head.len(), head.metadata.len(), head.exemplars.len()), (20, 20, 20));
    for series in &frozen.series {
        assert_eq!(head.find(&series.labels), Some(series.id));
    }
}

#[test]
fn pages_are_cut_by_number_and_by_bytes() {
    let cut = |sizes: &[usize]| -> Vec<usize> {
        page_by_page(sizes, |size| *size).iter().map(|page| page.len()).collect()
    };
    assert_eq!(cut(&[]), [0; 0]);
    assert_eq!(cut(&vec![0; 2500]), [1024, 1024, 452]);
    assert_eq!(cut(&[PAGE_BYTES; 3]), [1, 1, 1]);
    assert_eq!(cut(&[PAGE_BYTES / 2; 5]), [2, 2, 1]);
    assert_eq!(cut(&[1, 10 * PAGE_BYTES, 1]), [2, 1]);
}

fn birth(id: u64, name: &str, newest: Option<i64>) -> (Birth, Option<Newest>) {
    let labels = Labels::from_pairs([("__name__", name)]);
    let timestamp = |ms| Newest { timestamp: Timestamp::from_ms(ms), value: Value::Float(0.5) };
    (Birth { series: SeriesRef(id), group: GroupKey(1), labels }, newest.map(timestamp))
}

fn head(births: &[(Birth, Option<Newest>)], before: &[(Birth, Option<Newest>)]) -> Head {
    let mut loaded = Loaded { births: births.to_vec(), ..Loaded::default() };
    loaded.complete_from(Loaded { births: before.to_vec(), ..Loaded::default() });
    loaded.into_head(3..10, &Limits::default())
}

#[test]
fn inv_14_ids_of_the_checkpoint_are_not_given_away_again() {
    assert_eq!(head(&[], &[]).next_id(), 10);
    let some = head(&[birth(7, "a", None)], &[]);
    assert_eq!((some.next_id(), some.first_id()), (10, 7));
    assert!(some.is_free(SeriesRef(3)), "the journal may still bring the series 3");
    let older = head(&[], &[birth(2, "a", None)]);
    assert!(older.get(SeriesRef(2)).is_some(), "the checkpoint before may hold older ones");
}

#[test]
fn inv_14_what_two_checkpoints_know_comes_once() {
    let both = head(
        &[birth(5, "a", Some(50))],
        &[birth(5, "c", Some(20)), birth(6, "a", None), birth(7, "b", Some(30))],
    );
    assert_eq!(both.len(), 2);
    let newest = |id| both.get(SeriesRef(id)).unwrap().newest.as_ref().map(|n| n.timestamp.ms());
    assert_eq!((newest(5), newest(7)), (Some(50), None), "the newer one says what is newest");
}

#[test]
fn pages_of_something_else_are_damage() {
    let damage = |kind, bytes: &[u8]| {
        take_page(kind, bytes, &mut Vec::new(), &mut Frozen::default()).is_err()
    };
    assert!(!damage(PageKind::Metadata, &[0]));
    assert!(damage(PageKind::Metadata, &[0, 0]), "bytes left over");
    assert!(damage(PageKind::Symbols, &[0]));
}

#[test]
fn exemplars_of_the_checkpoint_before_count_only_where_there_are_no_newer_ones() {
    let with = |values: &[f64]| {
        let exemplar = |value: &f64| {
            let timestamp = Timestamp::from_ms(1);
            (Labels::empty(), Exemplar { labels: Labels::empty(), value: *value, timestamp })
        };
        let exemplars = values.iter().map(exemplar).collect();
        Loaded { parts: Frozen { exemplars, ..Frozen::default() }, ..Loaded::default() }
    };
    for (newer, older, want) in [(&[2.0][..], &[1.0][..], [2.0]), (&[], &[1.0], [1.0])] {
        let mut loaded = with(newer);
        loaded.complete_from(with(older));
        let left = loaded.parts.exemplars.iter().map(|(_, exemplar)| exemplar.value);
        assert_eq!(left.collect::<Vec<_>>(), want);
    }
}
