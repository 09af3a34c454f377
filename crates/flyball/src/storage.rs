//! Opens and closes the storage engine and drives its periodic work.
//! What is due and what it costs, `tsdb` decides; this file only calls it from blocking threads.

use crate::settings::Settings;
use crate::supervise::Stop;
use egress::Senders;
use ingest::{PUSH_INTERVAL, PushGateway, ReceiverOptions};
use model::Appender;
use net::{AddressPolicy, ClientOptions};
use std::sync::Arc;
use std::time::Duration;
use sys::{Clock, Vfs};
use tsdb::{Db, DbError};

/// Time between two rounds of maintenance; a full disk is noticed to have room within this time.
const MAINTENANCE_INTERVAL: Duration = Duration::from_secs(5);
/// After this time of running, the growth per day is estimated and printed.
const ESTIMATE_AFTER: Duration = Duration::from_mins(2);
/// Bytes a sample takes on disk when nothing has been sealed yet.
const BYTES_PER_SAMPLE_GUESS: f64 = 1.0;

/// Opens the database and tells what was found.
pub(crate) async fn open(
    settings: &Settings,
    vfs: &Arc<dyn Vfs>,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<Db>, DbError> {
    let (options, vfs, clock) = (settings.storage.clone(), Arc::clone(vfs), Arc::clone(clock));
    let (dir, retention) = (options.dir.display().to_string(), options.retention);
    let began = clock.monotonic();
    let waited = Arc::clone(&clock);
    let (db, report) = blocking(move || Db::open(options, vfs, clock)).await?;
    for damage in &report.damage {
        tracing::error!(damage, "storage is damaged; the rest is served");
    }
    for path in &report.quarantined {
        tracing::error!(path = %path.display(), "a damaged file was set aside");
    }
    let took = waited.monotonic().saturating_sub(began);
    let time = retention.time.map_or("unlimited".into(), config::format_duration);
    let size_bytes = retention.size_bytes.unwrap_or(0);
    tracing::info!(
        dir,
        series = report.series,
        segments = report.segments,
        replayed_rows = report.rows,
        torn_bytes = report.torn_bytes,
        retention_time = time,
        retention_size_bytes = size_bytes,
        ?took,
        "storage is open"
    );
    Ok(Arc::new(db))
}

/// Makes everything durable; an error is logged, the journal brings back what it holds.
pub(crate) async fn close(db: Arc<Db>) {
    if let Err(error) = blocking(move || db.close()).await {
        tracing::error!(%error, "storage was not closed properly; the next start replays more");
    }
}

/// Syncs the journal in `window` mode until it is time to stop.
pub(crate) async fn sync(db: Arc<Db>, mut stop: Stop) {
    let interval = db.options().sync_interval;
    let mut failing = false;
    while !stop.is_given() {
        tokio::select! {
            () = tokio::time::sleep(interval) => {}
            () = stop.wait() => return,
        }
        let db = Arc::clone(&db);
        let synced = blocking(move || db.sync()).await;
        match (&synced, failing) {
            (Err(error), false) => tracing::error!(%error, "the journal cannot be synced"),
            (Ok(()), true) => tracing::info!("the journal is synced again"),
            (Err(_), true) | (Ok(()), false) => {}
        }
        failing = synced.is_err();
    }
}

/// Flushes, compacts and expires until it is time to stop.
pub(crate) async fn maintain(db: Arc<Db>, clock: Arc<dyn Clock>, mut stop: Stop) {
    let began = clock.monotonic();
    let mut estimated = false;
    let mut read_only = false;
    while !stop.is_given() {
        tokio::select! {
            () = tokio::time::sleep(MAINTENANCE_INTERVAL) => {}
            () = stop.wait() => return,
        }
        let (worked, now) = (Arc::clone(&db), clock.now());
        let report = blocking(move || {
            let report = worked.maintain(now);
            crate::memory::give_back();
            report
        })
        .await;
        for error in &report.errors {
            tracing::error!(%error, "storage maintenance failed; it is tried again");
        }
        read_only = tell_read_only(&db, read_only);
        let running = clock.monotonic().saturating_sub(began);
        if !estimated && running >= ESTIMATE_AFTER {
            estimated = true;
            tell_growth(&db, running);
        }
    }
}

fn tell_read_only(db: &Db, before: bool) -> bool {
    let reason = db.read_only_reason();
    match (&reason, before) {
        (Some(reason), false) => tracing::error!(reason, "storage takes no samples"),
        (None, true) => tracing::info!("storage takes samples again"),
        (Some(_), true) | (None, false) => {}
    }
    reason.is_some()
}

fn tell_growth(db: &Db, running: Duration) {
    let stats = db.stats();
    let per_day = stats.rows_accepted as f64 / running.as_secs_f64() * 86_400.0;
    let sealed = stats.segment_samples.max(1) as f64;
    let known = (stats.segment_samples > 0).then_some(stats.segment_bytes as f64 / sealed);
    let mib_per_day = per_day * known.unwrap_or(BYTES_PER_SAMPLE_GUESS) / f64::from(1 << 20);
    let (samples, mib) = (format!("{per_day:.0}"), format!("{mib_per_day:.0}"));
    tracing::info!(samples_per_day = samples, mib_per_day = mib, "estimated growth");
}

/// Runs blocking work; a panic in it is a panic of the caller, so that supervision sees it.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Opens the groups of metrics that jobs pushed to the former process.
pub(crate) fn open_pushes(
    db: &Arc<Db>,
    settings: &Settings,
    options: ReceiverOptions,
    vfs: &Arc<dyn Vfs>,
    clock: &Arc<dyn Clock>,
) -> std::io::Result<PushGateway> {
    let folder = settings.storage.dir.join("tenants").join("anonymous").join("push");
    let (file, appender) = (folder.join("groups.json"), Arc::clone(db) as Arc<dyn Appender>);
    PushGateway::open(appender, options, Arc::clone(clock), Arc::clone(vfs), file)
}

/// Senders of remote write; how far they came is kept beside what they read.
pub(crate) fn senders(
    db: &Arc<Db>,
    settings: &Settings,
    policy: &Arc<AddressPolicy>,
    vfs: &Arc<dyn Vfs>,
    clock: &Arc<dyn Clock>,
) -> Arc<Senders> {
    let dir = settings.storage.dir.join("tenants").join("anonymous").join("remote-write");
    let options = ClientOptions { policy: Arc::clone(policy), vfs: Arc::clone(vfs) };
    Senders::new(Arc::clone(db), Arc::clone(clock), options, dir)
}

/// Stores what jobs pushed again and again, until it is time to stop.
pub(crate) async fn push_again(pushes: Arc<PushGateway>, mut stop: Stop) {
    while !stop.is_given() {
        tokio::select! {
            () = tokio::time::sleep(PUSH_INTERVAL) => {}
            () = stop.wait() => return,
        }
        let pushes = Arc::clone(&pushes);
        if let Err(error) = blocking(move || pushes.tick()).await {
            tracing::error!(%error, "pushed groups could not be kept; it is tried again");
        }
    }
}

/// Where rules lie that users keep over HTTP.
pub(crate) fn rules_dir(settings: &Settings) -> std::path::PathBuf {
    settings.storage.dir.join("tenants").join("anonymous").join("rules")
}

/// Opens what the former process remembered of alerts and messages; the database holds the
/// directory's lock.
pub(crate) fn open_alert_log(
    settings: &Settings,
    vfs: &Arc<dyn Vfs>,
) -> Result<(alerts::AlertLog, alerts::Saved), journal::JournalError> {
    let dir = settings.storage.dir.join("tenants").join("anonymous").join("alert-log");
    let (log, saved, recovery) = alerts::AlertLog::open(Arc::clone(vfs), &dir)?;
    for damage in &recovery.damage {
        tracing::error!(%damage, "the alert log is damaged");
    }
    if recovery.records > 0 {
        let (alerts, silences) = (saved.alerts(), saved.silences());
        tracing::info!(alerts, silences, "alert log read");
    }
    Ok((log, saved))
}

/// Opens the alerts that rules had in the former process; the database holds the directory's lock.
pub(crate) fn open_alert_state(
    settings: &Settings,
    vfs: &Arc<dyn Vfs>,
) -> Result<rules::StateLog, journal::JournalError> {
    let dir = settings.storage.dir.join("tenants").join("anonymous").join("alerts");
    let (log, recovery) = rules::StateLog::open(Arc::clone(vfs), &dir)?;
    for damage in &recovery.damage {
        tracing::error!(%damage, "the alert state is damaged");
    }
    if recovery.records > 0 {
        tracing::info!(records = recovery.records, "alert state read");
    }
    Ok(log)
}

/// Opens dashboards and annotations that users keep; the database holds the directory's lock.
pub(crate) fn open_dashboards(
    settings: &Settings,
    vfs: &Arc<dyn Vfs>,
) -> Result<dashboards::Library, journal::JournalError> {
    let dir = settings.storage.dir.join("tenants").join("anonymous").join("dashboards");
    let (library, recovery) = dashboards::Library::open(Arc::clone(vfs), &dir)?;
    for damage in &recovery.damage {
        tracing::error!(%damage, "the log of dashboards is damaged");
    }
    if recovery.records > 0 {
        let (kept, bytes) = library.kept();
        tracing::info!(kept, bytes, "dashboards read");
    }
    Ok(library)
}
