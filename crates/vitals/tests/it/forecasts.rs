//! What will be full, and what judging costs.

use crate::town::Town;
use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

const HOUR: Duration = Duration::from_hours(1);

/// Score and deductions of a host whose disk of 100 has so much left: three hours ago, one, now.
fn disk(left: &[(u32, f64)]) -> (u64, Vec<String>) {
    let mut town = Town::default();
    town.target("node", "h", "");
    let disk = [("job", "node"), ("instance", "h"), ("mountpoint", "/var"), ("fstype", "ext4")];
    for (hours, value) in left {
        let ago = HOUR * *hours + Duration::from_secs(1);
        town.sample_before(ago, "node_filesystem_avail_bytes", &disk, *value);
    }
    town.sample("node_filesystem_size_bytes", &disk, 100.0);
    town.sample("node_filesystem_readonly", &disk, 0.0);
    let (score, told) = town.component("node");
    (score.as_u64().unwrap(), told)
}

#[test]
fn a_disk_that_will_be_full_today_counts_before_it_is() {
    let (score, told) = disk(&[(3, 45.0), (1, 35.0), (0, 30.0)]);
    assert_eq!(score, 92);
    let expected = "8 saturation disk /var of h: full in 6.0 hours, about 2023-11-15 04:10 UTC, if it \
                    goes on as in the last three; counts below 24 hours | Find what grows";
    assert!(told[0].starts_with(expected), "{told:?}");
    // The slower of both hours counts: 30 at 2 an hour are 15 hours.
    assert!(disk(&[(3, 36.0), (1, 35.0), (0, 30.0)]).1[0].contains("full in 15.0 hours"));
    assert!(disk(&[(3, 60.0), (1, 32.0), (0, 30.0)]).1[0].contains("full in 15.0 hours"));
}

#[test]
fn what_is_no_trend_is_no_forecast() {
    for (why, left) in [
        ("no history", &[(0, 30.0)][..]),
        ("an hour of history", &[(1, 60.0), (0, 30.0)]),
        ("it grew and was cleaned", &[(3, 45.0), (1, 20.0), (0, 30.0)]),
        ("it fell below a night's peak", &[(3, 29.0), (1, 35.0), (0, 30.0)]),
        ("it stands still", &[(3, 30.0), (1, 30.0), (0, 30.0)]),
        ("there is much left", &[(3, 99.0), (1, 80.0), (0, 60.0)]),
        ("it takes weeks", &[(3, 30.3), (1, 30.1), (0, 30.0)]),
    ] {
        assert_eq!(disk(left), (100, vec![]), "{why}");
    }
}

#[test]
fn inv_101_less_that_is_left_never_raises_the_score() {
    let scores: Vec<u64> =
        (0..=44).rev().map(|left| disk(&[(3, 60.0), (1, 45.0), (0, f64::from(left))]).0).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    assert_eq!(scores.first(), Some(&100));
    // What is full and was foreseen counts once.
    assert_eq!(scores.last(), Some(&80));
}

#[test]
fn memory_and_pools_are_foreseen_too() {
    let mut town = Town::default();
    let whom = [("job", "box"), ("instance", "h")];
    town.target("box", "h", "");
    for (hours, left) in [(3, 450.0), (1, 350.0), (0, 300.0)] {
        let ago = HOUR * hours + Duration::from_secs(1);
        town.sample_before(ago, "node_memory_MemAvailable_bytes", &whom, left);
        town.sample_before(ago, "pg_stat_activity_count", &whom, 1000.0 - left);
        town.sample_before(ago, "redis_memory_used_bytes", &whom, 1000.0 - left);
    }
    town.sample("node_memory_MemTotal_bytes", &whom, 1000.0);
    town.sample("pg_settings_max_connections", &whom, 1000.0);
    town.sample("redis_memory_max_bytes", &whom, 1000.0);
    let (score, told) = town.component("box");
    assert_eq!(score, 76, "{told:#?}");
    for name in ["memory of h", "connections of h", "Redis memory of h"] {
        let found = told.iter().filter(|line| line.contains(&format!("saturation {name}")));
        assert!(found.clone().all(|line| line.contains("full in 6.0 hours")), "{told:#?}");
        assert_eq!(found.count(), 1, "{told:#?}");
    }
}

/// Prints what a judgement of 5,000 targets with 20,000 series of limits costs; asserts no time.
/// `cargo test --release -p vitals --test it judging_5_000 -- --nocapture` for the figure of docs/bench.md.
#[test]
fn judging_5_000_targets_prints_its_cost() {
    let mut town = Town::default();
    for target in 0..5000 {
        let (job, instance) = (format!("job-{}", target % 50), format!("h-{target}"));
        town.target(&job, &instance, if target % 100 == 0 { "connection refused" } else { "" });
        let whom = [("job", job.as_str()), ("instance", &instance)];
        let disk = [whom[0], whom[1], ("mountpoint", "/"), ("fstype", "ext4")];
        town.sample("node_filesystem_size_bytes", &disk, 100.0);
        town.sample("node_filesystem_readonly", &disk, 0.0);
        town.sample("node_memory_MemTotal_bytes", &whom, 100.0);
        let ago = HOUR * 3 + Duration::from_secs(1);
        town.sample_before(ago, "node_filesystem_avail_bytes", &disk, 90.0);
        town.sample("node_filesystem_avail_bytes", &disk, 15.0);
    }
    let vitals = town.judged(Duration::ZERO);
    // The judgement runs on this thread alone, so that the figure holds on a busy machine.
    let processor = || clock_gettime(ClockId::ThreadCPUTime);
    let mut costs: Vec<f64> = (0..5)
        .map(|_| {
            let (began, start) = (Instant::now(), processor());
            vitals.judge();
            let spent = processor() - start;
            println!("judged in {:?}", began.elapsed());
            spent.tv_sec as f64 * 1e3 + spent.tv_nsec as f64 / 1e6
        })
        .collect();
    costs.sort_by(f64::total_cmp);
    println!("5,000 targets, 20,000 series: {:.1} ms of processor a judgement", costs[2]);
    assert!(!vitals.families().is_empty());
}
