//! Clients that close their connection: whatever they asked ends at once, down in the store.

use crate::support::{Running, options};
use crate::testing::{Rooms, sample_store, state};
use api::AppState;
use model::{
    Exemplar, LabelQuery, Labels, Matcher, MetricMetadata, Querier, QuerierError, SelectHints,
    Selection, Timestamp, Watch,
};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use testkit::wait_for;

/// A store that works on every question until it is told to stop.
#[derive(Default)]
struct Endless {
    begun: AtomicUsize,
    ended: AtomicUsize,
}

impl Endless {
    fn work<T>(&self, watch: &dyn Watch) -> Result<T, QuerierError> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        loop {
            if let Err(refusal) = watch.tick(10_000) {
                self.ended.fetch_add(1, Ordering::SeqCst);
                return Err(refusal);
            }
            std::thread::yield_now();
        }
    }
}

impl Querier for Endless {
    fn select(
        &self,
        _start: Timestamp,
        _end: Timestamp,
        _matchers: &[Matcher],
        hints: &SelectHints<'_>,
    ) -> Result<Box<dyn Selection>, QuerierError> {
        self.work(hints.watch)
    }

    fn label_names(&self, query: &LabelQuery<'_>) -> Result<Vec<String>, QuerierError> {
        self.work(query.watch)
    }

    fn label_values(
        &self,
        _name: &str,
        query: &LabelQuery<'_>,
    ) -> Result<Vec<String>, QuerierError> {
        self.work(query.watch)
    }

    fn metadata(
        &self,
        metric: Option<&str>,
        limit: Option<usize>,
    ) -> Result<Vec<MetricMetadata>, QuerierError> {
        sample_store().metadata(metric, limit)
    }

    fn exemplars(
        &self,
        query: &LabelQuery<'_>,
    ) -> Result<Vec<(Labels, Vec<Exemplar>)>, QuerierError> {
        self.work(query.watch)
    }
}

#[test]
fn a_client_that_leaves_ends_its_question_in_the_store() {
    let store = Arc::new(Endless::default());
    let querier = Arc::clone(&store) as Arc<dyn Querier>;
    let state = AppState { querier, ..state(&Arc::new(Rooms::default())) };
    let running = Running::over(options(), state, Vec::new());
    let count = |counter: &AtomicUsize| counter.load(Ordering::SeqCst);
    for (asked, path) in [
        "query?query=up",
        "query_range?query=rate(up[1m])&start=0&end=60&step=1",
        "query_exemplars?query=up",
        "series?match[]=up",
        "labels",
        "labels?match[]=up",
        "label/job/values",
        "label/job/values?match[]={job=~\"n.*\"}",
    ]
    .into_iter()
    .enumerate()
    {
        let mut stream = running.connect();
        let head = format!("GET /api/v1/{path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        wait_for(path, || (count(&store.begun) == asked + 1).then_some(()));
        assert_eq!(count(&store.ended), asked, "{path} ends only when its client leaves");
        drop(stream);
        wait_for(path, || (count(&store.ended) == asked + 1).then_some(()));
    }
    running.join();
}
