//! `flyball probe worker`: probes for servers that stand elsewhere, and keeps nothing. The same
//! guards as the server's stand in front of its two routes; there is no storage behind them.

use crate::cli::{LogFormat, LogLevel};
use crate::own::build_info;
use crate::{log, memory, probes, version};
use api::{HttpMetrics, Mount, Permission, Server, ServerOptions};
use commands::cli::WorkerArgs;
use commands::files::read_text;
use net::AddressPolicy;
use probe::{Modules, PROBE_PATH, Service, Worker, World, worker_metrics, worker_route};
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use sys::{Clock, Entropy, OsVfs, SystemClock, SystemEntropy, Vfs};
use tokio::signal::unix::{Signal, SignalKind, signal};

type Fatal = Box<dyn Error + Send + Sync>;

/// Runs the worker until it is told to stop.
pub(crate) fn run(args: &WorkerArgs) -> ExitCode {
    log::start(LogLevel::Info, LogFormat::Logfmt);
    match start(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            crate::complain(&format!("flyball: cannot run: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn start(args: &WorkerArgs) -> Result<(), Fatal> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.on_thread_park(memory::take_part).enable_all().build()?;
    let served = runtime.block_on(serve(args));
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

async fn serve(args: &WorkerArgs) -> Result<(), Fatal> {
    let vfs: Arc<dyn Vfs> = Arc::new(OsVfs);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let world = probes::world(&Arc::new(AddressPolicy::default()), &vfs, &entropy);
    let (file, service) = (args.blackbox_config_file.as_deref(), Arc::new(Service::default()));
    service.set(Some(modules(file, &world)?));
    let ends = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()];
    let [mut terminate, mut interrupt, mut hangup] = ends.map(signal);
    tracing::info!(version = version::line(), "flyball probes as a worker");
    let listening = Server::listen(options(args)).await?;
    for url in listening.urls() {
        tracing::info!(url, "listening");
    }
    let http = Arc::new(HttpMetrics::default());
    let worker =
        Worker { service: Arc::clone(&service), world: world.clone(), clock: Arc::clone(&clock) };
    let mounts = mounts(worker, &http);
    let told = async {
        let [terminate, interrupt, hangup] = [&mut terminate, &mut interrupt, &mut hangup];
        loop {
            tokio::select! {
                () = heard(terminate) => return tracing::info!("SIGTERM: stopping"),
                () = heard(interrupt) => return tracing::info!("SIGINT: stopping"),
                () = heard(hangup) => match modules(file, &world) {
                    Ok(modules) => {
                        service.set(Some(modules));
                        tracing::info!("modules were read again");
                    }
                    Err(error) => tracing::error!(%error, "modules stay as they are"),
                }
            }
        }
    };
    listening.open_alone(mounts, clock, http).serve(told).await;
    tracing::info!("the worker has stopped");
    Ok(())
}

/// The next signal; never, where it cannot be listened for.
async fn heard(signal: &mut std::io::Result<Signal>) {
    match signal {
        Ok(signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    }
}

fn options(args: &WorkerArgs) -> ServerOptions {
    ServerOptions {
        listen: vec![args.listen_address.clone()],
        allowed_hosts: args.allowed_hosts.clone(),
        allow_anonymous: args.allow_anonymous,
        web_config: args.web_config_file.clone(),
        ..ServerOptions::default()
    }
}

fn modules(file: Option<&Path>, world: &World) -> Result<Arc<Modules>, Fatal> {
    let Some(path) = file else { return Ok(Arc::new(Modules::new(&probe::built_in(), world))) };
    let text = read_text(path).map_err(|error| error.to_string())?;
    let loaded = config::blackbox::load(&path.display().to_string(), &text)?;
    Ok(Arc::new(Modules::new(&loaded.config, world)))
}

fn mounts(worker: Worker, http: &Arc<HttpMetrics>) -> Vec<Mount> {
    let (service, http) = (Arc::clone(&worker.service), Arc::clone(http));
    let more = move || {
        let mut families = http.families();
        families.push(build_info());
        families
    };
    let metrics = worker_metrics(service, more);
    let mount =
        |path, permission, methods, described| Mount { path, permission, methods, described };
    vec![
        mount(PROBE_PATH, Permission::Probe, worker_route(worker), Vec::new()),
        mount("/metrics", Permission::ReadMetrics, metrics, Vec::new()),
    ]
}
