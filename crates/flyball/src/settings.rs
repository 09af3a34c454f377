//! What the server is told to do: flags over flyball.yml over prometheus.yml over defaults.
//! One struct with everything resolved, so that nobody downstream asks who said what.

use crate::cli::{DurabilityArg, ServeArgs};
use crate::load::Configuration;
use commands::features::{Features, Syntax};
use promql::ParserOptions;
use rules::GroupOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;
use sys::Vfs;
use tsdb::{DbOptions, Durability};

const DATA_DIR_DEFAULT: &str = "flyball-data";
const LISTEN_DEFAULT: &str = "127.0.0.1:1788";
/// Where SDKs send OTLP by HTTP unless they are told otherwise.
const OTLP_LISTEN_DEFAULT: &str = "127.0.0.1:4318";
/// Where SDKs send OTLP by gRPC unless they are told otherwise.
const OTLP_GRPC_DEFAULT: &str = "127.0.0.1:4317";
/// Share of the free disk that samples may take when no size is configured.
const DISK_SHARE: u64 = 5;
/// Share of the memory that queries may hold together; one of them half of it.
const QUERY_SHARE: usize = 4;
/// Share of the memory for remembered answers, and the most that they get.
const ANSWER_SHARE: usize = 64;
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// Memory when neither cgroup nor RAM can be read.
const MEMORY_FALLBACK_BYTES: u64 = 2 << 30;

/// How the server runs.
pub(crate) struct Settings {
    pub(crate) storage: DbOptions,
    pub(crate) server: api::ServerOptions,
    pub(crate) engine: query::EngineOptions,
    /// Memory for remembered answers of range queries.
    pub(crate) answer_bytes: usize,
    /// Languages of the files, of queries and of filters.
    pub(crate) syntax: Syntax,
    /// How rules are evaluated; what the configuration says is added at each reload.
    pub(crate) rules: GroupOptions,
    /// How alerts are sent to external Alertmanagers.
    pub(crate) sender: SenderSettings,
    /// Time after the start in which no new group of alerts is told of.
    pub(crate) start_delay: Duration,
    /// Memory of everything together.
    pub(crate) memory_bytes: usize,
    /// Time between two collections of the host; `None`: no host collector.
    pub(crate) host_interval: Option<Duration>,
}

/// How alerts are sent to external Alertmanagers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SenderSettings {
    /// Alerts that wait for one of them at most.
    pub(crate) queue_max: usize,
    /// Alerts of one request at most.
    pub(crate) batch_max: usize,
    /// Are waiting alerts sent before the end?
    pub(crate) drains: bool,
}

/// A setting that cannot be understood; the text names the flag or key.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct SettingError(String);

impl Settings {
    /// Resolves everything; reads the machine's limits through `vfs`.
    pub(crate) fn resolve(
        args: &ServeArgs,
        configuration: &Configuration,
        vfs: &dyn Vfs,
    ) -> Result<Self, SettingError> {
        let memory_bytes = memory(args, configuration)?;
        let storage = storage(args, configuration, memory_bytes, vfs)?;
        let host = &configuration.flyball.host;
        let features = Features::named(&args.features.enable_feature);
        let mut engine = engine(args, configuration, memory_bytes)?;
        features.apply(&mut engine);
        let wanted = host.enabled.unwrap_or(!configuration.is_bare_prometheus);
        let interval = host.interval.unwrap_or(Duration::from_secs(1));
        let server = server(args, configuration)?;
        let rules = group_options(args, features.syntax, server.query.timeout)?;
        Ok(Self {
            storage,
            server,
            engine,
            answer_bytes: (memory_bytes / ANSWER_SHARE).min(ANSWER_BYTES_MAX),
            rules,
            sender: sender(args)?,
            start_delay: duration_flag("--dispatch.start-delay", args.start_delay.as_deref())?
                .unwrap_or_default(),
            syntax: features.languages().map_err(SettingError)?,
            memory_bytes,
            host_interval: wanted.then_some(interval),
        })
    }
}

/// What head, caches and queries may take together.
fn memory(args: &ServeArgs, configuration: &Configuration) -> Result<usize, SettingError> {
    let memory = size_flag("--memory.limit", args.memory_limit.as_deref())?;
    let memory = memory.or(configuration.flyball.memory_limit_bytes);
    Ok(usize::try_from(memory.unwrap_or_else(default_memory)).unwrap_or(usize::MAX))
}

fn storage(
    args: &ServeArgs,
    configuration: &Configuration,
    memory_bytes: usize,
    vfs: &dyn Vfs,
) -> Result<DbOptions, SettingError> {
    let file = &configuration.flyball.storage;
    let foreign = &configuration.prometheus.storage;
    let from_file = file.path.as_ref().map(PathBuf::from);
    let dir = args.storage_path.clone().or(from_file).unwrap_or_else(|| DATA_DIR_DEFAULT.into());
    let mut options = DbOptions::new(dir);
    let chosen = args.durability.map(|mode| mode == DurabilityArg::Sync);
    let chosen = chosen.or(file.durability.map(|mode| mode == config::Durability::Sync));
    if chosen.unwrap_or(false) {
        options.durability = Durability::Sync;
    }
    let time = duration_flag("--storage.retention.time", args.retention_time.as_deref())?;
    let time = time.or(file.retention_time).or(foreign.retention_time);
    options.retention.time = time.or(options.retention.time).filter(|time| !time.is_zero());
    let size = size_flag("--storage.retention.size", args.retention_size.as_deref())?;
    let size = size.or(file.retention_size_bytes).or(foreign.retention_size_bytes);
    options.retention.size_bytes = match size {
        Some(0) => None,
        Some(bytes) => Some(bytes),
        None => share_of_free_disk(&options, vfs),
    };
    options.memory_bytes_max = memory_bytes - memory_bytes / QUERY_SHARE;
    options.cache_bytes_max = memory_bytes / 8;
    options.out_of_order_window = foreign.out_of_order_time_window;
    let limits = &configuration.flyball.limits;
    let count = |limit: u64| usize::try_from(limit).unwrap_or(usize::MAX);
    if let Some(limit) = limits.series_max {
        options.limits.series_max = count(limit);
    }
    if let Some(limit) = limits.series_per_target_max {
        options.limits.series_per_group_max = count(limit);
    }
    Ok(options)
}

fn server(
    args: &ServeArgs,
    configuration: &Configuration,
) -> Result<api::ServerOptions, SettingError> {
    let file = &configuration.flyball.web;
    let mut listen = match &args.listen_address {
        Some(address) => vec![address.clone()],
        None if file.listen_addresses.is_empty() => vec![LISTEN_DEFAULT.to_owned()],
        None => file.listen_addresses.clone(),
    };
    // The default may be taken by a collector; what was asked for must not be.
    let listen_if_free = match args.otlp_listen_address.as_deref() {
        None => Some(OTLP_LISTEN_DEFAULT.to_owned()),
        Some("") => None,
        Some(address) => {
            listen.push(address.to_owned());
            None
        }
    };
    let grpc = args.otlp_grpc_listen_address.as_deref();
    let grpc_address = grpc.unwrap_or(OTLP_GRPC_DEFAULT).to_owned();
    let grpc_listen = api::GrpcListen { address: grpc_address, if_free: grpc.is_none() };
    let grpc_listen = Some(grpc_listen).filter(|grpc| !grpc.address.is_empty());
    let external = args.external_url.as_ref().or(file.external_url.as_ref());
    let external_url = external.map(|text| url_setting(text)).transpose()?;
    let web_config = args.web_config_file.clone();
    let timeout = duration_flag("--query.timeout", args.query_timeout.as_deref())?;
    let mut options = api::ServerOptions {
        listen,
        listen_if_free,
        grpc_listen,
        route_prefix: args.route_prefix.clone().or_else(|| file.route_prefix.clone()),
        external_url,
        allowed_hosts: [&args.allowed_hosts[..], &file.allowed_hosts].concat(),
        allow_anonymous: args.allow_anonymous || file.allow_anonymous.unwrap_or(false),
        enable_lifecycle: args.enable_lifecycle || file.enable_lifecycle.unwrap_or(false),
        enable_admin_api: args.enable_admin_api || file.enable_admin_api.unwrap_or(false),
        web_config: web_config.or_else(|| file.config_file.as_ref().map(PathBuf::from)),
        ..api::ServerOptions::default()
    };
    if let Some(max) = args.max_connections {
        options.connections_max = max;
    }
    if let Some(timeout) = duration_flag("--web.read-timeout", args.read_timeout.as_deref())? {
        options.body_timeout = timeout;
    }
    let query = &configuration.flyball.query;
    if let Some(timeout) = timeout.or(query.timeout) {
        options.query.timeout = timeout;
    }
    let slow = duration_flag("--query.slow-threshold", args.query_slow_threshold.as_deref())?;
    if let Some(slow) = slow.or(query.slow_threshold) {
        options.query.slow = Some(slow).filter(|slow| !slow.is_zero());
    }
    let from_file = query.concurrency_max.and_then(|max| usize::try_from(max).ok());
    match args.query_max_concurrency.or(from_file) {
        Some(0) => {
            let text = "--query.max-concurrency=0: no query would ever run, expected 1 or more";
            return Err(SettingError(text.into()));
        }
        Some(max) => options.query.concurrency = max,
        None => {}
    }
    Ok(options)
}

fn engine(
    args: &ServeArgs,
    configuration: &Configuration,
    memory_bytes: usize,
) -> Result<query::EngineOptions, SettingError> {
    let file = &configuration.flyball.query;
    let mut options = query::EngineOptions::default();
    let lookback = duration_flag("--query.lookback-delta", args.query_lookback_delta.as_deref())?;
    if let Some(lookback) = lookback.or(file.lookback_delta) {
        options.lookback = lookback;
    }
    let count = |max: u64| usize::try_from(max).unwrap_or(usize::MAX);
    if let Some(max) = args.query_max_samples.or(file.samples_max.map(count)) {
        options.samples_max = max;
    }
    if let Some(max) = args.query_max_series.or(file.series_max.map(count)) {
        options.series_max = max;
    }
    let shared = memory_bytes / QUERY_SHARE;
    let own = size_flag("--query.max-memory", args.query_max_memory.as_deref())?;
    let own = own.or(file.memory_bytes_max).map_or(shared / 2, count);
    // Large queries leave an eighth to small ones.
    let shared = query::Budget::new(shared.max(own.saturating_add(own / 7 + 1)));
    options.memory = query::MemoryLimits { bytes_max: own, shared };
    options.default_step = configuration.prometheus.global.evaluation_interval;
    options.helpers = query::Helpers::of_cores();
    Ok(options)
}

fn group_options(
    args: &ServeArgs,
    syntax: ParserOptions,
    query_time_max: Duration,
) -> Result<GroupOptions, SettingError> {
    let defaults = GroupOptions::default();
    let flag = |flag: &str, text: &Option<String>, default: Duration| {
        Ok(duration_flag(flag, text.as_deref())?.unwrap_or(default))
    };
    let (tolerance, grace, resend) =
        (&args.for_outage_tolerance, &args.for_grace_period, &args.resend_delay);
    Ok(GroupOptions {
        outage_tolerance: flag(
            "--rules.alert.for-outage-tolerance",
            tolerance,
            defaults.outage_tolerance,
        )?,
        grace_period: flag("--rules.alert.for-grace-period", grace, defaults.grace_period)?,
        resend_delay: flag("--rules.alert.resend-delay", resend, defaults.resend_delay)?,
        query_time_max,
        syntax,
        around: defaults.around,
    })
}

/// Defaults as upstream.
fn sender(args: &ServeArgs) -> Result<SenderSettings, SettingError> {
    let count = |flag: &str, given: Option<usize>, default: usize| match given {
        Some(0) => Err(SettingError(format!("{flag}=0: no alert would ever be sent"))),
        given => Ok(given.unwrap_or(default)),
    };
    let queue = "--alertmanager.notification-queue-capacity";
    let batch = "--alertmanager.notification-batch-size";
    Ok(SenderSettings {
        queue_max: count(queue, args.notification_queue_capacity, 10_000)?,
        batch_max: count(batch, args.notification_batch_size, 256)?,
        drains: args.drain_notification_queue.unwrap_or(!args.no_drain_notification_queue),
    })
}

fn duration_flag(flag: &str, text: Option<&str>) -> Result<Option<Duration>, SettingError> {
    let parse = |text: &str| {
        config::parse_duration(text)
            .map_err(|error| SettingError(format!("{flag}={text}: {error}")))
    };
    text.map(parse).transpose()
}

fn size_flag(flag: &str, text: Option<&str>) -> Result<Option<u64>, SettingError> {
    let wrong = |text: &str, why: String| SettingError(format!("{flag}={text}: {why}"));
    let parse = |text: &str| {
        let bytes = config::parse_size(text).map_err(|error| wrong(text, error))?;
        u64::try_from(bytes).map_err(|error| wrong(text, error.to_string()))
    };
    text.map(parse).transpose()
}

fn url_setting(text: &str) -> Result<url::Url, SettingError> {
    let parsed = url::Url::parse(text);
    parsed.map_err(|error| SettingError(format!("external URL `{text}`: {error}")))
}

/// A fifth of what would be free without the samples that are there, so that a restart does not
/// lower the limit; unlimited when nobody can tell.
fn share_of_free_disk(options: &DbOptions, vfs: &dyn Vfs) -> Option<u64> {
    let existing = options.dir.ancestors().find(|dir| vfs.exists(dir).unwrap_or(false));
    let space = vfs.space(existing.unwrap_or(Path::new("."))).ok()?;
    let stored_bytes = tsdb::stored_bytes(vfs, &options.dir).unwrap_or(0);
    Some((space.available.saturating_add(stored_bytes) / DISK_SHARE).max(1))
}

/// Half of what this process may use: the cgroup's limit, or else the machine's memory.
fn default_memory() -> u64 {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let cgroup = read("/sys/fs/cgroup/memory.max")
        .or_else(|| read("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
        .and_then(|text| text.trim().parse::<u64>().ok());
    let total = read("/proc/meminfo").and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
    });
    let limit = cgroup.into_iter().chain(total).min();
    limit.unwrap_or(MEMORY_FALLBACK_BYTES) / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use sys::sim::SimVfs;

    #[test]
    fn stored_samples_do_not_lower_the_default_size_limit() {
        let vfs = SimVfs::new(1);
        vfs.set_capacity(Some(1 << 20));
        let options = DbOptions::new("/data");
        let empty = share_of_free_disk(&options, &vfs);
        assert_eq!(empty, Some((1 << 20) / DISK_SHARE));
        let (segments, journal) =
            ("/data/tenants/anonymous/segments", "/data/tenants/anonymous/journal");
        for folder in [segments, journal] {
            vfs.create_dir_all(Path::new(folder)).unwrap();
            let file = vfs.create(&Path::new(folder).join("0")).unwrap();
            file.write_all_at(&vec![1; 102_400], 0).unwrap();
        }
        assert_eq!(share_of_free_disk(&options, &vfs), empty);
    }
}
