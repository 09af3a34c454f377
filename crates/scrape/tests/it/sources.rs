//! In-process sources on paused time: exact timestamps, staleness, independence.

use crate::world::{SEED, START_MS, World};
use exposition::Family;
use model::{GroupKey, Labels, Timestamp};
use scrape::{Grid, Health, OwnSource, OwnWaitingSource, Source, SourceError, Told, WaitingSource};
use std::time::Duration;

/// Counts its collections; every third fails.
struct Ticker {
    round: u32,
    families: Vec<Family>,
}

impl Source for Ticker {
    fn collect(&mut self, _: Timestamp) -> Result<&[Family], SourceError> {
        self.round += 1;
        if self.round.is_multiple_of(3) {
            return Err(SourceError("no data".to_owned()));
        }
        let mut family = Family::counter("ticks_total", "Ticks.");
        family.push(Labels::from_pairs([("kind", "t")]), f64::from(self.round));
        self.families = vec![family];
        Ok(&self.families)
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_is_a_target_like_any_other() {
    let mut world = World::paused();
    world.pools.start_source(OwnSource {
        job: "own".into(),
        instance: "here".into(),
        interval: Duration::from_secs(1),
        source: Box::new(Ticker { round: 0, families: Vec::new() }),
    });
    let view = world.pools.view();
    let done = |count: usize| {
        let labels = [("__name__", "up"), ("job", "own"), ("instance", "here")];
        world.memory.samples(&labels).len() >= count
    };
    while !done(3) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let at = |second: i64| START_MS + 1000 * second;
    let up = world.memory.samples(&[("__name__", "up"), ("job", "own"), ("instance", "here")]);
    assert_eq!(up[..3], [(at(1), 1.0), (at(2), 1.0), (at(3), 0.0)]);
    let labels = [("__name__", "ticks_total"), ("kind", "t"), ("job", "own"), ("instance", "here")];
    let ticks = world.memory.samples(&labels);
    assert_eq!(ticks[..2], [(at(1), 1.0), (at(2), 2.0)]);
    assert_eq!((ticks[2].0, model::is_stale(ticks[2].1)), (at(3), true));
    let target = view.active().remove(0);
    assert_eq!((target.pool.as_str(), target.url.as_str()), ("own", "internal:own"));
    assert_eq!(target.labels.to_string(), r#"{instance="here", job="own"}"#);
    assert_eq!(target.discovered, target.labels);
    assert_eq!((target.interval, target.timeout), (Duration::from_secs(1), Duration::from_secs(1)));
    assert_eq!((target.health, target.last_error.as_str()), (Health::Down, "no data"));
    assert_eq!(view.metadata()[0].metric.metric, "ticks_total");
    let scrapes = view.families().into_iter().find(|f| f.name == "flyball_scrape_scrapes_total");
    assert!(scrapes.unwrap().points[0].value >= 3.0);
    world.apply("").await;
    assert_eq!(view.active().len(), 1, "a reload does not touch sources");
    world.pools.stop().await;
}

/// Takes its time: as a probe a tenth of a second.
struct Slow;

impl Source for Slow {
    fn collect(&mut self, _: Timestamp) -> Result<&[Family], SourceError> {
        std::thread::sleep(Duration::from_millis(5));
        Ok(&[])
    }
}

#[tokio::test]
async fn a_source_tells_how_long_it_took() {
    let mut world = World::new();
    world.pools.start_source(OwnSource {
        job: "own".into(),
        instance: "here".into(),
        interval: Duration::from_millis(50),
        source: Box::new(Slow),
    });
    let target = world.target("a round", |target| target.health == Health::Up).await;
    assert!(target.last_duration >= Duration::from_millis(5));
    world.pools.stop().await;
}

/// Panics in its first round and goes on.
struct Panicking {
    has_panicked: bool,
}

impl Source for Panicking {
    fn collect(&mut self, _: Timestamp) -> Result<&[Family], SourceError> {
        if std::mem::replace(&mut self.has_panicked, true) { Ok(&[]) } else { panic!("a bug") }
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_panics_is_down_for_one_round() {
    let mut world = World::paused();
    for (job, source) in [
        ("bad", Box::new(Panicking { has_panicked: false }) as Box<dyn Source>),
        ("good", Box::new(Ticker { round: 0, families: Vec::new() })),
    ] {
        let interval = Duration::from_secs(1);
        let (job, instance) = (job.to_owned(), "here".to_owned());
        world.pools.start_source(OwnSource { job, instance, interval, source });
    }
    while world.up("bad", "here").len() < 2 || world.up("good", "here").len() < 2 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let values = |job| world.up(job, "here").iter().map(|(_, up)| *up).take(2).collect::<Vec<_>>();
    assert_eq!((values("bad"), values("good")), (vec![0.0, 1.0], vec![1.0, 1.0]));
    let begun = tokio::time::Instant::now();
    world.pools.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(1), "sources stop when they are told");
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_the_error_of_its_round() {
    let mut world = World::paused();
    world.pools.start_source(OwnSource {
        job: "bad".into(),
        instance: "here".into(),
        interval: Duration::from_secs(1),
        source: Box::new(Panicking { has_panicked: false }),
    });
    let told = |world: &World| world.pools.view().active().remove(0).last_error;
    while world.up("bad", "here").is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(told(&world), "panicked");
    world.pools.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_storage_costs_a_source_one_round() {
    let mut world = World::paused();
    world.memory.panic_next();
    world.pools.start_source(OwnSource {
        job: "own".into(),
        instance: "here".into(),
        interval: Duration::from_secs(1),
        source: Box::new(Ticker { round: 0, families: Vec::new() }),
    });
    let waiting = async {
        while world.up("own", "here").len() < 2 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), waiting).await.unwrap();
    let at = |second: i64| START_MS + 1000 * second;
    assert_eq!(world.up("own", "here")[..2], [(at(2), 1.0), (at(3), 0.0)]);
    world.pools.stop().await;
}

/// Says how often it was asked; the second question is never answered if it is told so.
struct Counting {
    asked: u32,
    hangs: bool,
}

impl WaitingSource for Counting {
    fn collect(&mut self, _: Timestamp) -> Told<'_> {
        self.asked += 1;
        let family = Family::gauge("asked", "Questions.").with(f64::from(self.asked));
        let hangs = self.hangs && self.asked > 1;
        Box::pin(async move {
            if hangs {
                std::future::pending::<()>().await;
            }
            Ok(vec![family])
        })
    }
}

fn probe(identity: &str, hangs: bool) -> OwnWaitingSource {
    OwnWaitingSource {
        job: "probe".into(),
        instance: "there".into(),
        labels: Labels::empty(),
        interval: Duration::from_secs(1),
        timeout: Duration::from_millis(500),
        url: "probe:there".into(),
        identity: identity.into(),
        source: Box::new(Counting { asked: 0, hangs }),
    }
}

impl WaitingSource for Slow {
    fn collect(&mut self, _: Timestamp) -> Told<'_> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Ok(vec![Family::gauge("asked", "Questions.").with(1.0)])
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_is_a_target_like_any_other() {
    let mut world = World::paused();
    let labels = Labels::from_pairs([("zone", "z")]);
    world.pools.apply_waiting(vec![OwnWaitingSource {
        labels,
        source: Box::new(Slow),
        ..probe("one", false)
    }]);
    tokio::time::sleep(Duration::from_millis(3500)).await;
    let view = world.pools.view();
    let target = view.active().remove(0);
    assert_eq!(target.labels.to_string(), r#"{instance="there", job="probe", zone="z"}"#);
    assert_eq!(target.discovered, target.labels);
    assert_eq!((target.pool.as_str(), target.url.as_str()), ("probe", "probe:there"));
    assert_eq!((target.interval.as_millis(), target.timeout.as_millis()), (1000, 500));
    assert_eq!((target.health, target.last_duration.as_millis()), (Health::Up, 100));
    let metadata = view.metadata().remove(0);
    assert_eq!((metadata.metric.metric.as_str(), &metadata.target), ("asked", &target.labels));
    let scrapes = view.families().into_iter().find(|f| f.name == "flyball_scrape_scrapes_total");
    assert!(scrapes.unwrap().points[0].value >= 3.0);
    // Its own phase, which differs between servers.
    let identity = GroupKey::of(&("probe", &target.labels, "one")).0;
    let grid = Grid::new(target.interval, identity, SEED);
    let up = [("__name__", "up"), ("job", "probe"), ("instance", "there"), ("zone", "z")];
    for (at, _) in world.memory.samples(&up) {
        let at = Timestamp::from_ms(at);
        assert_eq!(grid.next(at).since(at), target.interval);
    }
    world.pools.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_timer_that_is_late_by_a_moment_moves_no_sample() {
    let (mut world, clock) = World::stepped();
    world.pools.apply_waiting(vec![probe("one", false)]);
    world.pools.start_source(OwnSource {
        job: "own".into(),
        instance: "here".into(),
        interval: Duration::from_secs(1),
        source: Box::new(Ticker { round: 0, families: Vec::new() }),
    });
    let targets = [("own", "here"), ("probe", "there")];
    while targets.iter().any(|(job, instance)| world.up(job, instance).is_empty()) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    clock.step(2);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    for (job, instance) in targets {
        let up = world.up(job, instance);
        assert!(up.len() > 1 && up.windows(2).all(|w| w[1].0 - w[0].0 == 1000), "{job}: {up:?}");
    }
    world.pools.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_never_ran_ends_nothing() {
    let mut world = World::paused();
    let interval = Duration::from_hours(1);
    world.pools.apply_waiting(vec![OwnWaitingSource { interval, ..probe("one", false) }]);
    tokio::time::sleep(Duration::from_millis(1)).await;
    world.pools.apply_waiting(Vec::new());
    tokio::time::sleep(Duration::from_hours(3)).await;
    assert!(world.up("probe", "there").is_empty());
    world.pools.stop().await;
}

/// Each target has its own limit on series.
#[tokio::test(start_paused = true)]
async fn each_target_has_a_group_of_its_own() {
    let mut world = World::paused();
    let job = |name: &str| {
        format!(
            "- job_name: {name}\n  scrape_interval: 1s\n  target_limit: 1\n  \
             static_configs: [{{targets: ['a:1', 'b:1']}}]\n"
        )
    };
    world.apply(&(job("j") + &job("k"))).await;
    let other = OwnWaitingSource { instance: "elsewhere".into(), ..probe("one", false) };
    world.pools.apply_waiting(vec![probe("one", false), other]);
    for job in ["own", "self"] {
        world.pools.start_source(OwnSource {
            job: job.into(),
            instance: "here".into(),
            interval: Duration::from_secs(1),
            source: Box::new(Ticker { round: 0, families: Vec::new() }),
        });
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let groups = world.memory.groups();
    assert_eq!(groups.len(), 8, "{groups:?}");
    assert!(groups.iter().all(|targets| targets.len() == 1), "{groups:?}");
    world.pools.stop().await;
}

fn answers(world: &World) -> Vec<f64> {
    let labels = [("__name__", "asked"), ("job", "probe"), ("instance", "there")];
    world.memory.samples(&labels).into_iter().map(|(_, value)| value).collect()
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_did_not_change_goes_on_and_another_one_begins_anew() {
    let mut world = World::paused();
    let seconds = |count: u64| tokio::time::sleep(Duration::from_millis(1000 * count + 500));
    world.pools.apply_waiting(vec![probe("same", false)]);
    seconds(3).await;
    world.pools.apply_waiting(vec![probe("same", false)]);
    seconds(3).await;
    let counted = answers(&world);
    assert!(counted.len() >= 6 && counted.windows(2).all(|w| w[1] - w[0] == 1.0), "{counted:?}");
    assert_eq!(world.pools.view().active().len(), 1);
    world.pools.apply_waiting(vec![probe("other", false)]);
    seconds(3).await;
    let afterwards = answers(&world).split_off(counted.len());
    assert!(afterwards.contains(&1.0), "{afterwards:?}");
    world.pools.apply_waiting(Vec::new());
    seconds(0).await;
    assert!(model::is_stale(*answers(&world).last().unwrap()), "it is gone, its series end");
    assert!(world.pools.view().active().is_empty());
    world.pools.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_writes_no_end_of_a_probe_and_does_not_wait_for_its_answer() {
    for hangs in [false, true] {
        let mut world = World::paused();
        world.pools.apply_waiting(vec![probe("one", hangs)]);
        tokio::time::sleep(Duration::from_millis(3500)).await;
        let memory = std::sync::Arc::clone(&world.memory);
        let begun = tokio::time::Instant::now();
        world.pools.stop().await;
        assert!(begun.elapsed() < Duration::from_secs(1), "nobody waits for it");
        let labels = [("__name__", "asked"), ("job", "probe"), ("instance", "there")];
        let samples = memory.samples(&labels);
        assert!(!samples.is_empty() && !samples.iter().any(|(_, value)| model::is_stale(*value)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_hangs_delays_no_other() {
    let mut world = World::paused();
    let one = |number: usize| {
        let mut probe = probe("same", number == 0);
        probe.instance = number.to_string();
        probe
    };
    world.pools.apply_waiting((0..200).map(one).collect());
    tokio::time::sleep(Duration::from_millis(20_500)).await;
    for number in 0..200 {
        let instance = number.to_string();
        let labels = [("__name__", "asked"), ("job", "probe"), ("instance", &instance)];
        let samples = world.memory.samples(&labels);
        if number == 0 {
            assert_eq!(samples.len(), 1, "it hangs in its second question");
            continue;
        }
        assert!((20..=21).contains(&samples.len()), "{instance}: {samples:?}");
        let even = samples.windows(2).all(|two| two[1].0 - two[0].0 == 1000);
        assert!(even, "{instance}: {samples:?}");
    }
    world.pools.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_hangs_ends_when_it_is_gone() {
    let mut world = World::paused();
    world.pools.apply_waiting(vec![probe("one", true)]);
    tokio::time::sleep(Duration::from_millis(3500)).await;
    world.pools.apply_waiting(Vec::new());
    tokio::time::sleep(Duration::from_millis(500)).await;
    let answers = answers(&world);
    assert_eq!((answers[0], answers.len()), (1.0, 2));
    assert!(model::is_stale(answers[1]));
    world.pools.stop().await;
}
