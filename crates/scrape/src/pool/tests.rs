use super::{Command, Pool, Running};
use crate::Target;
use crate::fetch::Job;
use crate::heard::Heard;
use crate::pools::tests::{context, job, job_of};
use crate::run::Assignment;
use crate::view::{PoolEntry, Shared};
use model::Labels;
use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

fn pool() -> Pool {
    Pool::new(context(), PoolEntry::new("j"), job())
}

fn target() -> Target {
    Target {
        discovered: Labels::default(),
        labels: Labels::default(),
        url: Url::parse("http://a:1/").unwrap(),
        interval: Duration::from_hours(1),
        timeout: Duration::from_secs(1),
        identity: 1,
    }
}

fn assignment(job: &Arc<Job>) -> Assignment {
    Assignment { target: target(), job: Arc::clone(job), forced_error: None }
}

/// Puts a loop into the pool; gives what it is told.
fn running(pool: &mut Pool, task: JoinHandle<()>) -> watch::Receiver<Command> {
    let (commands, told) = watch::channel(Command::Run(Arc::new(assignment(&pool.job))));
    let shared = Arc::new(Shared::default());
    pool.running.insert(1, Running { commands, task, shared, ending: false });
    told
}

async fn finished() -> JoinHandle<()> {
    let task = tokio::spawn(async {});
    while !task.is_finished() {
        tokio::task::yield_now().await;
    }
    task
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_hangs_does_not_keep_the_server_from_stopping() {
    let mut pool = pool();
    let _told = running(&mut pool, tokio::spawn(pending()));
    tokio::time::timeout(Duration::from_mins(1), pool.stop()).await.unwrap();
}

#[tokio::test]
async fn a_loop_that_ended_is_forgotten() {
    let mut pool = pool();
    let _told = running(&mut pool, finished().await);
    pool.end_all_but(&BTreeMap::new());
    assert!(pool.running.is_empty());
}

#[tokio::test]
async fn a_target_whose_loop_ended_gets_another_one() {
    let mut pool = pool();
    let told = running(&mut pool, finished().await);
    pool.assign(1, assignment(&Arc::clone(&pool.job)));
    assert!(told.has_changed().is_err(), "nobody commands the old one");
    assert!(!pool.running[&1].task.is_finished());
    pool.stop().await;
}

/// Its loop runs on another thread and would see any command.
#[tokio::test]
async fn a_target_that_stays_is_not_told_to_end() {
    let mut pool = pool();
    let told = running(&mut pool, tokio::spawn(pending()));
    pool.end_all_but(&BTreeMap::from([(1, target())]));
    assert!(!told.has_changed().unwrap() && !pool.running[&1].ending);
    pool.end_all_but(&BTreeMap::new());
    assert!(matches!(*told.borrow(), Command::End) && pool.running[&1].ending);
}

#[tokio::test]
async fn what_makes_no_target_is_told_of_once() {
    let rule = "[{target_label: __scrape_interval__, replacement: 0s}]";
    let config =
        job_of(&format!("  static_configs: [{{targets: ['a:1']}}]\n  relabel_configs: {rule}\n"));
    let mut pool = Pool::new(context(), PoolEntry::new("j"), config);
    let told = Heard::listen();
    pool.synchronise(&pool.discovery.snapshots());
    let lines = told.take();
    assert!(lines.len() == 1 && lines[0].starts_with("WARN message=cannot make a target: "));
    assert!(lines[0].contains("scrape interval cannot be 0"), "{lines:?}");
    pool.synchronise(&pool.discovery.snapshots());
    assert!(told.take().is_empty(), "once");
    pool.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_hangs_is_told_of() {
    let mut pool = pool();
    let _told = running(&mut pool, tokio::spawn(pending()));
    let told = Heard::listen();
    pool.stop().await;
    assert_eq!(told.take(), [r#"WARN message=scrape loops did not stop within 5s job="j""#]);
}
