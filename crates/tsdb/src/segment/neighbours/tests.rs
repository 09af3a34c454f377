//! The next lower bucket is found, and what is kept is bounded.

use super::*;

fn labels(path: usize, bound: &str) -> Labels {
    Labels::from_pairs([("__name__", "b"), ("le", bound), ("path", &format!("{path:05}"))])
}

fn begin(buckets: &mut Buckets, path: usize, bound: &str) {
    let number = u32::try_from(path).unwrap();
    buckets.begin(&labels(path, bound), &[0, 1, 2, 3, 4, 100 + number]);
}

fn integers(len: usize) -> Integers {
    Integers { exponent: 0, values: vec![1; len] }
}

fn place(page: u32) -> Place {
    Place { page, offset: 0, len: 1 }
}

#[test]
fn the_next_lower_bucket_of_the_same_histogram_and_rows() {
    let mut buckets = Buckets::default();
    let bounds = ["+Inf", "0.5", "1", "10", "2.5", "nonsense", "NaN"];
    let lower = [None, None, Some("0.5"), Some("1"), Some("1"), None, None];
    for (bound, lower) in bounds.into_iter().zip(lower) {
        for path in 0..3 {
            begin(&mut buckets, path, bound);
            let number = bounds.iter().position(|other| Some(*other) == lower);
            let page = number.map(|number| u32::try_from(10 * number + path).unwrap());
            let found = buckets.below(7, &Presence::All).map(|below| below.place.page);
            assert_eq!(found, page, "{bound} {path}");
            assert!(buckets.below(8, &Presence::All).is_none(), "other timestamps");
            let part = Presence::Run { first: 0, count: 3 };
            assert!(buckets.below(7, &part).is_none(), "other rows");
            let number = bounds.iter().position(|other| *other == bound).unwrap();
            let page = u32::try_from(10 * number + path).unwrap();
            buckets.keep((7, &Presence::All), place(page), 1, integers(9));
        }
    }
    buckets.begin(&Labels::from_pairs([("__name__", "x")]), &[0, 9]);
    assert!(!buckets.is_bucket() && buckets.below(7, &Presence::All).is_none());
}

#[test]
fn a_long_chain_begins_anew() {
    let mut buckets = Buckets::default();
    for (chain, bound) in [(CHAIN_MAX - 1, "1"), (CHAIN_MAX, "2")] {
        begin(&mut buckets, 0, bound);
        buckets.keep((7, &Presence::All), place(1), chain, integers(1));
    }
    begin(&mut buckets, 0, "2");
    assert!(buckets.below(7, &Presence::All).is_some());
    begin(&mut buckets, 0, "3");
    assert!(buckets.below(7, &Presence::All).is_none());
}

#[test]
fn what_is_kept_and_how_far_it_reaches_is_bounded() {
    let mut buckets = Buckets::default();
    let (rows, all) = (1000, Presence::All);
    for path in 0..2000 {
        begin(&mut buckets, path, "1");
        buckets.keep((7, &all), place(1), 1, integers(rows));
        let kept = buckets.histograms.values().flatten().flat_map(|bucket| &bucket.columns);
        let kept: usize = kept.map(|column| column.integers.values.len()).sum();
        assert!(kept <= buckets.kept && buckets.kept <= INTEGERS_KEPT + GROUP_COST, "{path}");
    }
    let mut found = (0..2000).rev().take_while(|path| {
        begin(&mut buckets, *path, "2");
        buckets.below(7, &all).is_some()
    });
    assert!(found.by_ref().count() <= REACH / rows + 1);
    let mut buckets = Buckets::default();
    for bound in 0..100 {
        begin(&mut buckets, 0, &bound.to_string());
        buckets.keep((7, &all), place(1), 1, integers(rows));
    }
    assert_eq!(buckets.kept, BUCKETS_KEPT * rows + GROUP_COST, "higher buckets replace lower ones");
}
