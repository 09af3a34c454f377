//! Alerts, groups, silences and receivers for Alertmanager's API, answered by routing.

use crate::dispatch::Dispatch;
use crate::own::Live;
use alerts::{
    Alert, AlertSelection, AlertStatus, DeadLetter, Decision, GroupStatus, IntegrationStatus,
    RouteView, Sample, Silence,
};
use api::{ProviderError, ProviderErrorKind, ReceiverInfo, SilenceFailure};
use model::{Labels, Matcher};
use std::sync::Arc;
use std::time::Duration;

/// Answers `/api/v2`.
pub(crate) struct Alerts {
    pub(crate) dispatch: Arc<Dispatch>,
    pub(crate) live: Arc<Live>,
    /// Where users reach this server.
    pub(crate) external_url: String,
}

impl api::AlertsProvider for Alerts {
    fn configuration(&self) -> String {
        self.live.routing().file.clone()
    }

    fn file(&self) -> Option<String> {
        self.live.routing().path.clone()
    }

    fn routes(&self, labels: Option<&Labels>) -> Vec<RouteView> {
        self.dispatch.routes(labels)
    }

    fn integrations(&self) -> Vec<IntegrationStatus> {
        self.dispatch.integrations()
    }

    fn receivers(&self) -> Vec<ReceiverInfo> {
        self.live.routing().receivers.clone()
    }

    fn resolve_timeout(&self) -> Duration {
        self.live.routing().resolve_timeout
    }

    fn alerts(&self, selection: &AlertSelection<'_>) -> Vec<AlertStatus> {
        self.dispatch.alerts(selection)
    }

    fn groups(&self, matchers: &[Matcher]) -> Vec<GroupStatus> {
        self.dispatch.groups(matchers)
    }

    fn decisions(&self, matchers: &[Matcher], count: usize) -> Vec<Decision> {
        self.dispatch.decisions(matchers, count)
    }

    fn sample(&self, wanted: &Sample<'_>) -> Option<serde_json::Value> {
        let sample = self.dispatch.sample(wanted)?;
        Some(notify::webhook_message(&sample, &self.external_url))
    }

    fn put(&self, alerts: Vec<Alert>) -> Result<(), ProviderError> {
        let put = self.dispatch.put_alerts(alerts);
        put.map_err(|error| ProviderError::new(ProviderErrorKind::Unavailable, error.to_string()))
    }

    fn silences(&self) -> Vec<Silence> {
        self.dispatch.silences()
    }

    fn silence(&self, id: &str) -> Option<Silence> {
        self.dispatch.silence(id)
    }

    fn set_silence(&self, silence: Silence) -> Result<String, SilenceFailure> {
        match self.dispatch.set_silence(silence)? {
            (id, true) => Ok(id),
            (id, false) => Err(not_kept(&format!("silence {id} is set"))),
        }
    }

    fn expire_silence(&self, id: &str) -> Result<(), SilenceFailure> {
        let is_kept = self.dispatch.expire_silence(id)?;
        if is_kept { Ok(()) } else { Err(not_kept(&format!("silence {id} has ended"))) }
    }

    fn dead_letters(&self) -> Vec<DeadLetter> {
        self.dispatch.dead_letters()
    }

    fn resend(&self, id: &str) -> bool {
        self.dispatch.resend(id)
    }

    fn forget_dead_letter(&self, id: &str) -> bool {
        self.dispatch.forget_dead_letter(id)
    }
}

/// The disk takes nothing.
fn not_kept(what: &str) -> SilenceFailure {
    let sentence = format!("{what}, but that cannot be written down; a restart forgets it");
    SilenceFailure::Failed(ProviderError::new(ProviderErrorKind::Unavailable, sentence))
}
