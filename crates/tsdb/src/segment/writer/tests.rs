//! What a writer keeps for sharing is bounded, however long the segment gets.

use super::*;

#[test]
fn columns_kept_for_sharing_are_bounded() {
    let mut shared = SharedTimes::default();
    let column = |number: u32| -> Vec<i64> {
        (0..1 << 14).map(|row| i64::from(number) + row * 1000).collect()
    };
    for number in 0..200 {
        shared.keep(&column(number), number);
        let kept: usize = shared.by_ends.values().flatten().map(|(times, _)| times.len()).sum();
        assert_eq!(kept, shared.kept);
        assert!(kept <= TIMES_KEPT && shared.recent.len() <= SUBSET_TRIES, "{number}: {kept}");
    }
    assert_eq!(shared.find(&column(199)), Some((199, Presence::All)));
    assert_eq!(shared.find(&column(0)), None, "forgotten");
}

#[test]
fn blocks_kept_for_sharing_are_bounded() {
    let mut shared = SharedBlocks::default();
    for number in 0..200_u32 {
        let bytes = number.to_le_bytes().repeat(16 << 10);
        shared.keep(&bytes, (number, 0));
        let kept: usize = shared.by_bytes.keys().map(|bytes| bytes.len()).sum();
        assert!(kept <= BLOCKS_KEPT, "{number}: {kept}");
    }
    assert!(shared.by_bytes.len() > 1);
}

#[test]
fn a_series_shares_rows_of_a_neighbour_when_it_has_a_quarter_of_them() {
    let mut shared = SharedTimes::default();
    let column: Vec<i64> = (0..40).collect();
    shared.keep(&column, 7);
    assert!(shared.find(&column[..10]).is_some_and(|(id, _)| id == 7));
    assert_eq!(shared.find(&column[..9]), None, "an own column is shorter than the bitmap");
}

#[test]
fn histograms_of_a_block_are_bounded_in_number_and_bytes() {
    let histogram = |buckets: usize| {
        let positive_buckets = vec![1.0; buckets];
        Arc::new(Histogram { positive_buckets, ..Histogram::default() })
    };
    let list = |count: usize, buckets: usize| -> Vec<(usize, Arc<Histogram>)> {
        let one = histogram(buckets);
        (0..count).map(|index| (index, Arc::clone(&one))).collect()
    };
    assert_eq!(histograms_of_block(&list(3, 1)), 3);
    assert_eq!(histograms_of_block(&list(1000, 1)), BLOCK_HISTOGRAMS_MAX);
    let half = BLOCK_HISTOGRAM_BYTES / 16;
    assert_eq!(histograms_of_block(&list(3, half)), 1, "two are just too long");
    assert_eq!(histograms_of_block(&list(3, half - 100)), 2);
    assert_eq!(histograms_of_block(&list(3, 4 * half)), 1, "at least one");
}
