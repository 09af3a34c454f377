use super::super::mark::Outgoing;
use super::*;
use journal::Position;
use model::Labels;

/// An endpoint under virtual time.
struct Desk {
    core: Core,
    now: Now,
    next: u32,
    made: Vec<Send>,
}

fn queue() -> QueueConfig {
    QueueConfig { capacity: 10, samples_per_send_max: 3, ..QueueConfig::default() }
}

impl Desk {
    fn new(config: QueueConfig) -> Self {
        let now = Now { monotonic: Duration::from_secs(100), wall_ms: 1_000_000 };
        let progress = Progress::new(Position { segment: 1, offset: 64 });
        Self { core: Core::new(config, &progress, now), now, next: 0, made: Vec::new() }
    }

    fn sample(&mut self, series: u64, is_late: bool) -> Sample {
        self.next += 1;
        let labels = Labels::from_pairs([("n", series.to_string())]);
        Sample {
            mark: Mark { at: Position { segment: 1, offset: 64 }, row: self.next },
            series: Arc::new(Outgoing { labels, hash: series }),
            timestamp: self.now.wall_ms,
            start: 0,
            is_late,
            payload: Payload::Float(f64::from(self.next)),
        }
    }

    fn offer(&mut self, count: usize) -> usize {
        for taken in 0..count {
            let sample = self.sample(0, false);
            if !self.core.has_room(&sample) {
                return taken;
            }
            self.core.offer(self.now, sample);
        }
        count
    }

    fn pass(&mut self, ms: u64) {
        self.now.monotonic += Duration::from_millis(ms);
        self.now.wall_ms += i64::try_from(ms).unwrap();
    }

    /// Rows of the requests that are made now.
    fn step(&mut self) -> Vec<Vec<u32>> {
        self.made = self.core.step(self.now, 0.0);
        let rows = |send: &Send| send.samples.iter().map(|sample| sample.mark.row).collect();
        self.made.iter().map(rows).collect()
    }

    fn answer(&mut self, outcome: Outcome) {
        self.core.answered(self.now, 0, outcome, Duration::from_millis(10));
    }

    fn accept(&mut self) {
        self.answer(Outcome::Delivered { written: None, bytes: 1 });
    }
}

fn again(after: Option<u64>) -> Outcome {
    Outcome::Retry { after: after.map(Duration::from_secs) }
}

#[test]
fn full_requests_go_at_once_and_one_at_a_time() {
    let mut desk = Desk::new(queue());
    desk.offer(7);
    assert_eq!(desk.step(), [vec![1, 2, 3]]);
    assert!(desk.step().is_empty(), "one request under way");
    desk.accept();
    assert_eq!(desk.step(), [vec![4, 5, 6]]);
    desk.accept();
    assert!(desk.step().is_empty(), "the seventh waits for others");
    desk.pass(4999);
    assert!(desk.step().is_empty());
    desk.pass(1);
    assert_eq!(desk.step(), [vec![7]], "after batch_send_deadline");
}

#[test]
fn a_full_shard_takes_no_more() {
    let mut desk = Desk::new(queue());
    assert_eq!(desk.offer(12), 10);
    desk.step();
    assert_eq!(desk.offer(12), 3, "the room of what is under way");
}

#[test]
fn pauses_double_up_to_the_longest() {
    let mut desk = Desk::new(queue());
    desk.offer(3);
    desk.step();
    for pause in [30, 60, 120, 240, 480, 960, 1920, 3840, 5000, 5000] {
        desk.answer(again(None));
        desk.pass(pause - 1);
        assert!(desk.step().is_empty(), "before {pause} ms");
        desk.pass(1);
        assert_eq!(desk.step(), [vec![1, 2, 3]], "the same request after {pause} ms");
    }
    assert_eq!(desk.made[0].attempt, 10);
    assert_eq!(desk.core.counts.retried.samples, 30);
}

#[test]
fn the_receiver_says_how_long_to_wait() {
    let mut desk = Desk::new(queue());
    desk.offer(3);
    desk.step();
    desk.answer(again(Some(60)));
    desk.pass(59_999);
    assert!(desk.step().is_empty());
    desk.pass(1);
    assert_eq!(desk.step(), [vec![1, 2, 3]]);
    desk.answer(again(Some(u64::MAX / 1_000_000_000)));
    desk.pass(3_600_000);
    assert_eq!(desk.step(), [vec![1, 2, 3]], "no longer than an hour");
}

#[test]
fn a_refusal_is_counted_and_the_next_request_goes() {
    let mut desk = Desk::new(queue());
    desk.offer(6);
    desk.step();
    let written = Some(Kinds { samples: 1, ..Kinds::default() });
    desk.answer(Outcome::Refused { reason: "status 400".into(), written });
    assert_eq!(desk.step(), [vec![4, 5, 6]]);
    assert_eq!(desk.core.counts.failed.samples, 2);
    assert_eq!(desk.core.counts.sent.samples, 1);
    assert_eq!(desk.core.counts.refusals["status 400"], 1);
}

#[test]
fn late_samples_have_requests_of_their_own() {
    let mut desk = Desk::new(queue());
    for is_late in [false, false, true, false] {
        let sample = desk.sample(0, is_late);
        desk.core.offer(desk.now, sample);
    }
    assert_eq!(desk.step(), [vec![1, 2]]);
    desk.accept();
    assert_eq!(desk.step(), [vec![3]]);
    desk.accept();
    desk.pass(5000);
    assert_eq!(desk.step(), [vec![4]]);
}

#[test]
fn old_samples_are_dropped_before_and_between_attempts() {
    let limit = Duration::from_mins(1);
    let mut desk = Desk::new(QueueConfig { sample_age_limit: limit, ..queue() });
    desk.offer(2);
    desk.pass(30_000);
    desk.offer(1);
    assert_eq!(desk.step(), [vec![1, 2, 3]]);
    desk.answer(again(Some(40)));
    desk.pass(40_000);
    assert_eq!(desk.step(), [vec![3]], "two are older than the limit now");
    desk.answer(again(Some(40)));
    desk.pass(40_000);
    assert!(desk.step().is_empty());
    assert!(desk.core.is_idle());
    assert_eq!(desk.core.counts.dropped["too_old"].samples, 3);
}

#[test]
fn the_end_sends_what_waits_and_takes_no_more() {
    let mut desk = Desk::new(queue());
    desk.offer(1);
    desk.core.stop();
    assert_eq!(desk.step(), [vec![1]]);
    assert_eq!(desk.offer(1), 0);
    assert!(!desk.core.is_idle());
    desk.accept();
    assert!(desk.core.is_idle());
}

#[test]
fn a_request_under_way_is_on_record_until_it_is_answered() {
    let mut desk = Desk::new(queue());
    desk.offer(4);
    desk.step();
    let mark = |row| Mark { at: Position { segment: 1, offset: 64 }, row };
    let progress = desk.core.progress();
    assert_eq!(progress.shards, [ShardProgress { done: mark(1), flight: Some(mark(4)) }]);
    desk.accept();
    let progress = desk.core.progress();
    assert_eq!(progress.shards, [ShardProgress { done: mark(4), flight: None }]);
}

#[test]
fn inv_110_after_a_restart_the_same_request_comes_first() {
    let mut desk = Desk::new(queue());
    desk.offer(2);
    desk.pass(5000);
    assert_eq!(desk.step(), [vec![1, 2]]);
    let progress = desk.core.progress();
    let mut desk = Desk { core: Core::new(queue(), &progress, desk.now), next: 0, ..desk };
    desk.offer(1);
    assert!(desk.step().is_empty(), "it is not complete yet");
    desk.offer(5);
    assert_eq!(desk.step(), [vec![1, 2]]);
    desk.accept();
    assert_eq!(desk.step(), [vec![3, 4, 5]]);
}

#[test]
fn inv_111_shards_change_when_all_are_empty() {
    let config = QueueConfig { shards_max: 4, ..queue() };
    let mut desk = Desk::new(config);
    for _ in 0..10 {
        desk.offer(3);
        desk.step();
        desk.pass(2000);
        // Sending takes ten times as long as there is time.
        let outcome = Outcome::Delivered { written: None, bytes: 1 };
        desk.core.answered(desk.now, 0, outcome, Duration::from_secs(20));
    }
    assert_eq!(desk.core.counts.shards, 4);
    for series in 0..4 {
        let sample = desk.sample(series, false);
        desk.core.offer(desk.now, sample);
    }
    desk.pass(5000);
    assert_eq!(desk.step().len(), 4, "each shard sends");
}
