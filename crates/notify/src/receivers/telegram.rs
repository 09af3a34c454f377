//! Telegram: a bot sends to a chat. Every failure is tried again, as upstream does.
//! Source: Alertmanager 0.34 `notify/telegram` and the telebot library that it uses.

use super::{Delivering, Receive, Stored};
use crate::post::{Answer, Deadline, Poster, join_path, parse_url};
use crate::text::cut_chars;
use crate::view::View;
use crate::{DeliveryError, FailureReason};
use alerts::Delivery;
use config::{SecretSource, TelegramConfig, TelegramParseMode, TextSource};
use http::StatusCode;
use http::header::HeaderMap;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

#[cfg(test)]
mod tests;

/// Longest message in characters after its markup was read.
const MESSAGE_CHARS_MAX: usize = 4096;
/// Longest message in bytes before its markup is read.
const MESSAGE_BYTES_MAX: usize = 1 << 15;
/// Cutting HTML could break it, so this is sent instead; the text is upstream's.
const TOO_LONG: &str = "Alertmanager notification could not be sent: message length exceeds \
                        Telegram limits.\n\t\t\tPlease check the template used for producing the \
                        message content.";

pub(crate) struct Telegram {
    pub(crate) config: TelegramConfig,
    pub(crate) poster: Poster,
}

#[derive(Deserialize)]
struct Verdict {
    #[serde(default)]
    ok: bool,
    #[serde(default)]
    description: String,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
}

impl Telegram {
    fn text(&self, view: &View<'_>) -> String {
        if self.config.parse_mode != TelegramParseMode::Html {
            return cut_chars(view.text("message", &self.config.message), MESSAGE_CHARS_MAX);
        }
        let html = view.html("message", &self.config.message);
        if html.len() > MESSAGE_BYTES_MAX || visible_chars(&html) > MESSAGE_CHARS_MAX {
            return TOO_LONG.to_owned();
        }
        html
    }

    /// Parameters of `sendMessage`: all of them are texts.
    fn parameters(&self, view: &View<'_>, chat: &str) -> BTreeMap<&'static str, String> {
        let mut parameters = BTreeMap::from([
            ("chat_id", chat.to_owned()),
            ("text", self.text(view)),
            ("disable_web_page_preview", "true".to_owned()),
        ]);
        if self.config.parse_mode != TelegramParseMode::Plain {
            parameters.insert("parse_mode", self.config.parse_mode.as_str().to_owned());
        }
        if self.config.disable_notifications {
            parameters.insert("disable_notification", "true".to_owned());
        }
        if let Some(thread) = self.config.message_thread_id.filter(|thread| *thread != 0) {
            parameters.insert("message_thread_id", thread.to_string());
        }
        parameters
    }

    async fn chat(&self) -> Result<String, DeliveryError> {
        let text = match &self.config.chat_id {
            TextSource::Inline(text) => text.clone(),
            TextSource::File(path) => {
                let source = SecretSource::File(path.clone());
                self.poster.secret("the chat id", &source).await?.reveal().to_owned()
            }
        };
        match text.trim().parse::<i64>() {
            Ok(chat) => Ok(chat.to_string()),
            Err(error) => {
                Err(DeliveryError::refused(format!("chat id {text:?} is no number: {error}")))
            }
        }
    }

    async fn send(&self, view: &View<'_>, deadline: Deadline) -> Result<Stored, DeliveryError> {
        let parameters = self.parameters(view, &self.chat().await?);
        let token = self.poster.secret("the bot's token", &self.config.bot_token).await?;
        let base = parse_url("Telegram's URL", &self.config.api_url)?;
        let url = join_path(&base, &format!("bot{}/sendMessage", token.reveal()));
        let deadline = deadline.within(self.config.timeout);
        let headers = HeaderMap::new();
        let method = http::Method::POST;
        judge(&self.poster.send_json(method, url, headers, &parameters, deadline).await?)?;
        Ok(Stored::new())
    }
}

fn judge(answer: &Answer) -> Result<(), DeliveryError> {
    let verdict = serde_json::from_slice::<Verdict>(&answer.body).ok();
    if answer.status.is_success() && verdict.as_ref().is_some_and(|verdict| verdict.ok) {
        return Ok(());
    }
    let reason = match answer.status {
        StatusCode::TOO_MANY_REQUESTS => FailureReason::RateLimited,
        status if status.is_server_error() => FailureReason::Server,
        status if status.is_client_error() => FailureReason::Client,
        _ => FailureReason::Other,
    };
    let said = verdict.as_ref().map_or("", |verdict| verdict.description.as_str());
    let message = format!("Telegram answered {}: {said:?}", answer.status);
    let after = verdict.and_then(|verdict| verdict.parameters?.retry_after);
    let error = DeliveryError::retryable(reason, message);
    Err(error.with_delivery(Delivery::Retry { after: after.map(Duration::from_secs) }))
}

/// Characters that people see of a text in Telegram's HTML: tags count nothing, the entities that
/// Telegram knows count one. What is no sound HTML counts as it stands.
fn visible_chars(html: &str) -> usize {
    let mut count = 0;
    let mut rest = html;
    while let Some(c) = rest.chars().next() {
        let is_tag =
            c == '<' && rest[1..].starts_with(|c: char| c == '/' || c.is_ascii_alphabetic());
        let length = if is_tag {
            let Some(end) = rest.find('>') else { return html.chars().count() };
            end + 1
        } else {
            count += 1;
            entity_bytes(rest).unwrap_or(c.len_utf8())
        };
        rest = &rest[length..];
    }
    count
}

/// Length of the entity at the beginning of a text, if Telegram reads it as one.
fn entity_bytes(text: &str) -> Option<usize> {
    let body = text.strip_prefix('&')?;
    let letters = |text: &str, accepts: fn(&u8) -> bool| text.bytes().take_while(accepts).count();
    let name_bytes = if let Some(number) = body.strip_prefix('#') {
        let (hexadecimal, digits) = match number.strip_prefix('x') {
            Some(digits) => (true, digits),
            None => (false, number),
        };
        let accepts: fn(&u8) -> bool =
            if hexadecimal { u8::is_ascii_hexdigit } else { u8::is_ascii_digit };
        let count = letters(digits, accepts);
        let radix = if hexadecimal { 16 } else { 10 };
        let code = u32::from_str_radix(&digits[..count], radix).ok()?;
        let total = 1 + usize::from(hexadecimal) + count;
        if code == 0 || code >= 0x0010_ffff || total >= 9 {
            return None;
        }
        total
    } else {
        let count = letters(body, u8::is_ascii_alphabetic);
        matches!(&body[..count], "lt" | "gt" | "amp" | "quot").then_some(count)?
    };
    let semicolon = body[name_bytes..].starts_with(';');
    Some(1 + name_bytes + usize::from(semicolon))
}

impl Receive for Telegram {
    fn deliver<'a>(&'a self, view: &'a View<'a>, deadline: Deadline) -> Delivering<'a> {
        Box::pin(self.send(view, deadline))
    }

    fn rehearse(&self, view: &View<'_>) -> Result<(), DeliveryError> {
        self.text(view);
        Ok(())
    }
}
