//! In-process sources on paused time: exact timestamps, staleness, independence.

use crate::world::{START_MS, World};
use exposition::Family;
use model::{Labels, Timestamp};
use scrape::{Health, OwnSource, OwnWaitingSource, Source, SourceError, Told, WaitingSource};
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
    assert_eq!((target.health, target.last_error.as_str()), (Health::Down, "no data"));
    assert_eq!(view.metadata()[0].metric.metric, "ticks_total");
    assert!(view.families().iter().any(|f| f.name == "flyball_scrape_scrapes_total"));
    world.apply("").await;
    assert_eq!(view.active().len(), 1, "a reload does not touch sources");
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
    tokio::time::timeout(Duration::from_mins(1), world.pools.stop()).await.unwrap();
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
