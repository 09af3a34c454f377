//! `WeCom` (`WeChat` Work): a token is fetched with the application's secret and kept for two
//! hours.
//! Source: Alertmanager 0.34 `notify/wechat`.

use super::{Delivering, Receive, Stored};
use crate::post::{Deadline, Poster, append_path, parse_url};
use crate::view::View;
use crate::{DeliveryError, FailureReason};
use config::{Secret, SecretSource, WechatConfig, WechatMessageType};
use http::header::HeaderMap;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long a token is used.
const TOKEN_LIFE: Duration = Duration::from_hours(2);
/// The API's number for an expired token.
const TOKEN_EXPIRED: i64 = 42_001;

pub(crate) struct Wechat {
    config: WechatConfig,
    poster: Poster,
    /// Held only to copy; never over an await.
    token: Mutex<Option<(Secret, Instant)>>,
}

#[derive(Serialize)]
struct Message {
    text: Content,
    #[serde(skip_serializing_if = "String::is_empty")]
    touser: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    toparty: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    totag: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    agentid: String,
    safe: &'static str,
    msgtype: &'static str,
    markdown: Content,
}

#[derive(Default, Serialize)]
struct Content {
    content: String,
}

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    access_token: String,
}

#[derive(Deserialize)]
struct Verdict {
    #[serde(default)]
    errcode: i64,
    #[serde(default)]
    errmsg: String,
}

impl Wechat {
    pub(crate) fn new(poster: Poster, config: WechatConfig) -> Self {
        Self { config, poster, token: Mutex::new(None) }
    }

    fn message(&self, view: &View<'_>) -> Result<Message, DeliveryError> {
        let config = &self.config;
        let content = Content { content: view.text("message", &config.message) };
        let (text, markdown) = match config.message_type {
            WechatMessageType::Text => (content, Content::default()),
            WechatMessageType::Markdown => (Content::default(), content),
        };
        Ok(Message {
            text,
            touser: view.address("to_user", &config.to_user)?,
            toparty: view.address("to_party", &config.to_party)?,
            totag: view.address("to_tag", &config.to_tag)?,
            agentid: view.address("agent_id", &config.agent_id)?,
            safe: "0",
            msgtype: config.message_type.as_str(),
            markdown,
        })
    }

    async fn token(&self, view: &View<'_>, deadline: Deadline) -> Result<Secret, DeliveryError> {
        let known = self.token.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((token, since)) = known
            && since.elapsed() <= TOKEN_LIFE
        {
            return Ok(token);
        }
        let template = self.poster.secret("the WeChat secret", &self.config.api_secret).await?;
        let secret = view.address("api_secret", template.reveal())?;
        let corp = view.address("corp_id", &self.config.corp_id)?;
        let mut url = append_path(&parse_url("WeChat's URL", &self.config.api_url)?, "gettoken");
        url.query_pairs_mut().append_pair("corpid", &corp).append_pair("corpsecret", &secret);
        let body = bytes::Bytes::new();
        let answer = self.poster.send(Method::GET, url, HeaderMap::new(), body, deadline).await?;
        let token: Token = answer.success(&[])?.json()?;
        if token.access_token.is_empty() {
            let message = format!("no token for the company {corp:?}: is the secret right?");
            return Err(DeliveryError::rejected(message));
        }
        let token = Secret::new(token.access_token);
        self.keep(Some((token.clone(), Instant::now())));
        Ok(token)
    }

    fn keep(&self, token: Option<(Secret, Instant)>) {
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }

    async fn send(&self, view: &View<'_>, deadline: Deadline) -> Result<Stored, DeliveryError> {
        let message = self.message(view)?;
        let token = self.token(view, deadline).await?;
        let base = parse_url("WeChat's URL", &self.config.api_url)?;
        let mut url = append_path(&base, "message/send");
        url.query_pairs_mut().append_pair("access_token", token.reveal());
        let headers = HeaderMap::new();
        let answer = self.poster.send_json(Method::POST, url, headers, &message, deadline).await?;
        if answer.status != StatusCode::OK {
            let status = answer.status;
            let failed = answer.success(&[status.as_u16()]).err();
            let unexpected = format!("WeChat answered {status}, expected 200");
            return Err(failed
                .unwrap_or_else(|| DeliveryError::retryable(FailureReason::Other, unexpected)));
        }
        let verdict: Verdict = answer.json()?;
        let said = format!("WeChat answered error {}: {:?}", verdict.errcode, verdict.errmsg);
        match verdict.errcode {
            0 => Ok(Stored::new()),
            TOKEN_EXPIRED => {
                self.keep(None);
                Err(DeliveryError::retryable(FailureReason::Client, said))
            }
            _ => Err(DeliveryError::rejected(said)),
        }
    }
}

impl Receive for Wechat {
    fn deliver<'a>(&'a self, view: &'a View<'a>, deadline: Deadline) -> Delivering<'a> {
        Box::pin(self.send(view, deadline))
    }

    fn rehearse(&self, view: &View<'_>) -> Result<(), DeliveryError> {
        if let SecretSource::Inline(secret) = &self.config.api_secret {
            view.address("api_secret", secret.reveal())?;
        }
        self.message(view).map(drop)
    }
}
