//! The texts of notifications: the default templates and those of the user's `templates:` files.
//! Files are parsed when the configuration is loaded; texts of receivers when they are rendered.

use config::{Place, Problem};
use gotemplate::notifications::{Data, Functions, default_templates};
use gotemplate::{Error, ErrorKind, Limits, Output, Value};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::borrow::Cow;
use std::path::Path;

/// Bounds of one text: a mail about thousands of alerts fits, an endless loop ends.
const LIMITS: Limits = Limits { output_bytes: 1 << 20, steps: 5_000_000, depth: 200 };

/// A set of templates that the texts of receivers may call. Cheap to copy.
#[derive(Clone, Debug)]
pub struct Templates {
    set: gotemplate::Templates,
}

impl Default for Templates {
    fn default() -> Self {
        let set = default_templates();
        Self { set: set.expect("the default templates can be read; a test renders them all") }
    }
}

impl Templates {
    /// The default templates and those of files, each with its path and its text. Later files
    /// replace templates of earlier ones.
    ///
    /// # Errors
    /// What is wrong with each file that is no set of templates, with its line.
    pub fn load<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Vec<Problem>> {
        let mut templates = Self::default();
        let mut problems = Vec::new();
        for (path, text) in files {
            if let Err(error) = templates.add(path, text) {
                problems.push(placed(path, text, &file_name(path), &error));
            }
        }
        if problems.is_empty() { Ok(templates) } else { Err(problems) }
    }

    /// Adds the templates of a file.
    ///
    /// # Errors
    /// When it is no set of templates.
    pub fn add(&mut self, path: &str, text: &str) -> Result<(), Error> {
        self.set.add(&file_name(path), text)
    }

    /// Renders a text that may call the templates of the set.
    ///
    /// # Errors
    /// When the text is no template, fails on this data, or a limit is reached.
    pub fn expand(
        &self,
        text: &str,
        data: &Data,
        output: Output,
        now: Timestamp,
    ) -> Result<String, Error> {
        if is_plain(text) {
            return Ok(text.to_owned());
        }
        self.render(text, &Value::from(data.clone()), &data.route_labels, output, now)
    }

    pub(crate) fn render(
        &self,
        text: &str,
        data: &Value,
        route_labels: &[(String, String)],
        output: Output,
        now: Timestamp,
    ) -> Result<String, Error> {
        let mut set = self.set.clone();
        set.add("", text)?;
        let zones = |name: &str| TimeZone::get(name).ok();
        let mut functions = Functions { now, zones: &zones, route_labels };
        set.render("", data, output, &mut functions, LIMITS)
    }
}

/// The name by which the templates of a file call it.
fn file_name(path: &str) -> Cow<'_, str> {
    Path::new(path).file_name().map_or(path.into(), |name| name.to_string_lossy())
}

/// The error of a file where its line is; the message names it: `template: NAME:LINE: ...`.
fn placed(path: &str, text: &str, name: &str, error: &Error) -> Problem {
    let message = error.to_string();
    let rest = message.strip_prefix(&format!("template: {name}:"));
    let parts = rest.and_then(|rest| rest.split_once(": "));
    let numbered = parts.and_then(|(line, what)| Some((line.parse::<usize>().ok()?, what)));
    let Some((line, what)) = numbered else {
        return Problem::new(path, text, Place::START, format!("cannot read templates: {message}"));
    };
    let source = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let column = source.chars().take_while(|c| c.is_whitespace()).count() + 1;
    Problem::new(path, text, Place { line, column }, format!("cannot read templates: {what}"))
}

/// Has a text no actions, so that it stands for itself?
pub(crate) fn is_plain(text: &str) -> bool {
    !text.contains("{{")
}

/// Is it a mistake of the text itself, whatever the data: no template, an unknown function, or a
/// template that does not exist?
pub(crate) fn is_mistake(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Parse => true,
        ErrorKind::Execute => {
            let message = error.to_string();
            message.contains(": template ") && message.ends_with(" not defined")
        }
        ErrorKind::Limit => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(path: &str, text: &str) -> String {
        let problems = Templates::load([(path, text)]).unwrap_err();
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_bad_file_is_told_with_its_place() {
        let text = "{{ define \"a\" }}ok{{ end }}\n  {{ define \"b\" }}{{ nope . }}{{ end }}\n";
        assert!(
            problem("/etc/t/bad.tmpl", text).starts_with(
                "/etc/t/bad.tmpl:2:3: cannot read templates: function \"nope\" not defined"
            ),
            "{}",
            problem("/etc/t/bad.tmpl", text)
        );
    }

    #[test]
    fn files_replace_default_templates() {
        let text = r#"{{ define "__subject" }}mine {{ .Status }}{{ end }}"#;
        let templates = Templates::load([("a.tmpl", text)]).unwrap();
        let data = Data { status: "firing".into(), ..Data::default() };
        let call = r#"{{ template "email.default.subject" . }}"#;
        let shown = templates.expand(call, &data, Output::Text, Timestamp::UNIX_EPOCH);
        assert_eq!(shown.unwrap(), "mine firing");
    }

    #[test]
    fn mistakes_are_told_from_failures_on_data() {
        let templates = Templates::default();
        let judge = |text: &str| {
            let data = Data::default();
            let error = templates.expand(text, &data, Output::Text, Timestamp::UNIX_EPOCH);
            is_mistake(&error.unwrap_err())
        };
        assert!(judge("{{ "));
        assert!(judge("{{ nope }}"));
        assert!(judge(r#"{{ template "nope" . }}"#));
        assert!(!judge("{{ index .Alerts 3 }}"));
        assert!(!judge(r#"{{ tz "Nowhere/Land" now }}"#));
    }
}
