//! The probers of PostgreSQL and Redis: login, a query or PING, and what the server says of its
//! replication. They ask through the clients of the collectors; what it is worth is decided here.

use crate::run::{Failed, Run, Step};
use crate::target::host_maybe_port;
use crate::{Reason, World, names};
use config::blackbox::{DatabaseAccess, DatabaseRole, PostgresProbe, RedisProbe};
use config::{Dsn, SecretSource, ServiceAddress, SslMode, TlsConfig};
use net::Dialer;
use services::{Fault, PostgresVisit, RedisLogin, RedisVisit, Replication};
use std::sync::Arc;
use std::time::Duration;
use sys::SystemClock;
use tokio::time::Instant;

/// How the server shows sessions of probes.
const APPLICATION_NAME: &str = "flyball_probe";

/// The way to a database.
struct Way {
    address: ServiceAddress,
    tls: TlsConfig,
}

fn visits(world: &World) -> services::World {
    let policy = Arc::clone(&world.options.policy);
    let vfs = Arc::clone(&world.options.vfs);
    services::World { policy, vfs, clock: Arc::new(SystemClock::new()) }
}

/// Finds the address of a target: `host`, `host:port`, or the path of a socket.
async fn way(
    target: &str,
    default_port: u16,
    access: &DatabaseAccess,
    dialer: &Dialer,
    run: &mut Run,
) -> Step<Way> {
    if target.starts_with('/') {
        let address = ServiceAddress::Unix(target.to_owned());
        return Ok(Way { address, tls: access.tls_config.clone() });
    }
    let (host, port) = host_maybe_port(target, default_port);
    let (ip, _) = run.choose_address(dialer, host, access.ip).await?;
    let mut tls = access.tls_config.clone();
    tls.server_name.get_or_insert_with(|| host.to_owned());
    Ok(Way { address: ServiceAddress::Tcp { host: ip.to_string(), port }, tls })
}

/// Waits for a step of a visit, measures it and tells why it failed.
async fn step<T>(
    run: &mut Run,
    phase: &'static str,
    waited: impl Future<Output = Result<T, Fault>>,
) -> Step<T> {
    let begun = Instant::now();
    let done = run.in_time(waited).await;
    run.span(phase, begun, Instant::now());
    run.phase(names::DATABASE_DURATION, phase, begun.elapsed());
    done?.map_err(|fault| failed(run, phase, &fault))
}

fn failed(run: &mut Run, phase: &'static str, fault: &Fault) -> Failed {
    let message = match phase {
        "connect" => "Error opening a session",
        "query" => "Error asking the query",
        _ => "Error asking for the replication",
    };
    run.fail(Reason::of_fault(fault), message, &[("err", &fault.message)])
}

/// Who answered was there, also when it wants nothing of us.
fn was_connected(reason: Reason) -> bool {
    !matches!(reason, Reason::Connect | Reason::Timeout | Reason::Config)
}

/// Tells of the replication, and why it is not as it must be.
fn note_replication(
    (role, lag_max): (Option<DatabaseRole>, Option<Duration>),
    found: Replication,
    run: &mut Run,
) -> Step<()> {
    run.flag(names::DATABASE_REPLICA, found.is_replica);
    if let Some(lag) = found.lag_seconds {
        run.set(names::DATABASE_LAG, lag);
    }
    match replication_wrong(role, lag_max, found) {
        None => Ok(()),
        Some((reason, why)) => Err(run.fail(reason, &why, &[])),
    }
}

fn replication_wrong(
    role: Option<DatabaseRole>,
    lag_max: Option<Duration>,
    found: Replication,
) -> Option<(Reason, String)> {
    let is = if found.is_replica { DatabaseRole::Replica } else { DatabaseRole::Primary };
    if let Some(wanted) = role.filter(|wanted| *wanted != is) {
        let why = format!("The server is a {}, expected a {}", is.name(), wanted.name());
        return Some((Reason::Role, why));
    }
    let lag_max = lag_max.filter(|_| found.is_replica)?;
    match found.lag_seconds {
        Some(lag) if lag <= lag_max.as_secs_f64() => None,
        Some(lag) => {
            let why = format!("The replica is {lag:.1} s behind, allowed are {lag_max:?}");
            Some((Reason::Lag, why))
        }
        // What is not known is never healthy.
        None => Some((Reason::Lag, "The replica cannot say how far it is behind".to_owned())),
    }
}

/// Probes PostgreSQL.
pub(crate) struct PostgresProber {
    config: PostgresProbe,
    dialer: Dialer,
    world: services::World,
}

impl PostgresProber {
    pub(crate) fn new(config: &PostgresProbe, world: &World) -> Self {
        let dialer = Dialer::new(Arc::clone(&world.options.policy));
        Self { config: config.clone(), dialer, world: visits(world) }
    }

    pub(crate) async fn probe(&self, target: &str, run: &mut Run) -> Step<()> {
        let way = way(target, 5432, &self.config.access, &self.dialer, run).await?;
        let dsn = self.dsn(way, run)?;
        run.info("Opening a session", &[("address", &dsn.address)]);
        let deadline = run.deadline;
        let begun = step(run, "connect", PostgresVisit::begin(&dsn, &self.world, deadline)).await;
        run.findings.connected = begun.as_ref().map_or_else(|f| was_connected(f.0), |_| true);
        let mut visit = begun?;
        let asked = self.ask(&mut visit, run).await;
        visit.end().await;
        asked
    }

    async fn ask(&self, visit: &mut PostgresVisit, run: &mut Run) -> Step<()> {
        let PostgresProbe { query, expect, role, lag_max, .. } = &self.config;
        if let Some(sql) = query {
            let value = step(run, "query", visit.value(sql)).await?;
            if let Some(number) = value.as_ref().and_then(|value| value.parse().ok()) {
                run.set(names::DATABASE_VALUE, number);
            }
            run.findings.body.clone_from(&value);
            let shown = value.as_deref().unwrap_or("nothing");
            run.info("Got the value of the query", &[("value", &shown)]);
            if let Some(rule) = expect
                && !value.as_deref().is_some_and(|value| rule.regex.is_match(value))
            {
                let details: [(&str, &(dyn std::fmt::Display + Sync)); 2] =
                    [("found", &shown), ("expected", &rule.text)];
                return Err(run.fail(Reason::Expect, "The query gives another value", &details));
            }
        }
        let found = step(run, "replication", visit.replication()).await?;
        note_replication((*role, *lag_max), found, run)
    }

    fn dsn(&self, way: Way, run: &mut Run) -> Step<Dsn> {
        let PostgresProbe { access, database, ssl_mode, .. } = &self.config;
        let password = access.password.as_ref().map(|source| self.world.secret(source));
        let password = password.transpose().map_err(|fault| failed(run, "connect", &fault))?;
        // As libpq: authorities that are named are checked, whatever the mode says.
        let checks = *ssl_mode == SslMode::Verify || way.tls.ca.is_some();
        let skips = way.tls.insecure_skip_verify || !checks;
        Ok(Dsn {
            address: way.address,
            user: access.username.clone(),
            password: password.map(config::Secret::new),
            database: database.clone().unwrap_or_else(|| access.username.clone()),
            application_name: APPLICATION_NAME.to_owned(),
            ssl_mode: *ssl_mode,
            tls: TlsConfig { insecure_skip_verify: skips, ..way.tls },
        })
    }
}

/// Probes Redis.
pub(crate) struct RedisProber {
    config: RedisProbe,
    dialer: Dialer,
    world: services::World,
}

impl RedisProber {
    pub(crate) fn new(config: &RedisProbe, world: &World) -> Self {
        let dialer = Dialer::new(Arc::clone(&world.options.policy));
        Self { config: config.clone(), dialer, world: visits(world) }
    }

    pub(crate) async fn probe(&self, target: &str, run: &mut Run) -> Step<()> {
        let RedisProbe { access, tls, role, lag_max } = &self.config;
        let way = way(target, 6379, access, &self.dialer, run).await?;
        run.info("Opening a session", &[("address", &way.address)]);
        let password: Option<&SecretSource> = access.password.as_ref();
        let username = Some(access.username.as_str()).filter(|name| !name.is_empty());
        let tls = tls.then_some(&way.tls);
        let login = RedisLogin { address: &way.address, username, password, tls };
        let deadline = run.deadline;
        let begun = step(run, "connect", RedisVisit::begin(&login, &self.world, deadline)).await;
        run.findings.connected = begun.as_ref().map_or_else(|f| was_connected(f.0), |_| true);
        let mut visit = begun?;
        run.findings.body = Some("PONG".to_owned());
        let needs_role = role.is_some() || lag_max.is_some();
        match step(run, "replication", visit.replication()).await {
            Ok(found) => note_replication((*role, *lag_max), found, run),
            // A user without the right to ask is well as long as nothing was to be known.
            Err(Failed(Reason::Auth | Reason::Query)) if !needs_role => {
                run.findings.why = None;
                Ok(())
            }
            Err(failed) => Err(failed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replication_is_judged_by_what_is_known() {
        let primary = Replication { is_replica: false, lag_seconds: None };
        let near = Replication { is_replica: true, lag_seconds: Some(0.5) };
        let lost = Replication { is_replica: true, lag_seconds: None };
        let (must_lead, must_follow) = (Some(DatabaseRole::Primary), Some(DatabaseRole::Replica));
        let second = Some(Duration::from_secs(1));
        let judge = |role, lag, found| replication_wrong(role, lag, found).map(|(why, _)| why);
        assert_eq!(judge(None, None, primary), None);
        assert_eq!(judge(must_lead, None, near), Some(Reason::Role));
        assert_eq!(judge(must_follow, None, primary), Some(Reason::Role));
        assert_eq!(judge(must_follow, second, near), None);
        let far = Replication { lag_seconds: Some(1.5), ..near };
        assert_eq!(judge(None, second, far), Some(Reason::Lag));
        assert_eq!(judge(None, second, lost), Some(Reason::Lag), "unknown is not near");
        assert_eq!(judge(None, second, primary), None, "a primary follows nobody");
    }
}
