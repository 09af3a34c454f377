//! Ranks change what sorting costs, never what it gives.

use super::SeriesRanks;
use model::{Labels, SeriesRef};
use sys::sim::SimRng;

fn series(id: u64) -> (Labels, SeriesRef) {
    // Neither by id nor by number: `series_7` stands behind `series_10`.
    let name = format!("series_{}", id.wrapping_mul(0x9e37_79b9) % 1000);
    (Labels::from_pairs([("a", name.as_str()), ("id", &id.to_string())]), SeriesRef(id))
}

/// Series are born with the next ids and leave for good, as in the head.
#[test]
fn sorting_with_ranks_is_sorting_by_labels() {
    let mut random = SimRng::new(11);
    let mut ranks = SeriesRanks::default();
    let mut living = Vec::new();
    let mut next = 5;
    for _ in 0..300 {
        let births = random.below(40);
        living.retain(|_| random.below(8) != 0);
        living.extend(next..next + births);
        next += births;
        ranks.cover(&(living.first().copied().unwrap_or(next)..next));
        let mut found: Vec<_> = living.iter().map(|id| series(*id)).collect();
        let mut expected = found.clone();
        ranks.sort(&mut found);
        expected.sort();
        assert_eq!(found, expected);
    }
}

#[test]
fn ids_that_are_not_covered_are_compared_by_their_labels() {
    let mut ranks = SeriesRanks::default();
    ranks.cover(&(10..12));
    let mut found: Vec<_> = (0..20).map(series).collect();
    let mut expected = found.clone();
    expected.sort();
    for _ in 0..2 {
        ranks.sort(&mut found);
        assert_eq!(found, expected);
    }
}
