use super::{Assignment, BODY_KEPT_BYTES, Command, Runner};
use crate::cache::TargetCache;
use crate::fetch::Job;
use crate::pools::tests::{context, context_over, job};
use crate::view::Shared;
use crate::{PageFormat, Shape, Target};
use config::ScrapeConfig;
use exposition::Format;
use model::{AppendError, Appender, Batch, BatchReport, GroupKey, Labels, SeriesRef, Timestamp};
use net::{AddressPolicy, Client, ClientOptions};
use std::sync::Arc;
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
    let huge = format!("# {}\n", "x".repeat(8 * BODY_KEPT_BYTES));
    for (page, seconds, is_kept) in [(huge.as_str(), 1, true), ("a 1\n", 2, false)] {
        runner.body.clear();
        runner.body.extend_from_slice(page.as_bytes());
        let at = Timestamp::from_ms(1000 * seconds);
        let report =
            runner.ingest(at, Duration::ZERO, Ok(PageFormat::Lines(Format::Text))).await.unwrap();
        assert_eq!(report.error, None);
        let kept = runner.body.capacity();
        assert_eq!(kept > 2 * BODY_KEPT_BYTES, is_kept, "{kept} bytes");
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
            .ingest(Timestamp::from_ms(1000), Duration::ZERO, Ok(PageFormat::Lines(Format::Text)))
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
    Job { config: Arc::new(config), client }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_asked_for_and_bounded_as_configured() {
    let site = Site::start(|_: &Asked| (200, "a 1\nb 2\n".to_owned()));
    let url = Url::parse(&format!("http://{}/", site.address())).unwrap();
    let plain = fetching(|config| config.enable_compression = false);
    plain.fetch(&url, PATIENCE, &mut Vec::new()).await.unwrap();
    let asked = &site.asked()[0];
    assert!(asked.head.iter().any(|line| line == "accept-encoding: identity"), "{:?}", asked.head);
    let small = fetching(|config| config.limits.body_size_bytes_max = Some(5));
    let error = small.fetch(&url, PATIENCE, &mut Vec::new()).await.unwrap_err();
    assert!(error.body_too_large, "{}", error.message);
}

#[tokio::test]
async fn a_page_that_does_not_come_leaves_nothing_of_the_one_before() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", nobody.local_addr().unwrap())).unwrap();
    drop(nobody);
    let mut body = b"of before".to_vec();
    let error = fetching(|_| ()).fetch(&url, PATIENCE, &mut body).await.unwrap_err();
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
