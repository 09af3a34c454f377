//! PostgreSQL under the names of `postgres_exporter` 0.20: one connection that is kept, one query
//! a part. A part that waits for a lock or lacks a right costs itself; a server that hangs or is
//! gone costs the instance. Servers from version 12 on.

mod md5;
mod parts;
mod rows;
mod scram;
mod session;
mod wire;

use crate::report::{Names, Round};
use crate::{Fault, Page, PartOutcome, Reason, World};
use config::{Dsn, PostgresDsn, PostgresInstance};
use exposition::Family;
use parts::{Grant, PARTS, Part};
pub(crate) use session::Session;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

pub use session::Table;

/// Series about the parts, as the exporter has them.
const NAMES: Names = Names {
    service: "postgres",
    duration: (
        "pg_scrape_collector_duration_seconds",
        "postgres_exporter: Duration of a collector scrape.",
    ),
    success: ("pg_scrape_collector_success", "postgres_exporter: Whether a collector succeeded."),
};
/// Oldest version that is asked; columns of older ones are not known.
const VERSION_MIN: u32 = 120_000;
/// Largest file with a DSN, in bytes.
const DSN_BYTES_MAX: u64 = 64 << 10;
/// What is known of the server before anything else is asked.
const OUTLINE: &str = "SELECT current_setting('server_version_num') AS number, version() AS text, \
    current_user AS role, pg_has_role('pg_read_all_stats', 'USAGE') AS stats, \
    pg_has_role('pg_monitor', 'USAGE') AS monitor";

/// One PostgreSQL server, through one database.
pub struct PostgresCollector {
    settings: PostgresInstance,
    world: World,
    session: Option<Session>,
    scrapes: u64,
}

/// What the server and the role are.
struct Outline {
    version: u32,
    text: String,
    role: String,
    stats: bool,
    monitor: bool,
}

impl PostgresCollector {
    /// A collector of one server.
    pub fn new(settings: PostgresInstance, world: World) -> Self {
        Self { settings, world, session: None, scrapes: 0 }
    }

    /// Asks the server once; takes at most its timeout.
    pub async fn collect(&mut self) -> (Vec<Family>, Vec<PartOutcome>) {
        let began = self.world.clock.monotonic();
        let timeout = self.settings.common.timeout;
        let deadline = Instant::now() + timeout;
        let mut round = Round::new(&NAMES, self.settings.common.series_max);
        let opened = self.outline(deadline).await;
        let up = opened.is_ok();
        match opened {
            Ok((mut session, outline)) => {
                rows::version(&outline.text, outline.version, round.page());
                // A part that waits for a lock leaves time for the others.
                let within = timeout / 4;
                self.parts(&mut session, &outline, (within, deadline), &mut round).await;
                if !session.is_broken() {
                    self.session = Some(session);
                }
            }
            Err(fault) => round.take("connect", self.since(began), Err(fault)),
        }
        self.scrapes += 1;
        let took = self.since(began).as_secs_f64();
        rows::own(up, took, self.scrapes as f64, round.page());
        let (page, parts) = round.finish();
        (page.into_families(), parts)
    }

    fn since(&self, began: Duration) -> Duration {
        self.world.clock.monotonic().saturating_sub(began)
    }

    /// A connection in order, kept or new, and what is at its other end.
    async fn outline(&mut self, deadline: Instant) -> Result<(Session, Outline), Fault> {
        if let Some(mut kept) = self.session.take() {
            match outline(&mut kept, deadline).await {
                Ok(outline) => return Ok((kept, outline)),
                // The server was restarted; a timeout would come again.
                Err(fault) if fault.reason == Reason::Timeout => return Err(fault),
                Err(_) => kept.close().await,
            }
        }
        let dsn = self.dsn()?;
        let password = match &self.settings.password {
            Some(source) => Some(self.world.secret(source)?),
            None => dsn.password.as_ref().map(|secret| secret.reveal().to_owned()),
        };
        let mut session = Session::open(&dsn, password.as_deref(), &self.world, deadline).await?;
        let ms = (self.settings.common.timeout / 4).as_millis().max(1);
        let settings = format!("SET statement_timeout = {ms}; SET lock_timeout = {ms}");
        session.query(&settings, self.settings.common.timeout, deadline).await?;
        let outline = outline(&mut session, deadline).await?;
        if outline.version < VERSION_MIN {
            let message = format!("the server has version {}; 12 is the oldest", outline.version);
            return Err(Fault::new(Reason::Unsupported, message));
        }
        Ok((session, outline))
    }

    fn dsn(&self) -> Result<Dsn, Fault> {
        let path = match &self.settings.dsn {
            PostgresDsn::Inline(dsn) => return Ok(dsn.as_ref().clone()),
            PostgresDsn::File(path) => path,
        };
        let refuse = |what: String| Fault::new(Reason::Config, format!("{path}: {what}"));
        let bytes = self.world.vfs.read(Path::new(path), DSN_BYTES_MAX);
        let bytes = bytes.map_err(|error| refuse(format!("cannot read the DSN: {error}")))?;
        // The cause of a failed conversion holds the bytes, so it stays out of the message.
        let text = String::from_utf8(bytes).ok();
        let text = text.ok_or_else(|| refuse("the DSN is not UTF-8".to_owned()))?;
        Dsn::parse(text.trim()).map_err(refuse)
    }

    async fn parts(
        &self,
        session: &mut Session,
        outline: &Outline,
        (within, deadline): (Duration, Instant),
        round: &mut Round<'_>,
    ) {
        let mut index = 0;
        while let Some(part) = PARTS.get(index) {
            // Queries of one part stand beside each other.
            let group = PARTS[index..].iter().take_while(|other| other.name == part.name).count();
            let queries = &PARTS[index..index + group];
            index += group;
            let has = |part: &&Part| (part.versions.0..part.versions.1).contains(&outline.version);
            if !self.is_on(part) || !queries.iter().any(|part| has(&part)) {
                continue;
            }
            let (began, mut page) = (self.world.clock.monotonic(), Page::default());
            let mut outcome = Ok(());
            for query in queries.iter().filter(has) {
                match session.query(query.sql, within * 2, deadline).await {
                    Ok(table) => rows::read(query, &table, &mut page),
                    Err(fault) => {
                        outcome = Err(explained(fault, part, outline));
                        break;
                    }
                }
            }
            round.take(part.name, self.since(began), outcome.map(|()| &page));
            if let Some(fault) = missing(part, outline) {
                round.lacks(fault);
            }
        }
        if self.settings.common.is_on("settings") {
            let (began, mut page) = (self.world.clock.monotonic(), Page::default());
            let table = session.query(rows::SETTINGS, within * 2, deadline).await;
            let outcome = table.map(|table| rows::settings(&table, &mut page));
            round.take("settings", self.since(began), outcome.map(|()| &page));
        }
    }

    fn is_on(&self, part: &Part) -> bool {
        let default = part.default || part.name == "compat_0_11" && self.settings.old_names;
        self.settings.common.is_on_or(part.name, default)
    }
}

async fn outline(session: &mut Session, deadline: Instant) -> Result<Outline, Fault> {
    let table =
        session.query(OUTLINE, Duration::MAX.min(Duration::from_hours(1)), deadline).await?;
    let of = |column| rows::first(&table, column).unwrap_or_default();
    Ok(Outline {
        version: of("number").parse().unwrap_or_default(),
        text: of("text").to_owned(),
        role: of("role").to_owned(),
        stats: of("stats") == "t",
        monitor: of("monitor") == "t",
    })
}

/// What a role that lacks a right does not see although the query succeeds.
fn missing(part: &Part, outline: &Outline) -> Option<Fault> {
    let lacks = match part.grant {
        Grant::None => false,
        Grant::Stats => !outline.stats,
        Grant::Monitor => !outline.monitor,
    };
    lacks.then(|| {
        let role = model::quote(&outline.role).to_string();
        let message = format!(
            "role {role} does not see what belongs to others: GRANT pg_monitor TO {role} makes \
             collector {} whole",
            part.name
        );
        Fault::new(Reason::Permission, message)
    })
}

/// A fault together with what would help.
fn explained(mut fault: Fault, part: &Part, outline: &Outline) -> Fault {
    let help = match fault.reason {
        Reason::Permission => {
            format!("; GRANT pg_monitor TO {} helps", model::quote(&outline.role))
        }
        Reason::Unsupported if part.name == "stat_statements" => {
            "; the extension is missing: shared_preload_libraries = 'pg_stat_statements' and \
             CREATE EXTENSION pg_stat_statements"
                .to_owned()
        }
        _ => return fault,
    };
    fault.message.push_str(&help);
    fault
}

/// Names of all metrics but most settings, for tables of what exists.
pub(crate) fn metric_names() -> impl Iterator<Item = &'static str> {
    let own =
        ["pg_up", "pg_static", "pg_exporter_last_scrape_error", "pg_settings_max_connections"];
    PARTS.iter().flat_map(|part| part.metrics).map(|metric| metric.name).chain(own)
}

/// Reads any bytes as messages of a server, one after the other; how many there were.
#[doc(hidden)]
pub fn check_messages(mut bytes: &[u8]) -> usize {
    let mut count = 0;
    while let Ok(Some((_, len))) = wire::message(bytes) {
        assert!(len > 4, "a message has a head");
        bytes = &bytes[len..];
        count += 1;
    }
    count
}
