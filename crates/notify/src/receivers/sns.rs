//! Amazon SNS: `Publish` of the query API, signed by our own hand (`sns::sign`).
//! Source: Alertmanager 0.34 `notify/sns`. Keys stand in the configuration: the environment,
//! profiles and roles are not asked.

mod sign;

use super::{Delivering, Receive, Stored};
use crate::DeliveryError;
use crate::post::{Deadline, Poster, parse_url};
use crate::text::whole_chars;
use crate::view::View;
use config::{SnsConfig, SnsTarget};
use http::Method;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use std::collections::BTreeMap;
use std::sync::Arc;
use sys::Clock;
use url::Url;
use url::form_urlencoded::Serializer;

/// Longest message in bytes, and the longest one to a telephone.
const MESSAGE_BYTES_MAX: usize = 256 * 1024;
const SMS_BYTES_MAX: usize = 1600;

pub(crate) struct Sns {
    pub(crate) config: SnsConfig,
    pub(crate) poster: Poster,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Sns {
    /// Refuses ways to authenticate that are not there.
    fn check_keys(&self) -> Result<(), DeliveryError> {
        let sigv4 = &self.config.sigv4;
        let unsupported = [
            ("sigv4.profile", !sigv4.profile.is_empty()),
            ("sigv4.role_arn", !sigv4.role_arn.is_empty()),
        ];
        if let Some((key, _)) = unsupported.iter().find(|(_, used)| *used) {
            return Err(DeliveryError::refused(format!("`{key}` of SNS is not supported")));
        }
        if sigv4.region.is_empty() || sigv4.access_key.is_empty() || sigv4.secret_key.is_none() {
            let message = "SNS needs `region`, `access_key` and `secret_key` in `sigv4`: \
                           the environment is not asked";
            return Err(DeliveryError::refused(message));
        }
        Ok(())
    }

    /// Parameters of the call, in order.
    fn parameters(&self, view: &View<'_>) -> Result<Vec<(String, String)>, DeliveryError> {
        let config = &self.config;
        let mut parameters = vec![
            ("Action".to_owned(), "Publish".to_owned()),
            ("Version".to_owned(), "2010-03-31".to_owned()),
        ];
        let mut put = |name: &str, value: String| parameters.push((name.to_owned(), value));
        let mut bytes_max = MESSAGE_BYTES_MAX;
        match &config.target {
            SnsTarget::Topic(template) => {
                let topic = view.address("topic_arn", template)?;
                // Names of topics that keep the order end so, in lower case.
                if topic.rsplit_once('.').is_some_and(|(_, suffix)| suffix == "fifo") {
                    put("MessageDeduplicationId", view.key_hash());
                    put("MessageGroupId", view.key_hash());
                }
                put("TopicArn", topic);
            }
            SnsTarget::Target(template) => put("TargetArn", view.address("target_arn", template)?),
            SnsTarget::PhoneNumber(template) => {
                bytes_max = SMS_BYTES_MAX;
                put("PhoneNumber", view.address("phone_number", template)?);
            }
        }
        let message = view.text("message", &config.message);
        let shown = whole_chars(&message, bytes_max);
        put("Message", shown.to_owned());
        if !config.subject.is_empty() {
            put("Subject", view.text("subject", &config.subject));
        }
        let mut attributes: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in &config.attributes {
            let name = view.ornament("attributes", name);
            attributes.insert(name, view.text("attributes", value));
        }
        if shown.len() < message.len() {
            attributes.insert("truncated".to_owned(), "true".to_owned());
        }
        for (index, (name, value)) in attributes.into_iter().enumerate() {
            let entry = format!("MessageAttributes.entry.{}", index + 1);
            put(&format!("{entry}.Name"), name);
            put(&format!("{entry}.Value.DataType"), "String".to_owned());
            put(&format!("{entry}.Value.StringValue"), value);
        }
        Ok(parameters)
    }

    fn url(&self, view: &View<'_>) -> Result<Url, DeliveryError> {
        let own = view.address("api_url", &self.config.api_url)?;
        if !own.is_empty() {
            return parse_url("the URL of SNS", &own);
        }
        let region = &self.config.sigv4.region;
        let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
        parse_url("the region of SNS", &format!("https://sns.{region}.amazonaws.com{suffix}/"))
    }

    async fn send(&self, view: &View<'_>, deadline: Deadline) -> Result<Stored, DeliveryError> {
        self.check_keys()?;
        let parameters = self.parameters(view)?;
        let url = self.url(view)?;
        let body = Serializer::new(String::new()).extend_pairs(parameters).finish();
        let sigv4 = &self.config.sigv4;
        let secret = match &sigv4.secret_key {
            Some(source) => self.poster.secret("the secret key of SNS", source).await?,
            None => config::Secret::default(),
        };
        let service = if sigv4.service_name.is_empty() { "sns" } else { &sigv4.service_name };
        let signer = sign::Signer {
            region: &sigv4.region,
            service,
            access_key: &sigv4.access_key,
            secret_key: secret.reveal(),
        };
        let mut headers = HeaderMap::new();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(CONTENT_TYPE, form);
        signer.sign(
            &url,
            &mut headers,
            body.as_bytes(),
            crate::payload::instant(self.clock.now()),
        )?;
        let answer = self.poster.send(Method::POST, url, headers, body.into(), deadline).await?;
        answer.success(&[])?;
        Ok(Stored::new())
    }
}

impl Receive for Sns {
    fn deliver<'a>(&'a self, view: &'a View<'a>, deadline: Deadline) -> Delivering<'a> {
        Box::pin(self.send(view, deadline))
    }

    fn check(&self) -> Result<(), DeliveryError> {
        self.check_keys()
    }

    fn rehearse(&self, view: &View<'_>) -> Result<(), DeliveryError> {
        self.url(view)?;
        self.parameters(view).map(drop)
    }
}
