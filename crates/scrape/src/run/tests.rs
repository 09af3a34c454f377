use super::{Assignment, BODY_AT_ONCE_BYTES, Command, Grid, Runner, log};
use crate::bodies::KEPT_BYTES_MAX;
use crate::cache::TargetCache;
use crate::fetch::Job;
use crate::heard::Heard;
use crate::memory::Memory;
use crate::pools::tests::{context, context_over, job};
use crate::view::{Health, Shared};
use crate::{PageFormat, ScrapeReport, Shape, Target};
use config::ScrapeConfig;
use exposition::Format;
use model::{AppendError, Appender, Batch, BatchReport, GroupKey, Labels, SeriesRef, Timestamp};
use net::{AddressPolicy, Client, ClientOptions, PrivateConnection};
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;
use std::time::Duration;
use testkit::http::{Asked, Site};
use tokio::net::TcpListener;
use tokio::sync::watch;
use url::Url;

/// Long enough for anything that is meant to happen.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_huge_page_does_not_hold_its_memory_for_ever() {
    let (_commands, receiver) = watch::channel(Command::Stop);
    let mut runner = Runner::new(context(), Arc::new(Shared::default()), receiver);
    let shape = Shape::own(Labels::default(), Duration::from_secs(1));
    runner.cache = Some(TargetCache::new(GroupKey(1), shape));
    let huge = format!("# {}\n", "x".repeat(8 * KEPT_BYTES_MAX));
    for (page, seconds, is_kept) in [(huge.as_str(), 1, false), ("a 1\n", 2, true)] {
        let at = Timestamp::from_ms(1000 * seconds);
        let format = Ok(PageFormat::Lines(Format::Text));
        let report = runner.ingest(at, Duration::ZERO, format, page.into()).await.unwrap();
        assert_eq!(report.error, None);
        assert_eq!(runner.context.bodies.lend().capacity() > 0, is_kept, "{} bytes", page.len());
    }
}

/// A storage that only panics.
struct Broken;

impl Appender for Broken {
    fn resolve(&self, _: GroupKey, _: &Labels) -> Result<SeriesRef, AppendError> {
        panic!("broken")
    }

    fn commit(&self, _: &Batch) -> Result<BatchReport, AppendError> {
        panic!("broken")
    }
}

#[tokio::test]
async fn a_panic_while_storing_ends_no_loop() {
    for storing_waits in [false, true] {
        let context = context_over(Arc::new(Broken), storing_waits);
        let (_commands, receiver) = watch::channel(Command::Stop);
        let mut runner = Runner::new(context, Arc::new(Shared::default()), receiver);
        let shape = Shape::own(Labels::default(), Duration::from_secs(1));
        runner.cache = Some(TargetCache::new(GroupKey(1), shape));
        let told = runner
            .ingest(
                Timestamp::from_ms(1000),
                Duration::ZERO,
                Ok(PageFormat::Lines(Format::Text)),
                Vec::new(),
            )
            .await;
        assert!(told.is_none() && runner.cache.is_none(), "the next round begins anew");
    }
}

/// A job without targets, with its client.
fn fetching(change: impl FnOnce(&mut ScrapeConfig)) -> Job {
    let mut config = ScrapeConfig::clone(&job());
    change(&mut config);
    let options =
        ClientOptions { policy: Arc::new(AddressPolicy::default()), vfs: Arc::new(sys::OsVfs) };
    let client = Arc::new(Client::new(config.http.clone(), options));
    Job::new(Arc::new(config), client)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_asked_for_and_bounded_as_configured() {
    let site = Site::start(|_: &Asked| (200, "a 1\nb 2\n".to_owned()));
    let url = Url::parse(&format!("http://{}/", site.address())).unwrap();
    let plain = fetching(|config| config.enable_compression = false);
    plain.fetch(&mut PrivateConnection::default(), &url, PATIENCE, &mut Vec::new()).await.unwrap();
    let asked = &site.asked()[0];
    assert!(asked.head.iter().any(|line| line == "accept-encoding: identity"), "{:?}", asked.head);
    let small = fetching(|config| config.limits.body_size_bytes_max = Some(5));
    let error = small
        .fetch(&mut PrivateConnection::default(), &url, PATIENCE, &mut Vec::new())
        .await
        .unwrap_err();
    assert!(error.body_too_large, "{}", error.message);
}

#[tokio::test]
async fn a_page_that_does_not_come_leaves_nothing_of_the_one_before() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", nobody.local_addr().unwrap())).unwrap();
    drop(nobody);
    let mut body = b"of before".to_vec();
    let error = fetching(|_| ())
        .fetch(&mut PrivateConnection::default(), &url, PATIENCE, &mut body)
        .await
        .unwrap_err();
    assert!(!error.body_too_large && body.is_empty(), "{}", error.message);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_page_that_does_not_come() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = Target {
        discovered: Labels::default(),
        labels: Labels::default(),
        url: Url::parse(&format!("http://{}/", silent.local_addr().unwrap())).unwrap(),
        interval: Duration::from_millis(50),
        timeout: Duration::from_hours(1),
        identity: 1,
    };
    let job = Arc::new(fetching(|_| ()));
    let assignment = Arc::new(Assignment { target, job, forced_error: None });
    let (commands, receiver) = watch::channel(Command::Run(assignment));
    let runner = Runner::new(context(), Arc::new(Shared::default()), receiver);
    let running = tokio::spawn(runner.run());
    let _asked = silent.accept().await.unwrap();
    commands.send_replace(Command::Stop);
    tokio::time::timeout(PATIENCE, running).await.unwrap().unwrap();
}

fn target_every(interval: Duration, identity: u64) -> Target {
    Target {
        discovered: Labels::default(),
        labels: Labels::default(),
        url: Url::parse("http://a:1/").unwrap(),
        interval,
        timeout: interval,
        identity,
    }
}

fn assigned(interval: Duration, identity: u64) -> Assignment {
    let job = Arc::new(fetching(|_| ()));
    let forced_error = Some("not to be fetched".to_owned());
    Assignment { target: target_every(interval, identity), job, forced_error }
}

#[tokio::test]
async fn a_loop_whose_pool_is_gone_ends() {
    let assignment = Arc::new(assigned(Duration::from_hours(1), 1));
    let (commands, receiver) = watch::channel(Command::Run(assignment));
    let runner = Runner::new(context(), Arc::new(Shared::default()), receiver);
    drop(commands);
    tokio::time::timeout(PATIENCE, tokio::spawn(runner.run())).await.unwrap().unwrap();
}

#[tokio::test]
async fn another_grid_forgets_what_was_due_on_the_former_one() {
    let (_commands, receiver) = watch::channel(Command::Stop);
    let mut runner = Runner::new(context(), Arc::new(Shared::default()), receiver);
    let (second, hour) = (Duration::from_secs(1), Duration::from_hours(1));
    runner.adopt(&assigned(second, 300));
    let due = runner.due();
    runner.adopt(&assigned(second, 300));
    assert_eq!(runner.due, Some(due), "the same grid");
    runner.adopt(&assigned(hour, 300));
    assert_eq!((runner.due, runner.interval), (None, hour));
    assert_eq!(runner.grid, Grid::new(hour, 300, runner.context.offset_seed));
    assert_ne!(runner.grid, Grid::new(hour, 300, 0), "servers differ");
}

/// A storage that says on which threads it was asked.
#[derive(Default)]
struct Threads(Mutex<Vec<ThreadId>>);

impl Appender for Threads {
    fn resolve(&self, _: GroupKey, _: &Labels) -> Result<SeriesRef, AppendError> {
        Ok(SeriesRef(1))
    }

    fn commit(&self, _: &Batch) -> Result<BatchReport, AppendError> {
        self.0.lock().unwrap().push(std::thread::current().id());
        Ok(BatchReport::default())
    }
}

#[tokio::test]
async fn long_pages_and_storages_that_wait_do_not_hold_up_the_loops() {
    let (short, long) = ("a 1\n".to_owned(), format!("# {}\n", "x".repeat(BODY_AT_ONCE_BYTES)));
    for (storing_waits, page, is_here) in
        [(false, &short, true), (true, &short, false), (false, &long, false)]
    {
        let threads = Arc::new(Threads::default());
        let context = context_over(threads.clone(), storing_waits);
        let (_commands, receiver) = watch::channel(Command::Stop);
        let mut runner = Runner::new(context, Arc::new(Shared::default()), receiver);
        let shape = Shape::own(Labels::default(), Duration::from_secs(1));
        runner.cache = Some(TargetCache::new(GroupKey(1), shape));
        let text = Ok(PageFormat::Lines(Format::Text));
        runner
            .ingest(Timestamp::from_ms(1000), Duration::ZERO, text, page.clone().into_bytes())
            .await
            .unwrap();
        let threads = threads.0.lock().unwrap();
        assert_eq!(threads[0] == std::thread::current().id(), is_here, "{storing_waits}");
    }
}

/// What is logged of a scrape after one with this health.
fn logged(before: Health, report: &ScrapeReport) -> Vec<String> {
    let told = Heard::listen();
    log(&assigned(Duration::from_secs(1), 1), before, report);
    told.take()
}

#[tokio::test]
async fn the_log_tells_of_changes_and_of_what_is_lost() {
    let (good, bad) = (ScrapeReport::default(), Some("refused".to_owned()));
    let bad = ScrapeReport { error: bad, ..good.clone() };
    let place = r#"job="j" target="http://a:1/""#;
    for before in [Health::Up, Health::Unknown] {
        assert_eq!(
            logged(before, &bad),
            [format!(r#"WARN message=target is down {place} error="refused""#)]
        );
        assert!(logged(before, &good).is_empty());
    }
    assert!(logged(Health::Down, &bad).is_empty(), "still down");
    let again = format!("INFO message=target is up again {place}");
    assert_eq!(logged(Health::Down, &good), [again]);
    for lost in [
        ScrapeReport { out_of_order: 1, ..good.clone() },
        ScrapeReport { duplicates: 1, ..good.clone() },
        ScrapeReport { out_of_bounds: 1, ..good.clone() },
        ScrapeReport { refused: 1, ..good.clone() },
    ] {
        let lines = logged(Health::Up, &lost);
        assert!(lines.len() == 1 && lines[0].starts_with("WARN message=samples were not stored"));
    }
    let full = ScrapeReport { store_error: Some("full".into()), ..good };
    let lines = logged(Health::Up, &full);
    assert!(lines.len() == 1 && lines[0].starts_with("ERROR message=a scrape could not be stored"));
}

/// A loop over a storage in memory that has stored a scrape.
async fn after_a_scrape() -> (Runner, Arc<Memory>) {
    let memory = Arc::new(Memory::default());
    let (_commands, receiver) = watch::channel(Command::Stop);
    let context = context_over(memory.clone(), false);
    let mut runner = Runner::new(context, Arc::new(Shared::default()), receiver);
    runner.adopt(&assigned(Duration::from_secs(1), 1));
    let text = Ok(PageFormat::Lines(Format::Text));
    runner.ingest(Timestamp::from_ms(1000), Duration::ZERO, text, Vec::new()).await.unwrap();
    assert_eq!(memory.batches(), 1);
    (runner, memory)
}

#[tokio::test(start_paused = true)]
async fn an_end_that_cannot_be_written_is_told_of() {
    for (trouble, expected) in [
        (Memory::panic_next as fn(&Memory), "ERROR message=marking the series of a target as gone"),
        (|memory| memory.refuse_commits(true), "WARN message=cannot mark the series of a target"),
    ] {
        let (mut runner, memory) = after_a_scrape().await;
        let (_commands, receiver) = watch::channel(Command::End);
        runner.commands = receiver;
        trouble(&memory);
        let told = Heard::listen();
        assert!(runner.end().await);
        let lines = told.take();
        assert!(lines.len() == 1 && lines[0].starts_with(expected), "{lines:?}");
    }
}

#[tokio::test]
async fn a_panic_while_storing_is_told_of() {
    let (mut runner, memory) = after_a_scrape().await;
    memory.panic_next();
    let told = Heard::listen();
    let text = Ok(PageFormat::Lines(Format::Text));
    assert!(
        runner.ingest(Timestamp::from_ms(2000), Duration::ZERO, text, Vec::new()).await.is_none()
    );
    assert_eq!(
        told.take(),
        ["ERROR message=ingesting a scrape panicked; the target's cache begins anew"]
    );
}
