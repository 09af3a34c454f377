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
    assert_ne!(phase(1234, 0), phase(1235, 0));
    assert_ne!(phase(1234, 0), phase(1234, 1));
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
