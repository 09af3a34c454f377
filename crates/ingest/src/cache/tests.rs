//! The cache forgets, but never lies and never grows.

use super::{Entry, Known, SHARDS, SeriesCache};
use model::{GroupKey, SeriesRef};
use std::hash::BuildHasher;

fn known(number: u64) -> Known {
    Known { series: SeriesRef(number), group: GroupKey(number) }
}

fn bytes_held(cache: &SeriesCache) -> usize {
    let held = |shard: &parking_lot::Mutex<super::Shard>| -> usize {
        let shard = shard.lock();
        let young: usize = shard.young.values().map(Entry::cost).sum();
        assert_eq!(young, shard.young_bytes);
        young + shard.old.values().map(Entry::cost).sum::<usize>()
    };
    cache.shards.iter().map(held).sum()
}

#[test]
fn it_gives_what_was_put_in_for_equal_bytes_only() {
    let cache = SeriesCache::new(1 << 20);
    cache.insert(b"a", known(1));
    cache.insert(b"b", known(2));
    assert_eq!(
        (cache.get(b"a"), cache.get(b"b"), cache.get(b"c")),
        (Some(known(1)), Some(known(2)), None)
    );
    cache.insert(b"a", known(3));
    assert_eq!(cache.get(b"a"), Some(known(3)));
    cache.remove(b"a");
    cache.remove(b"never there");
    assert_eq!((cache.get(b"a"), cache.get(b"b")), (None, Some(known(2))));
}

#[test]
fn it_stays_within_its_bound_and_keeps_what_is_used() {
    let bytes_max = 64 << 10;
    let cache = SeriesCache::new(bytes_max);
    cache.insert(b"in use", known(0));
    for number in 1..20_000_u64 {
        cache.insert(&number.to_le_bytes(), known(number));
        assert_eq!(cache.get(b"in use"), Some(known(0)), "after {number}");
        if number % 1000 == 0 {
            assert!(bytes_held(&cache) <= bytes_max);
        }
    }
    assert_eq!(cache.get(&1_u64.to_le_bytes()), None, "what was not used is gone");
}

#[test]
fn what_is_larger_than_a_shard_is_not_held() {
    let cache = SeriesCache::new(SHARDS * 2 * 100);
    cache.insert(&[7; 200], known(1));
    assert_eq!((cache.get(&[7; 200]), bytes_held(&cache)), (None, 0));
}

#[test]
fn equal_hashes_of_other_bytes_are_told_apart() {
    for generation in ["young", "old"] {
        let cache = SeriesCache::new(1 << 20);
        let hash = cache.hasher.hash_one(&b"a"[..]);
        let collision = Entry { label_bytes: (*b"b").into(), known: known(2) };
        let mut shard = cache.shard(hash).lock();
        let map = if generation == "young" { &mut shard.young } else { &mut shard.old };
        map.insert(hash, collision);
        drop(shard);
        assert_eq!(cache.get(b"a"), None, "{generation}");
    }
}
