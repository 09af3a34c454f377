//! The cache forgets, but never lies and never grows.

use super::{Entry, Known, Lookup, SeriesCache, cost};
use crate::batch::{LabelBytes, RequestBatch};
use model::{GroupKey, SeriesRef};
use std::hash::BuildHasher;

fn known(number: u64) -> Known {
    Known { series: SeriesRef(number), group: GroupKey(number) }
}

fn insert(cache: &SeriesCache, label_bytes: &[u8], known: Known) {
    let (mut lookup, batch) = (cache.lookup(), RequestBatch::default());
    lookup.learn(&LabelBytes::Sent(label_bytes), known, &batch);
    lookup.finish(&batch);
}

fn find<'a>(lookup: &mut Lookup<'_, 'a>, label_bytes: &'a [u8]) -> Option<Known> {
    lookup.get(&LabelBytes::Sent(label_bytes), &RequestBatch::default())
}

fn get(cache: &SeriesCache, label_bytes: &[u8]) -> Option<Known> {
    let mut lookup = cache.lookup();
    let known = find(&mut lookup, label_bytes);
    lookup.finish(&RequestBatch::default());
    known
}

fn bytes_held(cache: &SeriesCache) -> usize {
    let generations = cache.generations.read();
    let held = [&generations.young, &generations.old].map(|generation| {
        let bytes = |entry: &Entry| cost(entry.own());
        let held: usize = generation.entries.iter().map(bytes).sum();
        assert!(held <= generation.bytes);
        assert!(generation.by_hash.len() <= generation.entries.len());
        generation.bytes
    });
    held.iter().sum()
}

/// Reads a request; gives how many series came as expected.
fn request(cache: &SeriesCache, series: &[(&[u8], u64)]) -> usize {
    let (mut lookup, batch) = (cache.lookup(), RequestBatch::default());
    let mut expected = 0;
    for (label_bytes, number) in series {
        expected += usize::from(lookup.likely() == *label_bytes);
        match find(&mut lookup, label_bytes) {
            Some(found) => assert_eq!(found, known(*number), "{label_bytes:?}"),
            None => lookup.learn(&LabelBytes::Sent(label_bytes), known(*number), &batch),
        }
    }
    lookup.finish(&batch);
    expected
}

#[test]
fn it_gives_what_was_put_in_for_equal_bytes_only() {
    let cache = SeriesCache::new(1 << 20);
    insert(&cache, b"a", known(1));
    insert(&cache, b"b", known(2));
    assert_eq!(
        (get(&cache, b"a"), get(&cache, b"b"), get(&cache, b"c")),
        (Some(known(1)), Some(known(2)), None)
    );
    insert(&cache, b"a", known(3));
    assert_eq!(get(&cache, b"a"), Some(known(3)));
    cache.remove(b"a");
    cache.remove(b"never there");
    assert_eq!((get(&cache, b"a"), get(&cache, b"b")), (None, Some(known(2))));
}

#[test]
fn series_that_come_in_the_same_order_again_are_expected() {
    let cache = SeriesCache::new(1 << 20);
    let series: [(&[u8], u64); 4] = [(b"a", 1), (b"bb", 2), (b"ccc", 3), (b"d", 4)];
    assert_eq!(request(&cache, &series), 0, "nothing is known");
    assert_eq!(request(&cache, &series), 3, "all but the first");
    // A series in the middle changes: the new one is known after one request, its place after two.
    let changed: [(&[u8], u64); 4] = [(b"a", 1), (b"BB", 5), (b"ccc", 3), (b"d", 4)];
    assert_eq!(request(&cache, &changed), 1, "d behind ccc");
    assert_eq!(request(&cache, &changed), 1, "BB follows a and is followed by ccc from now on");
    assert_eq!(request(&cache, &changed), 3);
}

#[test]
fn a_removed_series_is_not_expected() {
    let cache = SeriesCache::new(1 << 20);
    request(&cache, &[(b"a", 1), (b"b", 2)]);
    cache.remove(b"b");
    let mut lookup = cache.lookup();
    assert_eq!(find(&mut lookup, b"a"), Some(known(1)));
    assert!(lookup.likely().is_empty());
    assert_eq!(find(&mut lookup, b"b"), None);
}

/// What is expected is decided before the bytes are compared.
#[test]
fn another_request_that_changes_the_order_meanwhile_does_not_change_the_answer() {
    let cache = SeriesCache::new(1 << 20);
    request(&cache, &[(b"a", 1), (b"b", 2), (b"c", 3)]);
    let mut lookup = cache.lookup();
    assert_eq!(find(&mut lookup, b"a"), Some(known(1)));
    assert_eq!(lookup.likely(), b"b");
    let mut other = cache.lookup();
    assert_eq!(find(&mut other, b"a"), Some(known(1)));
    assert_eq!(find(&mut other, b"c"), Some(known(3)));
    assert_eq!(lookup.take_likely(), Some(known(2)));
}

#[test]
fn it_stays_within_its_bound_and_keeps_what_is_used() {
    let bytes_max = 64 << 10;
    let cache = SeriesCache::new(bytes_max);
    insert(&cache, b"in use", known(0));
    for number in 1..20_000_u64 {
        insert(&cache, &number.to_le_bytes(), known(number));
        assert_eq!(get(&cache, b"in use"), Some(known(0)), "after {number}");
        if number % 1000 == 0 {
            assert!(bytes_held(&cache) <= bytes_max);
        }
    }
    assert_eq!(get(&cache, &1_u64.to_le_bytes()), None, "what was not used is gone");
}

#[test]
fn what_is_larger_than_a_generation_is_not_held() {
    let cache = SeriesCache::new(2 * 200);
    insert(&cache, &[7; 200], known(1));
    assert_eq!((get(&cache, &[7; 200]), bytes_held(&cache)), (None, 0));
}

#[test]
fn equal_hashes_of_other_bytes_are_told_apart() {
    for generation in ["young", "old"] {
        let cache = SeriesCache::new(1 << 20);
        let hash = cache.hasher.hash_one(&b"a"[..]);
        let mut generations = cache.generations.write();
        match generation {
            "young" => generations.young.push(hash, b"b", known(2)),
            _ => generations.old.push(hash, b"b", known(2)),
        }
        drop(generations);
        assert_eq!(get(&cache, b"a"), None, "{generation}");
    }
}

/// Neighbours share front and end; sets of every length come back from any place.
#[test]
fn neighbours_that_share_most_of_their_bytes_are_told_apart() {
    let mut state = 1788_u64;
    let mut random = |bound: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % bound
    };
    let mut sets: Vec<Vec<u8>> = Vec::new();
    let mut set = b"instance=a,job=b,le=1".to_vec();
    while sets.len() < 500 {
        let place = usize::try_from(random(set.len() as u64 + 1)).unwrap();
        match random(4) {
            0 if set.len() > 3 => drop(set.drain(place / 2..place)),
            1 => set.splice(place..place, *b"aaa").for_each(drop),
            _ => set.insert(place, b"ab"[usize::try_from(random(2)).unwrap()]),
        }
        if !set.is_empty() && !sets.contains(&set) {
            sets.push(set.clone());
        }
    }
    let cache = SeriesCache::new(1 << 20);
    let all: Vec<(&[u8], u64)> = sets.iter().map(|set| &set[..]).zip(0..).collect();
    request(&cache, &all);
    assert_eq!(request(&cache, &all), all.len() - 1, "all but the first are expected");
    let mut mixed = all.clone();
    for place in 0..mixed.len() {
        mixed.swap(place, usize::try_from(random(500)).unwrap());
    }
    request(&cache, &mixed);
    assert_eq!(request(&cache, &mixed), all.len() - 1, "their order was learnt");
    assert!(sets.iter().all(|set| get(&cache, &[&set[..], b"!"].concat()).is_none()));
}
