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
