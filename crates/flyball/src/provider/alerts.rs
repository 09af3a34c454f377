//! Alerts, groups, silences and receivers for Alertmanager's API, answered by routing.

use crate::dispatch::Dispatch;
use crate::own::Live;
use alerts::{Alert, AlertSelection, AlertStatus, Decision, GroupStatus, Silence};
use api::{ProviderError, ReceiverInfo, SilenceFailure};
use model::Matcher;
use std::sync::Arc;
use std::time::Duration;

/// Answers `/api/v2`.
pub(crate) struct Alerts {
    pub(crate) dispatch: Arc<Dispatch>,
    pub(crate) live: Arc<Live>,
}

impl api::AlertsProvider for Alerts {
    fn configuration(&self) -> String {
        self.live.routing().file.clone()
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

    fn put(&self, alerts: Vec<Alert>) -> Result<(), ProviderError> {
        self.dispatch.put_alerts(alerts);
        Ok(())
    }

    fn silences(&self) -> Vec<Silence> {
        self.dispatch.silences()
    }

    fn silence(&self, id: &str) -> Option<Silence> {
        self.dispatch.silence(id)
    }

    fn set_silence(&self, silence: Silence) -> Result<String, SilenceFailure> {
        Ok(self.dispatch.set_silence(silence)?)
    }

    fn expire_silence(&self, id: &str) -> Result<(), SilenceFailure> {
        Ok(self.dispatch.expire_silence(id)?)
    }
}
