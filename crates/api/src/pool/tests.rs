//! Slots, queue, deadline and cancellation; tests are told when work begins and ends, so nothing
//! depends on timing.

use super::QueryPool;
use crate::queries::{Caller, Queries, QueryKind, Question, State};
use crate::reply::ApiError;
use crate::test_client::{run, text};

use crate::{Principal, QueryLimits};
use axum::response::IntoResponse;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use sys::SystemClock;
use testkit::wait_for;
use tokio::time::sleep;

fn pool(concurrency: usize, queue: usize) -> Arc<QueryPool> {
    let timeout = Duration::from_mins(5);
    let limits = QueryLimits { concurrency, queue, timeout, slow: None };
    let queries = Arc::new(Queries::new(Arc::new(SystemClock::new()), limits.clone()));
    Arc::new(QueryPool::new(limits, queries))
}

fn caller() -> Caller {
    let (user, path) = (Principal::User("ada".into()), "/api/v1/query".into());
    let client = Some(IpAddr::from([10, 0, 0, 7]));
    Caller { user, client, method: http::Method::GET, path }
}

fn question() -> Question {
    caller().asks(QueryKind::Instant, "up")
}

/// Counters that are not zero, as `name{labels} value`.
fn counted(pool: &QueryPool, family: &str) -> Vec<String> {
    let families = pool.queries.families();
    let found = families.iter().find(|found| found.name == family).unwrap();
    let points = found.points.iter().filter(|point| point.value != 0.0);
    points.map(|point| format!("{} {}", point.labels, point.value)).collect()
}

fn shown(error: ApiError) -> String {
    let response = error.into_response();
    let status = response.status().as_u16();
    let retry = response.headers().get("retry-after").map(|v| v.to_str().unwrap().to_owned());
    run_inside(async move { format!("{status} {retry:?} {}", text(response).await) })
}

/// A runtime inside a runtime's thread is not allowed; a thread of its own is.
fn run_inside(future: impl Future<Output = String> + Send + 'static) -> String {
    std::thread::spawn(|| run(future)).join().unwrap()
}

/// Work that says that it began and ends when told to.
fn work(
    begun: Sender<()>,
    end: Receiver<()>,
) -> impl FnOnce() -> Result<(), ApiError> + Send + 'static {
    move || {
        begun.send(()).unwrap();
        end.recv().unwrap();
        Ok(())
    }
}

async fn wait(begun: Receiver<()>) {
    tokio::task::spawn_blocking(move || begun.recv().unwrap()).await.unwrap();
}

#[test]
fn answers_come_back() {
    let pool = pool(1, 0);
    assert_eq!(run(pool.run(question(), None, |_| Ok(42))).unwrap(), 42);
    let error =
        run(pool.run(question(), None, |_| Err::<(), _>(ApiError::bad_data("no")))).unwrap_err();
    assert!(shown(error).starts_with("400 "));
}

#[test]
fn full_queue_is_refused_at_once_and_freed_slots_are_used_again() {
    let pool = pool(1, 1);
    run(async {
        let ((begun, began), (end, ends)) = (channel(), channel());
        let first = tokio::spawn({
            let pool = pool.clone();
            let work = work(begun, ends);
            async move { pool.run(question(), None, move |_| work()).await.is_ok() }
        });
        wait(began).await;
        let second = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(question(), None, |_| Ok(2)).await.ok() }
        });
        while pool.waiting.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let refused = pool.run(question(), None, |_| Ok(3)).await.unwrap_err();
        assert_eq!(
            shown(refused),
            "503 Some(\"5\") {\"status\":\"error\",\"errorType\":\"unavailable\",\
             \"error\":\"too many queries: 1 running, 1 waiting\"}"
        );
        end.send(()).unwrap();
        assert!(first.await.unwrap());
        assert_eq!(second.await.unwrap(), Some(2));
        assert_eq!(pool.run(question(), None, |_| Ok(4)).await.ok(), Some(4));
        assert_eq!(counted(&pool, "flyball_queries_refused_total"), [r#"{reason="queue_full"} 1"#]);
    });
}

#[test]
fn deadline_cancels_the_work() {
    let pool = pool(1, 1);
    let (sender, stopped) = channel();
    let error = run(async {
        let asked = Some(Duration::from_millis(1));
        pool.run(question(), asked, move |ticket| {
            wait_for("the cancellation", || ticket.cancel().is_cancelled().then_some(()));
            assert!(ticket.cancel().is_expired());
            sender.send(()).unwrap();
            Ok(())
        })
        .await
        .unwrap_err()
    });
    stopped.recv().unwrap();
    let expected = "503 None {\"status\":\"error\",\"errorType\":\"timeout\",\
                    \"error\":\"query timed out in expression evaluation\"}";
    assert_eq!(shown(error), expected);
    wait_for("the end of the work", || pool.queries.active().is_empty().then_some(()));
    let ended = counted(&pool, "flyball_queries_total");
    assert_eq!(ended, [r#"{kind="instant", outcome="timed_out"} 1"#]);
}

#[test]
fn deadline_counts_the_time_in_the_queue() {
    let pool = pool(1, 1);
    run(async {
        let ((begun, began), (end, ends)) = (channel(), channel());
        let work = work(begun, ends);
        let first = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(question(), None, move |_| work()).await.is_ok() }
        });
        wait(began).await;
        let late =
            pool.run(question(), Some(Duration::from_millis(1)), |_| Ok(())).await.unwrap_err();
        assert!(shown(late).contains("query timed out in query queue"));
        end.send(()).unwrap();
        assert!(first.await.unwrap());
    });
}

#[test]
fn leaving_caller_cancels_and_the_slot_is_kept_until_the_work_ends() {
    let pool = pool(1, 1);
    run(async {
        let ((begun, began), (end, ends)) = (channel::<()>(), channel::<()>());
        let (told, tell) = channel();
        let caller = tokio::spawn({
            let pool = pool.clone();
            async move {
                pool.run(question(), None, move |ticket| {
                    begun.send(()).unwrap();
                    wait_for("the cancellation", || ticket.cancel().is_cancelled().then_some(()));
                    told.send(()).unwrap();
                    ends.recv().unwrap();
                    Ok(())
                })
                .await
                .is_ok()
            }
        });
        wait(began).await;
        caller.abort();
        wait(tell).await;
        assert_eq!(pool.running.available_permits(), 0);
        assert_eq!(pool.queries.active()[0].state(), State::Stopping);
        end.send(()).unwrap();
        while pool.running.available_permits() == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        assert!(pool.queries.active().is_empty());
        assert_eq!(counted(&pool, "flyball_queries_cancelled_total"), [r#"{by="client"} 1"#]);
    });
}

#[test]
fn panic_in_a_query_is_an_internal_error() {
    let pool = pool(1, 0);
    let error = run(pool.run(question(), None, |_| -> Result<(), ApiError> { panic!("told to") }));
    assert!(shown(error.unwrap_err()).starts_with("500 "));
    assert_eq!(run(pool.run(question(), None, |_| Ok(1))).ok(), Some(1));
}

#[test]
fn an_operator_ends_what_runs_and_what_waits() {
    let pool = pool(1, 1);
    run(async {
        let ((begun, began), (end, ends)) = (channel(), channel());
        let first = tokio::spawn({
            let pool = pool.clone();
            let work = work(begun, ends);
            async move { pool.run(question(), None, move |_| work()).await.unwrap_err() }
        });
        wait(began).await;
        let second = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(question(), None, |_| Ok(())).await.unwrap_err() }
        });
        while pool.waiting.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let states: Vec<_> = pool.queries.active().iter().map(|a| (a.id, a.state())).collect();
        assert_eq!(states, [(1, State::Running), (2, State::Queued)]);
        for (id, asked) in [(2, second), (1, first)] {
            assert!(pool.queries.cancel(id, &caller()).is_some());
            let expected = format!(
                "499 None {{\"status\":\"error\",\"errorType\":\"canceled\",\"error\":\"query was \
                 canceled in expression evaluation: query {id} was stopped by ada at 10.0.0.7\"}}"
            );
            assert_eq!(shown(asked.await.unwrap()), expected);
        }
        // The first one has its answer, and is listed until its work has really ended.
        assert_eq!(pool.queries.active().len(), 1);
        end.send(()).unwrap();
        while !pool.queries.active().is_empty() {
            sleep(Duration::from_millis(1)).await;
        }
        assert!(pool.queries.cancel(1, &caller()).is_none());
        assert_eq!(counted(&pool, "flyball_queries_cancelled_total"), [r#"{by="operator"} 2"#]);
    });
}
