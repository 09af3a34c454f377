//! A notification as one receiver renders it: texts from templates, and what stands in for a text
//! whose template fails, because a page that does not arrive is worse than an ugly one.

use crate::templates::{Templates, is_mistake, is_plain};
use crate::{DeliveryError, payload, text};
use alerts::Notification;
use gotemplate::{Output, Value};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, OnceLock, PoisonError};

/// Alerts that a stand-in text names.
const NAMED_ALERTS_MAX: usize = 10;

/// A text of a receiver that could not be rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateProblem {
    /// Key of the configuration whose template it is.
    pub field: String,
    /// What went wrong.
    pub message: String,
    /// The text is wrong whatever the alerts are; otherwise it failed on these alerts.
    pub is_mistake: bool,
}

/// A notification with the templates that render it.
pub(crate) struct View<'a> {
    pub(crate) notification: &'a Notification,
    /// Where users reach this server.
    pub(crate) external_url: &'a str,
    templates: &'a Templates,
    /// Made when the first template wants it: many messages have none.
    data: OnceLock<(Value, Vec<(String, String)>)>,
    now: Timestamp,
    problems: Mutex<Vec<TemplateProblem>>,
}

impl<'a> View<'a> {
    pub(crate) fn new(
        notification: &'a Notification,
        templates: &'a Templates,
        external_url: &'a str,
    ) -> Self {
        Self {
            notification,
            external_url,
            templates,
            data: OnceLock::new(),
            now: payload::instant(notification.now),
            problems: Mutex::new(Vec::new()),
        }
    }

    /// The same templates for a part of the notification.
    pub(crate) fn of_part<'b>(&'b self, part: &'b Notification) -> View<'b> {
        View::new(part, self.templates, self.external_url)
    }

    /// Labels of the route with their values rendered: they are templates themselves, which see
    /// the labels as they stand in the configuration.
    pub(crate) fn rendered_route_labels(&self) -> BTreeMap<String, String> {
        let label =
            |(name, value): (&String, &String)| (name.clone(), self.ornament("labels", value));
        self.notification.route_labels.iter().map(label).collect()
    }

    /// Does any alert fire?
    pub(crate) fn is_firing(&self) -> bool {
        self.notification.is_firing()
    }

    /// Name of the group for systems with short keys.
    pub(crate) fn key_hash(&self) -> String {
        text::key_hash(&self.notification.group_key)
    }

    /// When the notification was decided.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// A text for people; a plain one with the error stands in when its template fails.
    pub(crate) fn text(&self, field: &str, template: &str) -> String {
        self.render(field, template, Output::Text)
            .unwrap_or_else(|error| self.stand_in(field, &error))
    }

    /// The same as HTML.
    pub(crate) fn html(&self, field: &str, template: &str) -> String {
        self.render(field, template, Output::Html)
            .unwrap_or_else(|error| escape(&self.stand_in(field, &error)))
    }

    /// An ornament such as a colour or an icon; empty when its template fails.
    pub(crate) fn ornament(&self, field: &str, template: &str) -> String {
        self.render(field, template, Output::Text).unwrap_or_default()
    }

    /// A text that decides where the message goes or who may send it.
    ///
    /// # Errors
    /// When its template fails: another text could reach somebody else.
    pub(crate) fn address(&self, field: &str, template: &str) -> Result<String, DeliveryError> {
        self.render(field, template, Output::Text).map_err(|error| {
            DeliveryError::refused(format!("cannot expand the template of `{field}`: {error}"))
        })
    }

    /// What could not be rendered so far.
    pub(crate) fn problems(&self) -> Vec<TemplateProblem> {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes over what a part of the notification could not render.
    pub(crate) fn adopt(&self, part: &View<'_>) {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).extend(part.problems());
    }

    pub(crate) fn note(&self, field: &str, message: String, is_mistake: bool) {
        let problem = TemplateProblem { field: field.to_owned(), message, is_mistake };
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).push(problem);
    }

    fn render(
        &self,
        field: &str,
        template: &str,
        output: Output,
    ) -> Result<String, gotemplate::Error> {
        if is_plain(template) {
            return Ok(template.to_owned());
        }
        let (data, route_labels) = self.data.get_or_init(|| {
            let data = payload::template_data(self.notification, self.external_url);
            (Value::from(data), payload::route_labels(self.notification))
        });
        let rendered = self.templates.render(template, data, route_labels, output, self.now);
        rendered.inspect_err(|error| self.note(field, error.to_string(), is_mistake(error)))
    }

    /// What is told instead of a text whose template fails.
    fn stand_in(&self, field: &str, error: &gotemplate::Error) -> String {
        let firing = self.notification.alerts.iter().filter(|alert| alert.firing).count();
        let mut told = match firing {
            0 => "[RESOLVED]".to_owned(),
            firing => format!("[FIRING:{firing}]"),
        };
        for (_, value) in self.notification.group_labels.iter() {
            let _infallible = write!(told, " {value}");
        }
        let _infallible = write!(told, "\nThe template of `{field}` failed: {error}");
        for alert in self.notification.alerts.iter().take(NAMED_ALERTS_MAX) {
            let _infallible = write!(told, "\n{} {}", payload::status(alert.firing), alert.labels);
        }
        let left_out = self.notification.alerts.len().saturating_sub(NAMED_ALERTS_MAX);
        if left_out > 0 {
            let _infallible = write!(told, "\nand {left_out} more");
        }
        told
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', "<br>\n")
}
