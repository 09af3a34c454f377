//! The composition root: builds every room, wires them, supervises, reloads, drains.
//! Order matters and is visible in `start`: configuration, storage, page, then everything that
//! writes; the end goes the other way round, so that nothing accepted is lost.

use crate::board_files::BoardFiles;
use crate::cli::{LogFormat, LogLevel, ServeArgs};
use crate::dispatch::Dispatch;
use crate::evaluate::{Evaluation, Evaluator, RuleCounters};
use crate::integrate::Integrator;
use crate::kept_rules::{KeptRules, RuleFolder};
use crate::lines::Lines;
use crate::load::{Configuration, Files, load};
use crate::outlets::Outlets;
use crate::own::{
    Live, OwnMetrics, Past, ReloadState, answer_families, receiver_families, sender_families,
};
use crate::page_files::page_files;
use crate::probes::Probes;
use crate::provider::{Admin, Alerts, Facts, Lifecycle, Metrics, Rules, Status, Targets};
use crate::query_log::QueryLogCounts;
use crate::reload::Reloader;
use crate::settings::Settings;
use crate::supervise::{Stop, Supervisor};
use crate::watched::{self, Watched};
use crate::{log, memory, sources, storage, version};
use api::{AppState, HttpMetrics, Mount, PageFiles, Permission, Queries, Server};
use commands::features::{Features, Syntax};
use egress::{Egress, EgressOptions, Senders};
use ingest::{InfluxReceiver, OtlpReceiver, PushGateway, Receiver, ReceiverOptions};
use model::{Appender, GroupKey, Querier};
use notify::alertmanager::{Alertmanagers, SenderOptions};
use scrape::{Pools, PoolsView};
use services::Offers;
use std::error::Error;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use sys::{Clock, OsVfs, SystemClock, SystemEntropy, Vfs};
use tokio::runtime::{Handle, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, mpsc};
use tsdb::{Db, Durability};
use vitals::{Asked, Vitals};

/// Alerts on their way from rules to routing; more are dropped and counted (rules send again).
const ALERT_BATCHES_MAX: usize = 1000;
/// How long parts may take to stop; with draining this stays below the ten seconds of SIGTERM.
const STOP_MAX: Duration = Duration::from_secs(5);
/// How long external Alertmanagers may take the alerts that wait for them at the end.
const DRAIN_MAX: Duration = Duration::from_secs(3);

type Fatal = Box<dyn Error + Send + Sync>;

/// Runs the server until it is told to stop.
pub(crate) fn run(args: &ServeArgs) -> ExitCode {
    memory::give_back_soon();
    match start(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            crate::complain(&format!("flyball: cannot run: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn start(args: &ServeArgs) -> Result<(), Fatal> {
    let features = Features::named(&args.features.enable_feature);
    let configuration = load(&files(args), features.languages()?)?;
    start_log(args, &configuration);
    for complaint in features.complaints() {
        tracing::warn!("{complaint}");
    }
    let vfs: Arc<dyn Vfs> = Arc::new(OsVfs);
    let settings = Settings::resolve(args, &configuration, &*vfs)?;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.on_thread_park(memory::take_part).enable_all().build()?;
    let loops = scrape_loops()?;
    let served = runtime.block_on(serve(args, configuration, settings, vfs, loops.handle()));
    loops.shutdown_background();
    // Blocking work that hangs (a dead disk) must not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

/// Threads for the loops of targets alone: one takes millions of samples a second, and on few
/// cores a second one would only be woken in vain.
fn scrape_loops() -> std::io::Result<Runtime> {
    let threads = std::thread::available_parallelism().map_or(1, |cores| cores.get() / 4);
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(threads.clamp(1, 4)).thread_name("scrape");
    builder.on_thread_park(memory::take_part).enable_all().build()
}

fn start_log(args: &ServeArgs, configuration: &Configuration) {
    let file = configuration.flyball.log;
    let level = args.log_level.or(file.level.map(LogLevel::from)).unwrap_or(LogLevel::Info);
    let format = args.log_format.or(file.format.map(LogFormat::from)).unwrap_or(LogFormat::Logfmt);
    log::start(level, format);
}

async fn serve(
    args: &ServeArgs,
    configuration: Configuration,
    settings: Settings,
    vfs: Arc<dyn Vfs>,
    loops: &Handle,
) -> Result<(), Fatal> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let mut signals = Signals::install()?;
    tracing::info!(version = version::line(), "flyball starts");
    let listening = Server::listen(settings.server.clone()).await?;
    for url in listening.urls() {
        tracing::info!(url, "listening");
    }
    let opening = listening.hold(storage::open(&settings, &vfs, &clock));
    let db = tokio::select! {
        opened = opening => opened?,
        // What survives a kill at any moment may also be left in the middle.
        () = signals.told_to_stop() => return Ok(()),
    };
    let mut supervisor = Supervisor::new();
    let mut rooms = Rooms::build(&db, &configuration, &settings, &vfs, &clock, &supervisor)?;
    rooms.listen_for_lines(&configuration, &settings).await?;
    let mut pools = rooms.pools(loops);
    let view = pools.view();
    rooms.start_sources(&mut pools, &configuration, &settings)?;
    let vitals = rooms.vitals(&view);
    let lifecycle = rooms.lifecycle(args, &settings, pools, &vitals);
    let page = page_files(args.ui_dir.as_deref());
    let facts = facts(args, &settings, &*clock);
    let state = rooms.state(&lifecycle, view, facts, page, &vitals);
    let mut mounts = vec![rooms.remote_write(&settings)];
    mounts.extend(rooms.otlp_mounts());
    mounts.extend(rooms.influx_mounts(&settings));
    mounts.extend(rooms.egress_mounts());
    mounts.extend(rooms.push_mounts());
    mounts.extend(rooms.rule_config());
    mounts.extend(rooms.probes.mounts(&rooms.own));
    mounts.extend(watched::mounts(&vitals));
    let bound = listening.open(state, mounts);
    lifecycle.reloader.apply(configuration).await?;
    rooms.start_parts(&mut supervisor);
    supervisor.start("health", move |stop| judge(Arc::clone(&vitals), stop));
    lifecycle.ready.store(true, Ordering::Release);
    memory::forget_the_start();
    Box::pin(bound.serve(signals.told_to_stop_or_reload(&lifecycle))).await;
    lifecycle.reloader.stop_scraping().await;
    for late in supervisor.stop(STOP_MAX).await {
        tracing::warn!(late, "stopping");
    }
    // Staleness markers and the last rules are in storage by now; what does not leave in time is
    // sent by the next process.
    let senders = Arc::clone(&rooms.senders);
    let ending = tokio::task::spawn_blocking(move || senders.stop());
    rooms.outlets.outside().stop(DRAIN_MAX).await;
    ending.await?;
    rooms.queries.log_to(None);
    if let Err(error) = rooms.pushes.close() {
        tracing::error!(%error, "pushed groups could not be kept");
    }
    storage::close(db).await;
    tracing::info!("flyball has stopped");
    Ok(())
}

struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

impl Signals {
    fn install() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Ends at SIGTERM or SIGINT.
    async fn told_to_stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => tracing::info!("SIGTERM: stopping"),
            _ = self.interrupt.recv() => tracing::info!("SIGINT: stopping"),
        }
    }

    /// Ends at SIGTERM, SIGINT or an ordered quit; SIGHUP reloads meanwhile.
    async fn told_to_stop_or_reload(&mut self, lifecycle: &Lifecycle) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return tracing::info!("SIGTERM: stopping"),
                _ = self.interrupt.recv() => return tracing::info!("SIGINT: stopping"),
                () = lifecycle.quit.notified() => return tracing::info!("quit: stopping"),
                _ = self.hangup.recv() => {
                    // The outcome is logged and counted by the reloader.
                    drop(lifecycle.reloader.reload().await);
                }
            }
        }
    }
}

/// Everything that runs, wired.
struct Rooms {
    db: Arc<Db>,
    otlp: Arc<OtlpReceiver>,
    lines: Arc<Lines>,
    egress: Arc<Egress>,
    senders: Arc<Senders>,
    pushes: Arc<PushGateway>,
    probes: Probes,
    clock: Arc<dyn Clock>,
    vfs: Arc<dyn Vfs>,
    engine: Arc<query::Engine>,
    syntax: Syntax,
    evaluator: Arc<Evaluator>,
    kept_rules: Arc<KeptRules>,
    dispatch: Arc<Dispatch>,
    dashboards: Arc<dashboards::Library>,
    board_files: Arc<BoardFiles>,
    alerts: Arc<tokio::sync::Mutex<mpsc::Receiver<alerts::Event>>>,
    outlets: Arc<Outlets>,
    policy: Arc<net::AddressPolicy>,
    offers: Arc<Offers>,
    own: Arc<OwnMetrics>,
    live: Arc<Live>,
    reload: Arc<ReloadState>,
    integrator: Integrator,
    http: Arc<HttpMetrics>,
    queries: Arc<Queries>,
    query_log: Arc<QueryLogCounts>,
}

/// Remembers answers to range queries within the budget for them.
fn query_engine(db: &Arc<Db>, settings: &Settings) -> query::Engine {
    let answers = Arc::new(query::RangeCache::new(settings.answer_bytes));
    let engine = query::Engine::new(settings.engine.clone());
    engine.remembering(answers, Arc::new(Past(Arc::clone(db))))
}

impl Rooms {
    fn build(
        db: &Arc<Db>,
        configuration: &Configuration,
        settings: &Settings,
        vfs: &Arc<dyn Vfs>,
        clock: &Arc<dyn Clock>,
        supervisor: &Supervisor,
    ) -> Result<Self, Fatal> {
        let engine = Arc::new(query_engine(db, settings));
        let queries = Arc::new(Queries::new(Arc::clone(clock), settings.server.query.clone()));
        let policy = Arc::new(net::AddressPolicy::default());
        let (send_alerts, alerts) = mpsc::channel(ALERT_BATCHES_MAX);
        let outside = Alertmanagers::new(sender_options(settings, &policy, vfs, clock));
        let outlets = Arc::new(Outlets::new(send_alerts, Arc::new(outside)));
        let evaluator = Arc::new(Evaluator::new(Evaluation {
            engine: Arc::clone(&engine),
            querier: Arc::clone(db) as Arc<dyn Querier>,
            appender: Arc::clone(db) as Arc<dyn Appender>,
            clock: Arc::clone(clock),
            outlets: Arc::clone(&outlets),
            query_timeout: settings.server.query.timeout,
            states: Arc::new(Mutex::new(storage::open_alert_state(settings, vfs)?)),
            queries: Arc::clone(&queries),
            counters: Arc::new(RuleCounters::default()),
        }));
        let folder = RuleFolder::new(Arc::clone(vfs), storage::rules_dir(settings));
        let kept_rules = Arc::new(KeptRules::new(folder, Arc::clone(&evaluator)));
        let integrator = Integrator {
            vfs: Arc::clone(vfs),
            policy: Arc::clone(&policy),
            clock: Arc::clone(clock),
            entropy: Arc::new(SystemEntropy::new()?),
            external_url: external_url(settings),
            metrics: Arc::default(),
        };
        let dashboards = Arc::new(storage::open_dashboards(settings, vfs)?);
        let dispatch = Arc::new(dispatch(configuration, settings, &integrator)?);
        let reload = Arc::new(ReloadState::default());
        let own = Arc::new(OwnMetrics {
            db: Arc::clone(db),
            evaluator: Arc::clone(&evaluator),
            dispatch: Arc::clone(&dispatch),
            panics: supervisor.panic_counts(),
            reload: Arc::clone(&reload),
            contributions: Mutex::default(),
        });
        let receiving = receiver_options(settings);
        let pushes = Arc::new(storage::open_pushes(db, settings, receiving, vfs, clock)?);
        Ok(Self {
            db: Arc::clone(db),
            otlp: Arc::new(OtlpReceiver::new(Arc::clone(db) as Arc<dyn Appender>, receiving)),
            lines: Arc::default(),
            egress: egress(db, clock, settings),
            senders: storage::senders(db, settings, &policy, vfs, clock),
            pushes,
            probes: Probes::new(&policy, vfs, &integrator.entropy),
            clock: Arc::clone(clock),
            vfs: Arc::clone(vfs),
            engine,
            syntax: settings.syntax,
            evaluator,
            kept_rules,
            dispatch,
            board_files: Arc::new(BoardFiles::new(Arc::clone(&dashboards))),
            dashboards,
            alerts: Arc::new(tokio::sync::Mutex::new(alerts)),
            outlets,
            policy,
            offers: Arc::new(Offers::new(Arc::clone(vfs))),
            own,
            live: Arc::default(),
            reload,
            integrator,
            http: Arc::default(),
            queries,
            query_log: Arc::default(),
        })
    }

    async fn listen_for_lines(
        &mut self,
        configuration: &Configuration,
        settings: &Settings,
    ) -> Result<(), Fatal> {
        let (appender, limits) = (Arc::clone(&self.db) as _, receiver_options(settings));
        let lines = Lines::listen(configuration, appender, &self.clock, limits).await?;
        self.lines = Arc::new(lines);
        Ok(())
    }

    fn pools(&self, loops: &Handle) -> Pools {
        Pools::new(scrape::Options {
            appender: Arc::clone(&self.db) as Arc<dyn Appender>,
            clock: Arc::clone(&self.clock),
            vfs: Arc::clone(&self.vfs),
            policy: Arc::clone(&self.policy),
            offset_seed: GroupKey::of(&sources::hostname()).0,
            loops: loops.clone(),
            storing_waits: self.db.options().durability == Durability::Sync,
        })
    }

    /// Host collector and own metrics begin at once; they need nothing but storage.
    fn start_sources(
        &self,
        pools: &mut Pools,
        configuration: &Configuration,
        settings: &Settings,
    ) -> Result<(), Fatal> {
        let hostname = sources::hostname();
        if let Some(interval) = settings.host_interval {
            pools.start_source(sources::host(&hostname, interval, &configuration.flyball.host)?);
        }
        let offers = Arc::clone(&self.offers);
        self.own.add(Box::new(move || vec![offers.family()]));
        let metrics = Arc::clone(&self.integrator.metrics);
        self.own.add(Box::new(move || metrics.families()));
        let scraping = pools.view();
        self.own.add(Box::new(move || scraping.families()));
        let http = Arc::clone(&self.http);
        self.own.add(Box::new(move || http.families()));
        let queries = Arc::clone(&self.queries);
        self.own.add(Box::new(move || queries.families()));
        let outlets = Arc::clone(&self.outlets);
        self.own.add(Box::new(move || sender_families(outlets.outside())));
        let senders = Arc::clone(&self.senders);
        self.own.add(Box::new(move || senders.families()));
        let engine = Arc::clone(&self.engine);
        self.own.add(Box::new(move || answer_families(engine.remembered())));
        let boards = Arc::clone(&self.board_files);
        self.own.add(Box::new(move || boards.families()));
        let counts = Arc::clone(&self.query_log);
        self.own.add(Box::new(move || counts.families()));
        pools.start_source(sources::own(&hostname, Arc::clone(&self.own)));
        Ok(())
    }

    /// Judges the health of what is watched, and tells it as series.
    fn vitals(&self, view: &PoolsView) -> Arc<Vitals> {
        let asked = Asked {
            engine: Arc::clone(&self.engine),
            querier: Arc::clone(&self.db) as Arc<dyn Querier>,
            clock: Arc::clone(&self.clock),
        };
        let world = Watched {
            view: view.clone(),
            evaluator: Arc::clone(&self.evaluator),
            dispatch: Arc::clone(&self.dispatch),
            own: Arc::clone(&self.own),
            external_url: self.integrator.external_url.clone(),
        };
        let vitals = Arc::new(Vitals::new(asked, Box::new(world)));
        let told = Arc::downgrade(&vitals);
        let families = move || told.upgrade().map_or_else(Vec::new, |vitals| vitals.families());
        self.own.add(Box::new(families));
        vitals
    }

    fn lifecycle(
        &self,
        args: &ServeArgs,
        settings: &Settings,
        pools: Pools,
        vitals: &Arc<Vitals>,
    ) -> Arc<Lifecycle> {
        let reloader = Arc::new(Reloader {
            syntax: self.syntax,
            rules: settings.rules.clone(),
            files: files(args),
            clock: Arc::clone(&self.clock),
            state: Arc::clone(&self.reload),
            live: Arc::clone(&self.live),
            db: Arc::clone(&self.db),
            otlp: Arc::clone(&self.otlp),
            lines: Arc::clone(&self.lines),
            egress: Arc::clone(&self.egress),
            senders: Arc::clone(&self.senders),
            probes: self.probes.clone(),
            services: sources::Services {
                world: services::World {
                    policy: Arc::clone(&self.policy),
                    vfs: Arc::clone(&self.vfs),
                    clock: Arc::clone(&self.clock),
                },
                hostname: sources::hostname(),
                with_host: settings.host_interval.is_some(),
                runtime: Handle::current(),
            },
            offers: Arc::clone(&self.offers),
            vitals: Arc::clone(vitals),
            kept_rules: Arc::clone(&self.kept_rules),
            dispatch: Arc::clone(&self.dispatch),
            outlets: Arc::clone(&self.outlets),
            dashboards: Arc::clone(&self.dashboards),
            board_files: Arc::clone(&self.board_files),
            integrator: self.integrator.clone(),
            queries: Arc::clone(&self.queries),
            query_log: Arc::clone(&self.query_log),
            pools: tokio::sync::Mutex::new(Some(pools)),
            runtime: Handle::current(),
        });
        let (ready, quit) = (AtomicBool::new(false), Arc::new(Notify::new()));
        Arc::new(Lifecycle { ready, quit, reloader })
    }

    fn state(
        &self,
        lifecycle: &Arc<Lifecycle>,
        view: PoolsView,
        facts: Facts,
        page: Arc<dyn PageFiles>,
        vitals: &Arc<Vitals>,
    ) -> AppState {
        let live = Arc::clone(&self.live);
        let targets = Targets { view, live, hostname: facts.hostname.clone() };
        let status = Status {
            own: Arc::clone(&self.own),
            live: Arc::clone(&self.live),
            facts,
            clock: Arc::clone(&self.clock),
            vfs: Arc::clone(&self.vfs),
            vitals: Arc::clone(vitals),
        };
        let metrics = Metrics(Arc::clone(&self.own));
        AppState {
            querier: Arc::clone(&self.db) as Arc<dyn Querier>,
            engine: Arc::clone(&self.engine),
            clock: Arc::clone(&self.clock),
            targets: Arc::new(targets),
            rules: Arc::new(Rules {
                evaluator: Arc::clone(&self.evaluator),
                own_url: self.integrator.external_url.clone(),
            }),
            alerting: Arc::new(Alerts {
                dispatch: Arc::clone(&self.dispatch),
                live: Arc::clone(&self.live),
                external_url: self.integrator.external_url.clone(),
            }),
            dashboards: Arc::clone(&self.dashboards),
            status: Arc::new(status),
            lifecycle: Arc::clone(lifecycle) as Arc<dyn api::LifecycleProvider>,
            admin: Arc::new(Admin(Arc::clone(&self.own))),
            metrics: Arc::new(metrics),
            http: Arc::clone(&self.http),
            queries: Arc::clone(&self.queries),
            page,
            syntax: self.syntax.promql,
            matchers: self.syntax.matchers,
        }
    }

    /// Rules that users keep over HTTP.
    fn rule_config(&self) -> Vec<Mount> {
        let provider: Arc<dyn api::RuleConfigProvider> = Arc::clone(&self.kept_rules) as _;
        api::rule_config_mounts(&provider)
    }

    /// OTLP at upstream's path and where SDKs send to a collector.
    fn otlp_mounts(&self) -> Vec<Mount> {
        let stats = Arc::clone(self.otlp.stats());
        self.own.add(Box::new(move || receiver_families("otlp", "OTLP", &stats)));
        let paths = [ingest::OTLP_PROMETHEUS_PATH, ingest::OTLP_METRICS_PATH];
        let mount = |path| Mount {
            path,
            permission: Permission::Write,
            methods: ingest::otlp_route(Arc::clone(&self.otlp)),
            described: vec![("post", "Stores metrics sent by OTLP, protobuf or JSON")],
        };
        let grpc = Mount {
            path: ingest::OTLP_GRPC_PATH,
            permission: Permission::Write,
            methods: ingest::otlp_grpc_route(Arc::clone(&self.otlp)),
            // gRPC has no place in a document about HTTP.
            described: Vec::new(),
        };
        paths.map(mount).into_iter().chain([grpc]).collect()
    }

    /// What other servers read: federation and remote read.
    fn egress_mounts(&self) -> Vec<Mount> {
        let mount = |path, methods, method, what| Mount {
            path,
            permission: Permission::ReadMetrics,
            methods,
            described: vec![(method, what)],
        };
        let (federate, read) = (Arc::clone(&self.egress), Arc::clone(&self.egress));
        let latest = "Latest samples of the series that `match[]` selects, for another server";
        let ranges = "Samples of whole ranges, for another server: remote read";
        vec![
            mount(egress::FEDERATE_PATH, egress::federate_route(federate), "get", latest),
            mount(egress::READ_PATH, egress::read_route(read), "post", ranges),
        ]
    }

    /// Where jobs push that end before anybody scrapes them.
    fn push_mounts(&self) -> Vec<Mount> {
        let stats = Arc::clone(self.pushes.stats());
        self.own.add(Box::new(move || receiver_families("push", "the Pushgateway's API", &stats)));
        let mount = |path| Mount {
            path,
            permission: Permission::Write,
            methods: ingest::push_route(&self.pushes),
            described: vec![
                ("put", "Replaces a group of pushed metrics"),
                ("post", "Replaces families of a group of pushed metrics"),
                ("delete", "Removes a group of pushed metrics"),
            ],
        };
        ingest::PUSH_PATHS.map(mount).into()
    }

    /// Line protocol at the paths of InfluxDB 1 and 2.
    fn influx_mounts(&self, settings: &Settings) -> Vec<Mount> {
        let appender = Arc::clone(&self.db) as Arc<dyn Appender>;
        let options = receiver_options(settings);
        let influx = Arc::new(InfluxReceiver::new(appender, options, Arc::clone(&self.clock)));
        let stats = Arc::clone(influx.stats());
        self.own.add(Box::new(move || receiver_families("influx", "line protocol", &stats)));
        let write = |path| Mount {
            path,
            permission: Permission::Write,
            methods: ingest::influx_write_route(Arc::clone(&influx)),
            described: vec![("post", "Stores points of InfluxDB's line protocol")],
        };
        let ping = |path| Mount {
            path,
            permission: Permission::Health,
            methods: ingest::influx_ping_route(),
            described: vec![("get", "Answers 204, for writers of InfluxDB")],
        };
        let query = |path| Mount {
            path,
            permission: Permission::Write,
            methods: ingest::influx_query_route(Arc::clone(&influx)),
            described: vec![("post", "Makes a database of InfluxDB: there is one, so nothing")],
        };
        let writes = ingest::INFLUX_WRITE_PATHS.into_iter().map(write);
        let pings = ingest::INFLUX_PING_PATHS.into_iter().map(ping);
        writes.chain(pings).chain(ingest::INFLUX_QUERY_PATHS.into_iter().map(query)).collect()
    }

    fn remote_write(&self, settings: &Settings) -> Mount {
        let appender = Arc::clone(&self.db) as Arc<dyn Appender>;
        let receiver = Arc::new(Receiver::new(appender, receiver_options(settings)));
        let stats = Arc::clone(receiver.stats());
        self.own.add(Box::new(move || receiver_families("remote_write", "remote write", &stats)));
        Mount {
            path: ingest::WRITE_PATH,
            permission: Permission::Write,
            methods: ingest::write_route(receiver),
            described: vec![("post", "Stores samples sent by remote write 1.0 or 2.0")],
        }
    }

    fn start_parts(&self, supervisor: &mut Supervisor) {
        let (db, clock) = (Arc::clone(&self.db), Arc::clone(&self.clock));
        supervisor.start("maintenance", move |stop| {
            storage::maintain(Arc::clone(&db), Arc::clone(&clock), stop)
        });
        if self.db.options().durability == Durability::Window {
            let db = Arc::clone(&self.db);
            supervisor.start("journal-sync", move |stop| storage::sync(Arc::clone(&db), stop));
        }
        let pushes = Arc::clone(&self.pushes);
        supervisor.start("pushes", move |stop| storage::push_again(Arc::clone(&pushes), stop));
        self.lines.start(supervisor, &self.own);
        let boards = Arc::clone(&self.board_files);
        supervisor.start("dashboards", move |stop| Arc::clone(&boards).watch(stop));
        let offers = Arc::clone(&self.offers);
        supervisor.start("offers", move |stop| offer(Arc::clone(&offers), stop));
        let evaluator = Arc::clone(&self.evaluator);
        supervisor.start("rules", move |stop| watch(Arc::clone(&evaluator), stop));
        let (dispatch, inbox) = (Arc::clone(&self.dispatch), Arc::clone(&self.alerts));
        supervisor.start("alerts", move |stop| Arc::clone(&dispatch).run(Arc::clone(&inbox), stop));
    }
}

/// What other servers read of the store.
fn egress(db: &Arc<Db>, clock: &Arc<dyn Clock>, settings: &Settings) -> Arc<Egress> {
    let lookback = settings.engine.lookback;
    let options = EgressOptions { lookback, ..EgressOptions::default() };
    Arc::new(Egress::new(Arc::clone(db) as Arc<dyn Querier>, Arc::clone(clock), options))
}

/// What may be pushed is what may be stored.
fn receiver_options(settings: &Settings) -> ReceiverOptions {
    let limits = settings.storage.limits;
    ReceiverOptions {
        labels_max: limits.labels_max,
        label_name_bytes_max: limits.label_name_bytes_max,
        label_value_bytes_max: limits.label_value_bytes_max,
        ..ReceiverOptions::default()
    }
}

async fn judge(vitals: Arc<Vitals>, mut stop: Stop) {
    vitals.run(stop.wait()).await;
}

async fn offer(offers: Arc<Offers>, mut stop: Stop) {
    offers.watch(stop.wait()).await;
}

async fn watch(evaluator: Arc<Evaluator>, stop: Stop) {
    evaluator.watch(stop).await;
}

/// How alerts are sent to external Alertmanagers.
fn sender_options(
    settings: &Settings,
    policy: &Arc<net::AddressPolicy>,
    vfs: &Arc<dyn Vfs>,
    clock: &Arc<dyn Clock>,
) -> SenderOptions {
    SenderOptions {
        queue_max: settings.sender.queue_max,
        batch_max: settings.sender.batch_max,
        drains: settings.sender.drains,
        policy: Arc::clone(policy),
        vfs: Arc::clone(vfs),
        clock: Arc::clone(clock),
    }
}

/// Routing that goes on from what a former process wrote down.
fn dispatch(
    configuration: &Configuration,
    settings: &Settings,
    integrator: &Integrator,
) -> Result<Dispatch, Fatal> {
    let log = storage::open_alert_log(settings, &integrator.vfs)?;
    let routing = &configuration.routing;
    let integrations = integrator.build(routing);
    let (clock, entropy) = (Arc::clone(&integrator.clock), Arc::clone(&integrator.entropy));
    let delay = settings.start_delay;
    Ok(Dispatch::new(&routing.settings, integrations, log, clock, entropy, delay)?)
}

fn files(args: &ServeArgs) -> Files {
    Files {
        main: args.config_file.clone(),
        alertmanager: args.alertmanager_config_file.clone(),
        blackbox: args.blackbox_config_file.clone(),
    }
}

/// Where users reach the server: as configured, or the first address it listens on.
fn external_url(settings: &Settings) -> String {
    let configured = settings.server.external_url.as_ref().map(ToString::to_string);
    let listen = settings.server.listen.first().map_or("", String::as_str);
    configured.unwrap_or_else(|| format!("http://{listen}{}", settings.server.prefix()))
}

fn facts(args: &ServeArgs, settings: &Settings, clock: &dyn Clock) -> Facts {
    Facts {
        start_time: clock.now(),
        start_monotonic: clock.monotonic(),
        hostname: sources::hostname(),
        config_file: args.config_file.as_ref().map(|path| path.display().to_string()),
        flags: args.flags(),
        memory_bytes: settings.memory_bytes,
    }
}
