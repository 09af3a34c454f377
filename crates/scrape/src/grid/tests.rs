use super::Grid;
use model::Timestamp;
use std::time::Duration;

const fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

#[test]
fn points_are_after_now_and_one_interval_apart() {
    let grid = Grid::new(Duration::from_secs(15), 4_000, 0);
    assert_eq!(grid.next(at(0)), at(4_000));
    assert_eq!(grid.next(at(3_999)), at(4_000));
    assert_eq!(grid.next(at(4_000)), at(19_000));
    assert_eq!(grid.next(at(-100_000)), at(-86_000), "before the epoch");
}

#[test]
fn the_phase_depends_on_identity_and_seed_alone() {
    let phase = |identity, seed| Grid::new(Duration::from_mins(1), identity, seed).next(at(0));
    assert_eq!(phase(1234, 0), phase(1234, 0));
    assert_ne!(phase(1234, 0), phase(1264, 0));
    assert_ne!(phase(1234, 0), phase(1234, 64));
}

#[test]
fn targets_of_a_slot_begin_together_and_slots_fill_the_interval() {
    let phases = |interval: Duration| {
        let ms = u64::try_from(interval.as_millis()).unwrap();
        let all = (0..ms).map(|identity| Grid::new(interval, identity, 0).next(at(-1)).ms());
        all.collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    let second = phases(Duration::from_secs(1));
    assert_eq!(second, (0..50).map(|slot| slot * 20).collect::<Vec<_>>());
    let fast = phases(Duration::from_millis(100));
    assert_eq!(fast, (0..50).map(|slot| slot * 2).collect::<Vec<_>>(), "a fiftieth");
    assert_eq!(phases(Duration::from_millis(7)), (0..7).collect::<Vec<_>>());
    assert_eq!(phases(Duration::from_secs(15)).len(), 750);
}

#[test]
fn near_points_attract_and_far_ones_do_not() {
    let grid = Grid::new(Duration::from_secs(15), 0, 0);
    assert_eq!(grid.align(at(15_000)), at(15_000));
    assert_eq!(grid.align(at(15_002)), at(15_000));
    assert_eq!(grid.align(at(15_003)), at(15_003));
    assert_eq!(grid.align(at(29_999)), at(29_999), "never ahead of the clock");
    let fast = Grid::new(Duration::from_millis(100), 0, 0);
    assert_eq!((fast.align(at(101)), fast.align(at(102))), (at(100), at(102)), "1 % of 100 ms");
}

#[test]
fn odd_intervals_and_instants_do_not_overflow() {
    for interval in [Duration::ZERO, Duration::from_millis(1), Duration::MAX] {
        let grid = Grid::new(interval, u64::MAX, 1);
        for now in [Timestamp::MIN, at(0), Timestamp::MAX] {
            assert!(grid.align(now) <= now);
            assert!(grid.next(now) > now || now == Timestamp::MAX);
        }
    }
}
