//! The kinds of receivers, one file each: what they are sent and how their answers are judged.
//! Requests and limits follow Alertmanager 0.34 `notify/*`, because receivers depend on them.

mod discord;
mod email;
mod googlechat;
mod incidentio;
mod jira;
mod mattermost;
mod msteams;
mod msteamsv2;
mod ntfy;
mod opsgenie;
mod pagerduty;
mod pushover;
mod rocketchat;
mod slack;
mod sns;
mod telegram;
mod victorops;
mod webex;
mod webhook;
mod wechat;

#[cfg(test)]
mod tests;

use crate::DeliveryError;
use crate::integration::Surroundings;
use crate::post::{Deadline, Poster};
use crate::view::View;
use config::{HttpClientConfig, IntegrationKind};
use std::collections::BTreeMap;
use std::pin::Pin;

/// What an integration remembers about a group.
pub(crate) type Stored = BTreeMap<String, String>;
/// A delivery under way.
pub(crate) type Delivering<'a> =
    Pin<Box<dyn Future<Output = Result<Stored, DeliveryError>> + Send + 'a>>;

/// One way to notify.
pub(crate) trait Receive: Send + Sync {
    /// Renders and sends; gives back what to remember about the group.
    fn deliver<'a>(&'a self, view: &'a View<'a>, deadline: Deadline) -> Delivering<'a>;

    /// Refuses a configuration that can never work.
    fn check(&self) -> Result<(), DeliveryError> {
        Ok(())
    }

    /// Renders what would be sent, to find mistakes before anything happens.
    fn rehearse(&self, view: &View<'_>) -> Result<(), DeliveryError>;
}

/// The receiver of a configuration.
pub(crate) fn build(kind: &IntegrationKind, around: &Surroundings) -> Box<dyn Receive> {
    let poster = |http: &HttpClientConfig| Poster::new(http, &around.policy, &around.vfs);
    match kind.clone() {
        IntegrationKind::Webhook(config) => {
            Box::new(webhook::Webhook { poster: poster(&config.http), config: *config })
        }
        IntegrationKind::Email(config) => Box::new(email::Email::new(*config, around)),
        IntegrationKind::PagerDuty(config) => {
            let (poster, v1_url) = (poster(&config.http), pagerduty::V1_URL.to_owned());
            Box::new(pagerduty::PagerDuty { poster, config: *config, v1_url })
        }
        IntegrationKind::OpsGenie(config) => {
            Box::new(opsgenie::OpsGenie { poster: poster(&config.http), config: *config })
        }
        IntegrationKind::Wechat(config) => {
            Box::new(wechat::Wechat::new(poster(&config.http), *config))
        }
        IntegrationKind::Slack(config) => {
            Box::new(slack::Slack { poster: poster(&config.http), config: *config })
        }
        IntegrationKind::VictorOps(config) => {
            Box::new(victorops::VictorOps { poster: poster(&config.http), config: *config })
        }
        IntegrationKind::Pushover(config) => {
            let (poster, url) = (poster(&config.http), pushover::URL.to_owned());
            Box::new(pushover::Pushover { poster, config: *config, url })
        }
        IntegrationKind::Sns(config) => {
            let clock = std::sync::Arc::clone(&around.clock);
            Box::new(sns::Sns { poster: poster(&config.http), config: *config, clock })
        }
        IntegrationKind::Telegram(config) => {
            Box::new(telegram::Telegram { poster: poster(&config.http), config: *config })
        }
        IntegrationKind::Discord(config) => {
            Box::new(discord::Discord { poster: poster(&config.http), config: *config })
        }
        IntegrationKind::Webex(config) => {
            Box::new(webex::Webex { poster: poster(&config.http), config: *config })
        }
        IntegrationKind::MsTeams(config) => {
            Box::new(msteams::MsTeams { poster: poster(&config.http), config: *config })
        }
        IntegrationKind::MsTeamsV2(config) => {
            Box::new(msteamsv2::MsTeamsV2 { poster: poster(&config.http), config: *config })
        }
        IntegrationKind::Jira(config) => {
            Box::new(jira::Jira { poster: poster(&config.http), config: *config })
        }
        IntegrationKind::Rocketchat(config) => {
            Box::new(rocketchat::Rocketchat { poster: poster(&config.http), config: *config })
        }
        IntegrationKind::Mattermost(config) => {
            Box::new(mattermost::Mattermost { poster: poster(&config.http), config: *config })
        }
        IntegrationKind::Incidentio(config) => {
            Box::new(incidentio::Incidentio { poster: poster(&config.http), config: *config })
        }
        IntegrationKind::Ntfy(config) => {
            Box::new(ntfy::Ntfy { poster: poster(&config.http), config: *config })
        }
        IntegrationKind::GoogleChat(config) => {
            Box::new(googlechat::GoogleChat { poster: poster(&config.http), config: *config })
        }
    }
}
