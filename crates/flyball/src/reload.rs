//! Reads the configuration again and applies it, all or nothing.
//! What cannot change while the process runs (addresses, data directory) is compared and named.

use crate::dispatch::{Dispatch, Integrations};
use crate::evaluate::Evaluator;
use crate::integrate::Integrator;
use crate::load::{Configuration, LoadError, load};
use crate::own::{Live, ReloadState};
use scrape::Pools;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use sys::Clock;

/// Owner of everything that a reload changes.
pub(crate) struct Reloader {
    pub(crate) path: Option<PathBuf>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) state: Arc<ReloadState>,
    pub(crate) live: Arc<Live>,
    pub(crate) pools: Arc<Pools>,
    pub(crate) evaluator: Arc<Evaluator>,
    pub(crate) dispatch: Arc<Dispatch>,
    pub(crate) integrator: Integrator,
    /// One reload at a time.
    pub(crate) turn: Mutex<()>,
    /// Reloads may be ordered from threads that the runtime does not know.
    pub(crate) runtime: tokio::runtime::Handle,
}

impl Reloader {
    /// Reads all files and applies them; on any mistake the configuration in force stays.
    pub(crate) fn reload(&self) -> Result<(), LoadError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let result = load(self.path.as_deref()).and_then(|configuration| self.apply(configuration));
        match &result {
            Ok(()) => tracing::info!("configuration reloaded"),
            Err(error) => {
                self.state.note_failure();
                tracing::error!(%error, "configuration refused, the former one stays in force");
            }
        }
        result
    }

    /// Applies a configuration; the routing tree goes first because it alone can be refused.
    pub(crate) fn apply(&self, configuration: Configuration) -> Result<(), LoadError> {
        let _runtime = self.runtime.enter();
        for warning in &configuration.warnings {
            tracing::warn!(%warning, "configuration");
        }
        let routing = &configuration.routing;
        let integrations: Integrations = self.integrator.build(routing);
        self.dispatch
            .replace(routing.root.clone(), &routing.receivers(), integrations)
            .map_err(|error| LoadError(vec![error.to_string()]))?;
        self.pools.apply(configuration.prometheus.scrape_configs);
        self.evaluator.apply(configuration.groups);
        self.live.set(configuration.redacted);
        self.state.note_success(self.clock.now());
        Ok(())
    }
}
