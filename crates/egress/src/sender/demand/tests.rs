use super::*;

const PRESENT: Present = Present { shards: 1, min: 1, max: 50 };

/// Ten rounds of ten seconds with the same load.
fn settled(per_second: usize, seconds_per_sample: f64, delay: f64, present: Present) -> usize {
    let mut demand = Demand::default();
    let mut shards = present.shards;
    for _ in 0..10 {
        let samples = per_second * 10;
        demand.note_in(samples);
        let took = Duration::from_secs_f64(samples as f64 * seconds_per_sample);
        demand.note_sent(samples, took);
        shards = demand.shards(INTERVAL, delay, Present { shards, ..present });
    }
    shards
}

#[test]
fn as_many_shards_as_sending_takes_seconds_a_second() {
    assert_eq!(settled(1000, 0.000_5, 0.0, PRESENT), 1);
    assert_eq!(settled(10_000, 0.000_5, 0.0, PRESENT), 5);
    assert_eq!(settled(10_000, 0.05, 0.0, PRESENT), 50, "the maximum");
}

#[test]
fn what_is_behind_is_made_up_for() {
    assert!(settled(10_000, 0.000_5, 60.0, PRESENT) > 15);
}

#[test]
fn shards_are_not_given_up_while_behind() {
    let many = Present { shards: 20, ..PRESENT };
    assert_eq!(settled(10, 0.000_5, 11.0, many), 20);
    assert_eq!(settled(10, 0.000_5, 0.0, many), 1);
}

#[test]
fn small_changes_are_not_made() {
    let ten = Present { shards: 10, ..PRESENT };
    assert_eq!(settled(10_000, 0.001_2, 0.0, ten), 10);
}

#[test]
fn without_success_the_number_stays() {
    let mut demand = Demand::default();
    demand.note_in(100_000);
    assert_eq!(demand.shards(INTERVAL, 500.0, Present { shards: 7, ..PRESENT }), 7);
}
