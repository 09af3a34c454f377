//! Checkpoints of whatever the doors let in: the largest entries fit, damaged pages are left out.

use super::*;
use model::{Metadata, MetricKind, SeriesRef};
use sys::sim::SimVfs;

const FILE: &str = "/c/0000000000000001.ckp";

fn written(frozen: &Frozen) -> SimVfs {
    let vfs = SimVfs::new(1);
    vfs.create_dir_all(Path::new("/c")).unwrap();
    let mut pages = Pages::default();
    pages.add(frozen);
    write(&vfs, Path::new(FILE), &pages).unwrap();
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
        page_by_page(sizes, 1024, |size| *size).iter().map(|page| page.len()).collect()
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

fn frozen(
    id: u64,
    group: u64,
    labels: &[(&str, &str)],
    newest: Option<(i64, Value)>,
) -> FrozenSeries {
    let newest = newest.map(|(ms, value)| Newest { timestamp: Timestamp::from_ms(ms), value });
    let (id, group, labels) =
        (SeriesRef(id), GroupKey(group), Labels::from_pairs(labels.iter().copied()));
    FrozenSeries { id, group, labels, newest }
}

/// Series of every kind: other names, no labels, no sample, gaps between ids, odd values.
fn mixed() -> Vec<FrozenSeries> {
    let float = |ms: i64, value: f64| Some((ms, Value::Float(value)));
    let histogram = Value::Histogram(Arc::new(model::Histogram::default()));
    let one = |value| [("__name__", "m"), ("a", value), ("b", "1")];
    vec![
        frozen(7, 5, &one("1"), float(1000, 1.25)),
        frozen(8, 5, &one("2"), float(1000, f64::from_bits(model::STALE_NAN_BITS))),
        frozen(9, 6, &one("1"), float(-5, f64::from_bits(0x7ff0_0000_0000_0007))),
        frozen(90, 6, &one("1"), None),
        frozen(91, 6, &[], float(2000, -0.0)),
        frozen(92, 6, &[], Some((2000, histogram))),
        frozen(93, 6, &[("b", "m")], float(i64::MAX, 1e300)),
        frozen(u64::MAX, u64::MAX, &one("__name__"), float(i64::MIN, 0.1 + 0.2)),
        frozen(0, 0, &one("3"), float(i64::MIN, 12_345_678.9)),
    ]
}

#[test]
fn inv_10_series_come_back_as_they_were() {
    let series = mixed();
    let mut bytes = Vec::new();
    births::encode(&series, &mut bytes);
    let mut found = Vec::new();
    births::decode(&bytes, &mut found).unwrap();
    assert_eq!(found.len(), series.len());
    for (want, (birth, newest)) in series.iter().zip(&found) {
        assert_eq!((birth.series, birth.group, &birth.labels), (want.id, want.group, &want.labels));
        let same = match (&want.newest, newest) {
            (Some(a), Some(b)) => a.timestamp == b.timestamp && a.value.bits_eq(&b.value),
            (a, b) => a.is_none() && b.is_none(),
        };
        assert!(same, "INV-10: {:?} became {newest:?}", want.newest);
    }
    for len in 0..bytes.len() {
        assert!(births::decode(&bytes[..len], &mut Vec::new()).is_err(), "cut at {len}");
    }
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            let mut found = Vec::new();
            let decoded = births::decode(&bytes, &mut found);
            assert!(decoded.is_err() || found.len() <= bytes.len(), "bit {bit} of byte {at}");
            bytes[at] ^= 1 << bit;
        }
    }
    bytes.push(0);
    assert!(births::decode(&bytes, &mut Vec::new()).is_err(), "bytes left over");
}

#[test]
fn series_of_one_source_cost_few_bytes() {
    let label = |n: u64| n.to_string();
    let series: Vec<FrozenSeries> = (0..1000)
        .map(|n| {
            let (path, code) = (label(n / 4), label(200 + 100 * (n % 4)));
            let labels = [
                ("__name__", "http_requests_total"),
                ("code", &*code),
                ("instance", "10.0.0.1:9100"),
                ("path", &*path),
            ];
            let newest = Some((1_700_000_000_000, Value::Float((n * 1000) as f64)));
            frozen(n + 1, 3, &labels, newest)
        })
        .collect();
    let mut bytes = Vec::new();
    births::encode(&series, &mut bytes);
    assert!(bytes.len() < 9 * series.len(), "{} bytes", bytes.len());
}

/// Series that repeat a long label set cost two bytes each: damaged bytes must not become gigabytes.
#[test]
fn a_page_names_no_more_text_than_it_may_hold() {
    let long = "x".repeat(1 << 20);
    let series = |count: u64| -> Vec<FrozenSeries> {
        (1..=count).map(|id| frozen(id, 0, &[("a", &*long)], None)).collect()
    };
    for (count, taken) in [(3, true), (4, false), (1000, false)] {
        let mut bytes = Vec::new();
        births::encode(&series(count), &mut bytes);
        assert!(bytes.len() < 1_060_000);
        assert_eq!(probe_series(&bytes), taken, "{count} series");
    }
}

/// A checkpoint as version 1 wrote it: four series of a scrape group, one more of another.
#[test]
fn checkpoints_of_version_1_are_read() {
    let vfs = SimVfs::new(1);
    vfs.create_dir_all(Path::new("/c")).unwrap();
    vfs.replace(Path::new(FILE), include_bytes!("version-1.ckp")).unwrap();
    let loaded = load(&vfs, Path::new(FILE)).unwrap();
    assert_eq!(loaded.damage, Vec::<String>::new());
    let shown: Vec<String> = loaded
        .births
        .iter()
        .map(|(birth, newest)| {
            let newest = newest.as_ref().map(|n| (n.timestamp.ms(), n.value.clone()));
            format!("{} {} {newest:?}", birth.series.0, birth.labels)
        })
        .collect();
    assert_eq!(shown, include_str!("version-1.txt").lines().collect::<Vec<_>>());
    let head = loaded.into_head(0..100, &Limits::default());
    assert_eq!(head.len(), shown.len());
}
