//! Lists a kind of object and follows its changes: list, watch from there, list again when the
//! server forgot the version or anything else is wrong. One task per kind and namespace.

use super::objects::Resource;
use super::store::{Store, Stored};
use crate::remote::get_json;
use ::http::{HeaderMap, StatusCode};
use net::{Client, Request};
use serde::Deserialize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use url::Url;

/// Longest wait for a list or for the head of a watch.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(30);
/// A watch lasts this long; then it begins anew from where it was.
const WATCH_SECONDS: &str = "300";
/// A watch without any news, not even its end, for this long is dead.
const SILENCE_MAX: Duration = Duration::from_secs(330);
/// Objects of one page of a list.
const PAGE: &str = "500";
/// Three times the pods of the largest cluster that Kubernetes supports (150,000); ten times the
/// pages they fill, because a server may give fewer objects a page than it is asked for.
pub(super) const LIMITS: Limits = Limits { objects: 500_000, pages: 10_000 };
/// Longest event.
const EVENT_BYTES_MAX: usize = 8 << 20;
/// Pauses after failures, the first and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// How many objects of a kind a list may bring or a watch may lead to, and in how many pages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) objects: usize,
    pub(super) pages: usize,
}

/// What all tasks of an entry share.
pub(super) struct Shared {
    pub(super) client: Client,
    pub(super) base: Url,
    pub(super) limits: Limits,
    pub(super) state: Mutex<State>,
    /// Something became known, or a fault came or went.
    pub(super) changed: Notify,
}

/// What is known, and what went wrong.
#[derive(Default)]
pub(super) struct State {
    pub(super) store: Store,
    /// One place per task: not listed yet, or how it went.
    pub(super) tasks: Vec<Option<Result<(), String>>>,
    /// Was anything else said than before?
    pub(super) has_news: bool,
}

impl Shared {
    pub(super) fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, task: usize, outcome: Result<(), String>, change: impl FnOnce(&mut Store)) {
        let mut state = self.lock();
        change(&mut state.store);
        state.tasks[task] = Some(outcome);
        state.has_news = true;
        drop(state);
        self.changed.notify_one();
    }
}

/// Which objects: a namespace or all, and selectors.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    pub(super) namespace: Option<String>,
    pub(super) label: String,
    pub(super) field: String,
}

/// Why following ended.
pub(super) enum Trouble {
    /// The server no longer knows the version: list again.
    Gone,
    Failed(String),
}

/// Follows a kind until the task is aborted.
pub(super) async fn follow<R: Stored>(shared: Arc<Shared>, task: usize, scope: Scope) {
    let mut pause = PAUSE.0;
    loop {
        let message = match follow_once::<R>(&shared, task, &scope, &mut pause).await {
            Trouble::Gone => continue,
            Trouble::Failed(message) => message,
        };
        shared.tell(task, Err(format!("{}: {message}", R::PLURAL)), |_| ());
        tokio::time::sleep(pause).await;
        pause = (2 * pause).min(PAUSE.1);
    }
}

pub(super) async fn follow_once<R: Stored>(
    shared: &Shared,
    task: usize,
    scope: &Scope,
    pause: &mut Duration,
) -> Trouble {
    let (objects, mut version) = match list::<R>(shared, scope).await {
        Ok(listed) => listed,
        Err(message) => return Trouble::Failed(message),
    };
    *pause = PAUSE.0;
    let namespace = scope.namespace.as_deref();
    shared.tell(task, Ok(()), |store| R::replace(store, namespace, objects));
    loop {
        // A server that ends watches at once, or forgets versions, is not asked without rest.
        let rest = tokio::time::sleep(PAUSE.0);
        let ended = match watch::<R>(shared, task, scope, &mut version).await {
            Err(Trouble::Failed(message)) => return Trouble::Failed(message),
            ended => ended,
        };
        rest.await;
        if let Err(gone) = ended {
            return gone;
        }
    }
}

fn url<R: Resource>(shared: &Shared, scope: &Scope) -> Url {
    let mut url = shared.base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(R::GROUP.split('/'));
        if let Some(namespace) = scope.namespace.as_ref().filter(|_| R::IN_NAMESPACE) {
            segments.extend(["namespaces", namespace]);
        }
        segments.push(R::PLURAL);
    }
    let selectors = [("labelSelector", &scope.label), ("fieldSelector", &scope.field)];
    let selectors = selectors.into_iter().filter(|(_, selector)| !selector.is_empty());
    if let Some(selectors) = Some(selectors.collect::<Vec<_>>()).filter(|all| !all.is_empty()) {
        url.query_pairs_mut().extend_pairs(selectors);
    }
    url
}

#[derive(Deserialize)]
struct List<T> {
    metadata: ListMeta,
    items: Option<Vec<T>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ListMeta {
    resource_version: String,
    r#continue: String,
}

/// All objects, and the version from which they can be watched.
pub(super) async fn list<R: Resource>(
    shared: &Shared,
    scope: &Scope,
) -> Result<(Vec<R>, String), String> {
    let mut objects = Vec::new();
    let mut next = String::new();
    for _ in 0..shared.limits.pages {
        let mut url = url::<R>(shared, scope);
        url.query_pairs_mut().append_pair("limit", PAGE);
        if !next.is_empty() {
            url.query_pairs_mut().append_pair("continue", &next);
        }
        let page = get_json(&shared.client, url, HeaderMap::new(), ANSWER_WAIT_MAX).await;
        let (List { metadata, items }, _): (List<R>, _) = page?;
        objects.extend(items.into_iter().flatten());
        check_count(objects.len(), shared.limits)?;
        if metadata.r#continue.is_empty() {
            return Ok((objects, metadata.resource_version));
        }
        next = metadata.r#continue;
    }
    Err(format!("more than {} pages in one list", shared.limits.pages))
}

fn check_count(count: usize, limits: Limits) -> Result<(), String> {
    if count > limits.objects {
        return Err(format!("more than {} objects", limits.objects));
    }
    Ok(())
}

/// Takes the events of one watch; `Ok` when it ended as it should.
async fn watch<R: Stored>(
    shared: &Shared,
    task: usize,
    scope: &Scope,
    version: &mut String,
) -> Result<(), Trouble> {
    let failed = |error: net::Error| Trouble::Failed(error.describe());
    let mut url = url::<R>(shared, scope);
    url.query_pairs_mut().extend_pairs([
        ("watch", "1"),
        ("allowWatchBookmarks", "true"),
        ("timeoutSeconds", WATCH_SECONDS),
        ("resourceVersion", version.as_str()),
    ]);
    let request = Request::get(url, ANSWER_WAIT_MAX);
    let mut stream = shared.client.stream(request).await.map_err(failed)?;
    match stream.status {
        StatusCode::OK => {}
        StatusCode::GONE => return Err(Trouble::Gone),
        status => return Err(Trouble::Failed(format!("watch returned HTTP status {status}"))),
    }
    let mut buffer = Vec::new();
    loop {
        let piece = tokio::time::timeout(SILENCE_MAX, stream.next()).await;
        let piece =
            piece.map_err(|elapsed| Trouble::Failed(format!("a silent watch: {elapsed}")))?;
        let Some(piece) = piece.map_err(failed)? else { return Ok(()) };
        buffer.extend_from_slice(&piece);
        while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = buffer.drain(..=end).collect();
            take_event::<R>(shared, task, &line, version)?;
        }
        if buffer.len() > EVENT_BYTES_MAX {
            let message = format!("an event is longer than {EVENT_BYTES_MAX} bytes");
            return Err(Trouble::Failed(message));
        }
    }
}

/// The type of an event, before its object is looked at.
#[derive(Deserialize)]
struct Event<'a> {
    r#type: &'a str,
    #[serde(borrow)]
    object: &'a serde_json::value::RawValue,
}

/// What a server says instead of an object.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    code: u16,
    message: String,
}

fn take_event<R: Stored>(
    shared: &Shared,
    task: usize,
    line: &[u8],
    version: &mut String,
) -> Result<(), Trouble> {
    if line.trim_ascii().is_empty() {
        return Ok(());
    }
    let event: Event<'_> = parse(line)?;
    if event.r#type == "ERROR" {
        let Status { code, message } = parse(event.object.get().as_bytes())?;
        let is_gone = code == StatusCode::GONE.as_u16();
        return Err(if is_gone { Trouble::Gone } else { Trouble::Failed(message) });
    }
    let object: R = parse(event.object.get().as_bytes())?;
    version.clone_from(&object.meta().resource_version);
    match event.r#type {
        "ADDED" | "MODIFIED" => {
            let mut count = 0;
            shared.tell(task, Ok(()), |store| {
                object.put(store);
                count = R::of(store).len();
            });
            check_count(count, shared.limits).map_err(Trouble::Failed)?;
        }
        "DELETED" => shared.tell(task, Ok(()), |store| object.remove(store)),
        // A bookmark tells the version alone; of later kinds of events nothing is known.
        _ => {}
    }
    Ok(())
}

fn parse<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, Trouble> {
    serde_json::from_slice(text)
        .map_err(|error| Trouble::Failed(format!("an event that is not as expected: {error}")))
}
