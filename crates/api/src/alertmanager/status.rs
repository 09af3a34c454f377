//! `/api/v2/status` and `/api/v2/receivers`: the server as an Alertmanager of its own.

use super::ask;
use super::describe::{
    AlertmanagerConfig, AlertmanagerStatus, ClusterStatus, ReceiverBody, VersionInfo,
};
use super::reply::{self, Complaint};
use super::wanted::WantedReceivers;
use super::written::{self, Receivers, Written};
use crate::App;
use crate::params::Params;
use crate::provider::BuildInfo;
use axum::extract::State;
use axum::response::Response;

/// The Alertmanager whose API this is; clients switch features by it.
const UPSTREAM_VERSION: &str = "0.34.0";

/// Configuration, version and uptime; there is no cluster.
#[utoipa::path(get, path = "/api/v2/status", tag = "alertmanager",
    responses((status = 200, description = "Status", body = AlertmanagerStatus)))]
pub(crate) async fn status(State(app): State<App>) -> Result<Response, Complaint> {
    let original = ask(&app, |alerting| alerting.configuration()).await?;
    let BuildInfo { revision, branch, build_date, compiler, .. } = app.state.status.build();
    Ok(reply::answer(&AlertmanagerStatus {
        cluster: ClusterStatus { peers: Vec::new(), status: "disabled" },
        config: AlertmanagerConfig { original },
        uptime: Written(app.state.status.runtime().start_time).to_string(),
        version_info: VersionInfo {
            branch,
            build_date,
            build_user: String::new(),
            go_version: compiler,
            revision,
            version: UPSTREAM_VERSION,
        },
    }))
}

/// Receivers, in the order of the file.
#[utoipa::path(get, path = "/api/v2/receivers", tag = "alertmanager",
    params(("receiver_matchers" = Option<Vec<String>>, Query, description = "Matchers on labels")),
    responses(
        (status = 200, description = "Receivers", body = Vec<ReceiverBody>),
        (status = 400, description = "Bad request", body = String)))]
pub(crate) async fn receivers(
    State(app): State<App>,
    params: Params,
) -> Result<Response, Complaint> {
    let wanted = WantedReceivers::by_labels(&params, app.state.matchers)?;
    let mut receivers = ask(&app, |alerting| alerting.receivers()).await?;
    let known = Receivers::new(receivers.clone());
    receivers.retain(|receiver| wanted.have(&receiver.name, &known));
    Ok(reply::list(written::receivers(receivers), ()))
}
