//! One visit to a database, for probes: login, a question, what it says of its replication. Uses
//! the connections of the collectors; what the answers are worth is decided by who asks.

use crate::postgres::Session as PostgresSession;
use crate::redis::{Login, Session as RedisSession, replication};
use crate::{Fault, Reason, Table, World};
use config::Dsn;
use std::time::Duration;
use tokio::time::Instant;

/// What a server says of its replication.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Replication {
    /// It follows another server.
    pub is_replica: bool,
    /// Seconds that a replica is behind, as it knows itself; `None`: it cannot say.
    pub lag_seconds: Option<f64>,
}

/// What a session is told first: no query outlives its probe by much, none changes anything.
const READS_ONLY: &str = "SET default_transaction_read_only = on; SET statement_timeout = ";
/// A replica that received all it knows of and replayed it is not behind; without a connection to
/// its primary nobody knows, so the time since the last transaction counts.
const REPLICATION: &str = "SELECT pg_is_in_recovery() AS replica, \
    CASE WHEN NOT pg_is_in_recovery() THEN NULL \
    WHEN EXISTS (SELECT 1 FROM pg_stat_wal_receiver) \
    AND pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 \
    ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END AS lag";

/// A session at a PostgreSQL server.
pub struct PostgresVisit {
    session: PostgresSession,
    deadline: Instant,
}

impl PostgresVisit {
    /// Connects and logs in.
    ///
    /// # Errors
    /// Any [`Reason`]; `Timeout` at the deadline.
    pub async fn begin(dsn: &Dsn, world: &World, deadline: Instant) -> Result<Self, Fault> {
        let password = dsn.password.as_ref().map(config::Secret::reveal);
        let mut session = PostgresSession::open(dsn, password, world, deadline).await?;
        let left = deadline.saturating_duration_since(Instant::now()).as_millis().max(1);
        session.query(&format!("{READS_ONLY}{left}"), Duration::MAX, deadline).await?;
        Ok(Self { session, deadline })
    }

    /// The first value of the first row of a query, as text; nothing for null and without rows.
    ///
    /// # Errors
    /// Any [`Reason`].
    pub async fn value(&mut self, sql: &str) -> Result<Option<String>, Fault> {
        let table = self.ask(sql).await?;
        Ok(table.rows.into_iter().next().and_then(|row| row.into_iter().next()).flatten())
    }

    /// Is it a replica, and how far behind?
    ///
    /// # Errors
    /// Any [`Reason`].
    pub async fn replication(&mut self) -> Result<Replication, Fault> {
        let table = self.ask(REPLICATION).await?;
        let of = |column: usize| table.rows.first()?.get(column)?.as_deref();
        let lag_seconds = of(1).and_then(|text| text.parse().ok());
        Ok(Replication { is_replica: of(0) == Some("t"), lag_seconds })
    }

    /// Says good-bye.
    pub async fn end(self) {
        self.session.close().await;
    }

    async fn ask(&mut self, sql: &str) -> Result<Table, Fault> {
        self.session.query(sql, Duration::MAX, self.deadline).await
    }
}

/// A session at a Redis server.
pub struct RedisVisit {
    session: RedisSession,
}

impl RedisVisit {
    /// Connects, logs in and says PING.
    ///
    /// # Errors
    /// Any [`Reason`]; `Timeout` at the deadline.
    pub async fn begin(login: &Login<'_>, world: &World, at: Instant) -> Result<Self, Fault> {
        let mut session = RedisSession::open(login, world, at).await?;
        let answer = session.ask(&["PING"]).await?;
        if answer.text() != Some("PONG") {
            return Err(Fault::new(Reason::Protocol, "PING: the answer is not PONG"));
        }
        Ok(Self { session })
    }

    /// Is it a replica, and how far behind?
    ///
    /// # Errors
    /// Any [`Reason`]; `Unsupported` for a server that has no role, as a Sentinel.
    pub async fn replication(&mut self) -> Result<Replication, Fault> {
        let answer = self.session.ask(&["INFO", "replication"]).await?;
        replication(answer.text().unwrap_or_default()).ok_or_else(|| {
            let message = "INFO replication: the server does not say what it is";
            Fault::new(Reason::Unsupported, message)
        })
    }
}
