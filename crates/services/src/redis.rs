//! Redis under the names of `redis_exporter`: one connection a round, its answers read by pure
//! functions. A server that hangs or refuses costs what its answers would have given.

mod answers;
mod groups;
mod info_reply;
mod names;
pub mod resp;
mod series;
mod session;

use crate::report::{Names, Round};
use crate::{Fault, Page, PartOutcome, World};
use answers::{Master, Own};
use config::{KeyGroup, RedisInstance};
use exposition::Family;
use groups::Walk;
use info_reply::Outline;
use model::Timestamp;
use resp::Value;
pub use session::Login;
pub(crate) use session::Session;
use std::time::Duration;
use sys::Clock;
use tokio::time::Instant;

/// Series about the parts.
const NAMES: Names = Names {
    service: "redis",
    duration: ("redis_scrape_collector_duration_seconds", "Duration of a collector scrape."),
    success: ("redis_scrape_collector_success", "Whether a collector succeeded."),
};
/// Masters of a Sentinel that are asked about one by one.
const MASTERS_MAX: usize = 100;
/// How long the last walk over all keys took.
const WALK_TIME: &str = "last_key_groups_scrape_duration_milliseconds";
/// Keys that SCAN is asked for at once.
const SCAN_COUNT: &str = "1000";

/// One Redis server, Sentinel or cluster node.
pub struct RedisCollector {
    settings: RedisInstance,
    world: World,
    scrapes: u64,
    took: Duration,
    groups: KeptGroups,
}

/// Key groups are walked at their own pace; in between their last counts stay.
#[derive(Default)]
struct KeptGroups {
    at: Option<Timestamp>,
    page: Page,
}

impl RedisCollector {
    /// A collector of one server.
    pub fn new(settings: RedisInstance, world: World) -> Self {
        Self { settings, world, scrapes: 0, took: Duration::ZERO, groups: KeptGroups::default() }
    }

    /// Asks the server once; takes at most its timeout.
    pub async fn collect(&mut self, now: Timestamp) -> (Vec<Family>, Vec<PartOutcome>) {
        let began = self.world.clock.monotonic();
        let deadline = Instant::now() + self.settings.common.timeout;
        let mut round = Round::new(&NAMES, self.settings.common.series_max);
        let opened = Session::open(&Login::from(&self.settings), &self.world, deadline).await;
        let connect = self.since(began);
        let fault = match opened {
            Ok(mut session) => self.parts(&mut session, now, &mut round).await,
            Err(fault) => {
                round.take("connect", connect, Err(fault.clone()));
                Some(fault)
            }
        };
        self.scrapes += 1;
        let took = self.since(began);
        self.took += took;
        let own = Own {
            connect_seconds: connect.as_secs_f64(),
            scrapes: self.scrapes as f64,
            took_seconds: took.as_secs_f64(),
            took_seconds_sum: self.took.as_secs_f64(),
            error: fault.as_ref().map_or("", |fault| fault.reason.word()),
        };
        answers::own(&own, round.page());
        let (page, parts) = round.finish();
        (page.into_families(), parts)
    }

    fn since(&self, began: Duration) -> Duration {
        self.world.clock.monotonic().saturating_sub(began)
    }

    /// All parts in turn; the fault of INFO, without which the server counts as down.
    async fn parts(
        &mut self,
        session: &mut Session,
        now: Timestamp,
        round: &mut Round<'_>,
    ) -> Option<Fault> {
        let (info_began, mut page) = (self.world.clock.monotonic(), Page::default());
        let text = match info(session).await {
            Ok(text) => text,
            Err(fault) => {
                round.take("info", self.since(info_began), Err(fault.clone()));
                return Some(fault);
            }
        };
        let info_took = self.since(info_began);
        // A Sentinel has no CONFIG.
        let databases = if self.is_on("config") && !text.contains("# Sentinel") {
            let (began, mut page) = (self.world.clock.monotonic(), Page::default());
            let answer = session.ask(&["CONFIG", "GET", "*"]).await;
            let databases = answer.map(|answer| answers::config(&answer, &mut page));
            let outcome = databases.as_ref().map(|_| &page).map_err(Clone::clone);
            round.take("config", self.since(began), outcome);
            databases.ok().flatten()
        } else {
            None
        };
        let outline = info_reply::read(&text, databases, now, &mut page);
        round.take("info", info_took, Ok(&page));
        self.others(session, now, round, (&text, outline, databases)).await;
        None
    }

    /// Parts beyond INFO; each costs itself alone.
    async fn others(
        &mut self,
        session: &mut Session,
        now: Timestamp,
        round: &mut Round<'_>,
        (text, outline, databases): (&str, Outline, Option<usize>),
    ) {
        let clock = std::sync::Arc::clone(&self.world.clock);
        let mut part = Part { clock: clock.as_ref(), round };
        if outline.is_cluster && self.is_on("cluster") {
            part.run("cluster", async |page| cluster(session, page).await).await;
        }
        if outline.is_sentinel {
            if self.is_on("sentinel") {
                part.run("sentinel", async |page| sentinel(session, page).await).await;
            }
            return;
        }
        if self.is_on("latency") {
            part.run("latency", async |page| latency(session, page).await).await;
        }
        if self.is_on("latency_histogram") {
            part.run("latency_histogram", async |page| histogram(session, text, page).await).await;
        }
        if self.is_on("slowlog") {
            part.run("slowlog", async |page| slowlog(session, page).await).await;
        }
        if self.settings.key_groups.is_empty() {
            series::gauge(part.round.page(), WALK_TIME, &[], 0.0);
        } else if !outline.is_loading {
            let count = if outline.is_cluster { 1 } else { databases.unwrap_or(1) };
            let (settings, kept) = (&self.settings, &mut self.groups);
            let walk =
                async |page: &mut Page| kept.refresh(session, settings, count, (now, page)).await;
            part.run("key_groups", walk).await;
        }
    }

    fn is_on(&self, part: &str) -> bool {
        self.settings.common.is_on(part)
    }
}

/// Runs parts and hands their pages to the round.
struct Part<'r, 'n> {
    clock: &'r dyn Clock,
    round: &'r mut Round<'n>,
}

impl Part<'_, '_> {
    async fn run(
        &mut self,
        name: &'static str,
        work: impl AsyncFnOnce(&mut Page) -> Result<(), Fault>,
    ) {
        let (began, mut page) = (self.clock.monotonic(), Page::default());
        let outcome = work(&mut page).await;
        let took = self.clock.monotonic().saturating_sub(began);
        self.round.take(name, took, outcome.map(|()| &page));
    }
}

/// INFO ALL, or INFO of servers that do not know `ALL`.
async fn info(session: &mut Session) -> Result<String, Fault> {
    let all = session.ask(&["INFO", "ALL"]).await?;
    if let Some(text) = all.text().filter(|text| !text.is_empty()) {
        return Ok(text.to_owned());
    }
    let answer = session.ask(&["INFO"]).await?;
    let text = answer.text().map(ToOwned::to_owned);
    text.ok_or_else(|| Fault::new(crate::Reason::Protocol, "INFO: the answer is no text"))
}

/// What INFO says of replication; nothing where the server has no role.
pub(crate) fn replication(text: &str) -> Option<crate::Replication> {
    let of = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.trim().split_once(':'));
        lines.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let is_replica = match of("role")? {
        "master" => false,
        "slave" => true,
        _ => return None,
    };
    let is_linked = of("master_link_status") == Some("up");
    let since =
        if is_linked { "master_last_io_seconds_ago" } else { "master_link_down_since_seconds" };
    let seconds = of(since).and_then(|text| text.parse::<f64>().ok());
    // A replica that was never connected says -1.
    let lag_seconds = seconds.filter(|seconds| is_replica && *seconds >= 0.0);
    Some(crate::Replication { is_replica, lag_seconds })
}

async fn cluster(session: &mut Session, page: &mut Page) -> Result<(), Fault> {
    let answer = session.ask(&["CLUSTER", "INFO"]).await?;
    info_reply::read_cluster(answer.text().unwrap_or_default(), page);
    Ok(())
}

async fn latency(session: &mut Session, page: &mut Page) -> Result<(), Fault> {
    answers::latency_latest(&session.ask(&["LATENCY", "LATEST"]).await?, page);
    Ok(())
}

async fn histogram(session: &mut Session, text: &str, page: &mut Page) -> Result<(), Fault> {
    let answer = session.ask(&["LATENCY", "HISTOGRAM"]).await?;
    answers::latency_histogram(&answer, &answers::command_times(text), page);
    Ok(())
}

async fn slowlog(session: &mut Session, page: &mut Page) -> Result<(), Fault> {
    let length = session.ask(&["SLOWLOG", "LEN"]).await?;
    let last = session.ask(&["SLOWLOG", "GET", "1"]).await?;
    answers::slowlog(&length, &last, page);
    Ok(())
}

async fn sentinel(session: &mut Session, page: &mut Page) -> Result<(), Fault> {
    let answer = session.ask(&["SENTINEL", "MASTERS"]).await?;
    let masters: Vec<Master> = answers::masters(&answer, page);
    for master in masters.iter().take(MASTERS_MAX) {
        let name = master.name.as_str();
        let quorum: Value = session.answer(&["SENTINEL", "CKQUORUM", name]).await?;
        answers::quorum(&quorum, master, page);
        let sentinels = session.ask(&["SENTINEL", "SENTINELS", name]).await?;
        // The one that answers is not in its own list.
        answers::not_down(&sentinels, "sentinel_master_ok_sentinels", 1, master, page);
        let replicas = session.ask(&["SENTINEL", "SLAVES", name]).await?;
        answers::not_down(&replicas, "sentinel_master_ok_slaves", 0, master, page);
    }
    Ok(())
}

impl KeptGroups {
    /// Walks all databases when it is time, and hands out the last counts.
    async fn refresh(
        &mut self,
        session: &mut Session,
        settings: &RedisInstance,
        databases: usize,
        (now, page): (Timestamp, &mut Page),
    ) -> Result<(), Fault> {
        let is_due = self.at.is_none_or(|at| now.since(at) >= settings.key_groups_interval);
        if is_due {
            self.page = Page::default();
            self.at = None;
            let began = Instant::now();
            for database in 0..databases {
                let index = database.to_string();
                session.ask(&["SELECT", &index]).await?;
                if session.ask(&["DBSIZE"]).await?.integer() == Some(0) {
                    continue;
                }
                self.walk(session, &settings.key_groups, (database, settings.keys_max)).await?;
            }
            let took = began.elapsed().as_millis() as f64;
            series::gauge(&mut self.page, WALK_TIME, &[], took);
            self.at = Some(now);
        }
        page.absorb(&self.page);
        Ok(())
    }

    async fn walk(
        &mut self,
        session: &mut Session,
        groups: &[KeyGroup],
        (database, keys_max): (usize, u64),
    ) -> Result<(), Fault> {
        let mut walk = Walk::new(groups, keys_max);
        let mut cursor = "0".to_owned();
        loop {
            let answer = session.ask(&["SCAN", &cursor, "COUNT", SCAN_COUNT]).await?;
            match walk.count(&answer)? {
                Some(next) => cursor = next,
                None => break,
            }
        }
        walk.write(&format!("db{database}"), &mut self.page);
        Ok(())
    }
}

/// Names of all metrics, for tables of what exists.
pub(crate) fn metric_names() -> impl Iterator<Item = String> {
    let fields = names::GAUGES.iter().chain(names::COUNTERS).map(|(_, name)| name);
    let own = names::HELPS.iter().map(|(name, _)| name);
    let settings = &["config_io_threads", "config_maxclients", "config_maxmemory"];
    fields.chain(own).chain(settings).map(|name| format!("redis_{name}"))
}

/// Decodes bytes as replies that come in two pieces and in single bytes: both must give the same.
/// The number of whole replies; the property that fuzzers and tests hold the decoder to.
///
/// # Panics
/// When the pieces change what is decoded.
#[doc(hidden)]
pub fn check_reply(bytes: &[u8]) -> usize {
    let decode = |piece: usize| {
        let (mut decoder, mut replies) = (resp::Decoder::default(), Vec::new());
        for part in bytes.chunks(piece.max(1)) {
            decoder.push(part);
            loop {
                match decoder.reply() {
                    Ok(Some(reply)) => replies.push(reply),
                    Ok(None) => break,
                    Err(_) => return replies,
                }
            }
        }
        replies
    };
    let whole = decode(bytes.len() / 2 + 1);
    assert_eq!(whole, decode(1), "pieces change nothing");
    whole.len()
}

/// Reads any bytes as an answer to INFO and renders what it gives.
#[doc(hidden)]
pub fn check_info(bytes: &[u8]) {
    let (text, mut page) = (String::from_utf8_lossy(bytes), Page::default());
    info_reply::read(&text, None, Timestamp::from_ms(0), &mut page);
    info_reply::read_cluster(&text, &mut page);
    let _rendered = exposition::render_text(&page.into_families());
}
