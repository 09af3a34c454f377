//! Random lives of an endpoint over a database on a disk that is killed or loses power at any
//! operation, thousands of seeds. `FLYBALL_SIM_SEEDS` sets their number; a failing seed is part of
//! the panic's text, and `FLYBALL_SIM_SEED` lets that one alone tell its life.

use super::core::{Now, Outcome, Send};
use super::mark::{Payload, Sample};
use super::remote::Remote;
use config::{PrometheusConfig, RemoteWriteConfig};
use model::{Appender, Batch, GroupKey, Labels, Querier, SampleBuf, SelectHints, Timestamp};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use sys::sim::{SimClock, SimRng, SimVfs};
use sys::{Clock, Vfs};
use tsdb::{Db, DbOptions};

/// 2023-11-15T00:00:00Z
const T0: i64 = 1_700_006_400_000;

fn seeds(default: u64) -> u64 {
    std::env::var("FLYBALL_SIM_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The seeds to live through.
fn all_seeds() -> std::ops::Range<u64> {
    let one = std::env::var("FLYBALL_SIM_SEED").ok().and_then(|text| text.parse::<u64>().ok());
    one.map_or(0..seeds(1500), |one| one..one + 1)
}

/// How machines end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// What was written stays.
    Killed,
    /// What was not synced may be gone.
    PowerCut,
}

/// A receiver like Prometheus without a window for late samples: a request with a sample that is
/// older than the newest of its series is refused as a whole.
#[derive(Default)]
struct Receiver {
    series: BTreeMap<Labels, BTreeMap<i64, u64>>,
    refused: usize,
}

impl Receiver {
    /// `strict`: as described; otherwise what is known already is taken again.
    fn take(&mut self, samples: &[Sample], strict: bool, seed: u64) -> bool {
        let bits = |sample: &Sample| match &sample.payload {
            Payload::Float(value) => value.to_bits(),
            Payload::Histogram(_) | Payload::Exemplar(_) => panic!("seed {seed}: only floats"),
        };
        let mut taken = self.series.clone();
        for sample in samples {
            let series = taken.entry(sample.series.labels.clone()).or_default();
            let newest = series.last_key_value().map(|(at, _)| *at);
            let known = series.get(&sample.timestamp).copied();
            let is_older = newest.is_some_and(|newest| sample.timestamp < newest);
            assert!(
                !(is_older && known.is_none()),
                "seed {seed}: INV-111: a sample comes behind a newer one of its series"
            );
            if is_older && strict {
                self.refused += 1;
                return false;
            }
            let before = series.insert(sample.timestamp, bits(sample));
            assert!(before.is_none_or(|before| before == bits(sample)), "seed {seed}: one value");
        }
        self.series = taken;
        true
    }
}

struct World {
    seed: u64,
    rng: SimRng,
    end: End,
    vfs: SimVfs,
    clock: Arc<SimClock>,
    config: RemoteWriteConfig,
    db: Option<Arc<Db>>,
    remote: Option<Remote>,
    flights: Vec<Send>,
    receiver: Receiver,
    value: f64,
}

fn configured(rng: &mut SimRng) -> RemoteWriteConfig {
    let text = "remote_write: [{url: 'http://receiver/'}]";
    let loaded = config::prometheus::load("p.yml", text, &config::Outside::nothing()).unwrap();
    let PrometheusConfig { mut remote_write, .. } = loaded.config;
    let mut config = remote_write.remove(0);
    config.queue.samples_per_send_max = 1 + rng.index(20);
    config.queue.capacity = config.queue.samples_per_send_max * (1 + rng.index(4));
    config.queue.shards_min = 1 + rng.index(3);
    config.queue.shards_max = config.queue.shards_min + rng.index(4);
    config
}

impl World {
    fn new(seed: u64, end: End) -> Self {
        let mut rng = SimRng::new(seed);
        let config = configured(&mut rng);
        let clock = Arc::new(SimClock::new(Timestamp::from_ms(T0)));
        let mut world = Self {
            seed,
            rng,
            end,
            vfs: SimVfs::new(seed),
            clock,
            config,
            db: None,
            remote: None,
            flights: Vec::new(),
            receiver: Receiver::default(),
            value: 0.0,
        };
        world.open();
        world
    }

    fn tell(&self, text: impl FnOnce() -> String) {
        if std::env::var_os("FLYBALL_SIM_SEED").is_some() {
            println!("{:?} {}", self.clock.now(), text());
        }
    }

    fn now(&self) -> Now {
        Now { monotonic: self.clock.monotonic(), wall_ms: self.clock.now().ms() }
    }

    fn open(&mut self) {
        let options = DbOptions {
            free_bytes_min: 0,
            journal_bytes_max: 500 + self.rng.below(4000),
            ..DbOptions::new("/data")
        };
        let vfs: Arc<dyn Vfs> = Arc::new(self.vfs.clone());
        let opened = Db::open(options, Arc::clone(&vfs), self.clock.clone());
        let Ok((db, _)) = opened else { return };
        let db = Arc::new(db);
        let (dir, external) = (Path::new("/data/remote"), Labels::from_pairs([("from", "here")]));
        let remote = Remote::open(&db, &vfs, dir, &self.config, &external, self.now());
        self.tell(|| {
            let floor = remote.as_ref().ok().map(Remote::floor);
            format!("opened at {floor:?}, end {:?}, {:?}", db.tail_end(), db.outbox_stats())
        });
        self.db = Some(db);
        self.remote = remote.ok();
        self.keep();
    }

    fn keep(&self) {
        if let (Some(db), Some(remote)) = (&self.db, &self.remote) {
            // Trouble with files ends the machine.
            drop(db.keep_tail(Some(remote.floor()), u64::MAX));
        }
    }

    fn live(&mut self, operations: usize) {
        for _ in 0..operations {
            match self.rng.below(100) {
                0..35 => self.append(),
                35..45 => self.sync(),
                45..48 => self.flush(),
                48..70 => self.step(),
                70..90 => self.answer(),
                90..96 => self.clock.advance(Duration::from_millis(self.rng.below(8000))),
                96 => self.clock.advance(Duration::from_millis(self.rng.below(3 * 3_600_000))),
                97 => self.vfs.crash_at(self.vfs.operations() + 1 + self.rng.below(40)),
                98 if self.rng.below(4) == 0 => self.restart(),
                _ => {}
            }
            if self.vfs.crashed() || self.remote.is_none() {
                self.restart();
            }
        }
    }

    fn append(&mut self) {
        let Some(db) = self.db.clone() else { return };
        let mut batch = Batch::new(GroupKey::of(&"sim"));
        let now = self.clock.now();
        for _ in 0..=self.rng.below(12) {
            let n = self.rng.below(30).to_string();
            let labels = Labels::from_pairs([("__name__", "m"), ("n", n.as_str())]);
            let Ok(series) = db.resolve(batch.group, &labels) else { return };
            self.value += 1.0;
            batch.push(series, now, self.value);
        }
        // What is refused is not stored and not asked for.
        let outcome = db.commit(&batch);
        self.tell(|| format!("commit {:?}: {outcome:?}", batch.rows));
        self.clock.advance(Duration::from_millis(1 + self.rng.below(1000)));
    }

    fn sync(&mut self) {
        if let Some(db) = &self.db {
            drop(db.sync());
        }
    }

    fn flush(&mut self) {
        if let Some(db) = &self.db {
            let outcome = db.flush();
            self.tell(|| format!("flush: {outcome:?}, {:?}", db.outbox_stats()));
        }
    }

    fn step(&mut self) {
        let now = self.now();
        let Some(remote) = &mut self.remote else { return };
        let stepped = remote.step(now);
        let (floor, dropped) = (remote.floor(), remote.counts().dropped.clone());
        self.tell(|| {
            let sends = stepped.as_ref().map(|sends| sends.iter().map(shown).collect::<Vec<_>>());
            format!("step {sends:?}, floor {floor}, dropped {dropped:?}")
        });
        match stepped {
            Ok(sends) => self.flights.extend(sends),
            Err(_) => self.remote = None,
        }
        self.keep();
    }

    /// One request ends: processed or not, and its sender hears of it or not.
    fn answer(&mut self) {
        if self.flights.is_empty() {
            return;
        }
        let send = self.flights.swap_remove(self.rng.index(self.flights.len()));
        let outcome = match self.rng.below(10) {
            0 => Outcome::Retry { after: None },
            1 => Outcome::Retry { after: Some(Duration::from_secs(self.rng.below(20))) },
            2 => {
                self.receive(&send);
                Outcome::Retry { after: None }
            }
            _ if self.receive(&send) => Outcome::Delivered { written: None, bytes: 1 },
            _ => Outcome::Refused { reason: "400".into(), written: None },
        };
        self.tell(|| format!("answer {} {outcome:?}", shown(&send)));
        let (now, took) = (self.now(), Duration::from_millis(self.rng.below(3000)));
        if let Some(remote) = &mut self.remote {
            remote.answered(now, send.shard, outcome, took);
        }
    }

    fn receive(&mut self, send: &Send) -> bool {
        self.receiver.take(&send.samples, self.end == End::Killed, self.seed)
    }

    /// The process ends and another one begins; requests under way may have been processed.
    fn restart(&mut self) {
        for send in std::mem::take(&mut self.flights) {
            if self.rng.coin() {
                self.receive(&send);
            }
        }
        (self.remote, self.db) = (None, None);
        let seed = self.rng.next_u64();
        self.vfs = match self.end {
            End::Killed => self.vfs.after_kill(seed),
            End::PowerCut => self.vfs.after_crash(seed),
        };
        self.tell(|| "restart".to_owned());
        self.open();
        assert!(self.remote.is_some(), "seed {}: opens on a whole disk", self.seed);
    }

    /// All is well until everything has arrived.
    fn settle(&mut self) {
        self.restart();
        self.sync();
        for round in 0.. {
            assert!(round < 20_000, "seed {}: everything arrives", self.seed);
            self.step();
            for send in std::mem::take(&mut self.flights) {
                let outcome = if self.receive(&send) {
                    Outcome::Delivered { written: None, bytes: 1 }
                } else {
                    Outcome::Refused { reason: "400".into(), written: None }
                };
                let now = self.now();
                let remote = self.remote.as_mut().expect("nothing fails here");
                remote.answered(now, send.shard, outcome, Duration::from_millis(5));
            }
            self.clock.advance(Duration::from_secs(1));
            if self.remote.as_ref().is_some_and(Remote::is_idle) {
                return;
            }
        }
    }

    /// Everything stored has arrived, with its external label and under its own instant.
    fn compare(&self) {
        let db = self.db.as_ref().expect("open");
        let (start, end) = (Timestamp::MIN, Timestamp::MAX);
        let selection = db.select(start, end, &[], &SelectHints::default()).unwrap();
        let mut samples = SampleBuf::default();
        for index in 0..selection.len() {
            selection.read(index, &mut samples).unwrap();
            let labels = selection.labels(index).to_builder().set("from", "here").build();
            let seed = self.seed;
            let arrived = self.receiver.series.get(&labels);
            for (at, value) in samples.timestamps.iter().zip(&samples.values) {
                let there = arrived.and_then(|arrived| arrived.get(at)).copied();
                assert_eq!(there, Some(value.to_bits()), "seed {seed}: {labels} at {at}");
            }
        }
    }
}

fn shown(send: &Send) -> String {
    let (first, last) = (send.samples.first(), send.samples.last());
    let mark = |sample: Option<&Sample>| sample.map(|one| (one.mark.at.to_string(), one.mark.row));
    format!("{}: {:?}..={:?}", send.shard, mark(first), mark(last))
}

fn live_and_compare(seed: u64, end: End) -> (usize, usize) {
    let mut world = World::new(seed, end);
    let operations = 200 + world.rng.index(300);
    world.live(operations);
    world.settle();
    world.compare();
    let arrived = world.receiver.series.values().map(BTreeMap::len).sum();
    (arrived, world.receiver.refused)
}

/// INV-110 and INV-111: a killed process loses nothing, and a receiver that refuses whole requests
/// has no reason to refuse one whose samples it does not have.
#[test]
fn inv_110_a_killed_sender_repeats_requests_as_they_were() {
    let (mut arrived, mut refused) = (0, 0);
    for seed in all_seeds() {
        let (more, again) = live_and_compare(seed, End::Killed);
        arrived += more;
        refused += again;
    }
    println!("{arrived} samples arrived, {refused} requests were repeated and refused as known");
    assert!(arrived > 0);
}

#[test]
fn a_power_cut_loses_nothing_that_is_stored() {
    for seed in all_seeds() {
        live_and_compare(seed, End::PowerCut);
    }
}
