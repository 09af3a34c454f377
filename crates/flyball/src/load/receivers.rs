//! Templates of notifications, their rehearsal, and what receivers may know.

use super::{Loader, routing::Routing};
use alerts::Compat;
use commands::files::read_text;
use config::{AlertmanagerFile, Redact, Warning};
use notify::{Redaction, Templates};
use std::io;

/// Key of warnings about files.
const TEMPLATES: &str = "templates";

/// Reads the templates of an alertmanager.yml and rehearses its receivers: mistakes, and what to
/// know.
pub(crate) fn rehearse(path: &str, file: &AlertmanagerFile) -> (Vec<String>, Vec<Warning>) {
    let mut loader = Loader::default();
    let templates = loader.templates(&file.templates);
    // Templates that cannot be read would be missing everywhere.
    if loader.mistakes.is_empty() {
        loader.rehearse(path, &Routing::from_file(file.clone(), templates, Compat::Improved));
    }
    // Files that are missing are told by whoever looks at all files.
    loader.warnings.retain(|warning| warning.key != TEMPLATES);
    (loader.mistakes, loader.warnings)
}

impl Loader {
    /// Reads the files that `templates:` of an alertmanager.yml names. As upstream, a name without
    /// a file is no mistake: it may come later.
    pub(super) fn templates(&mut self, patterns: &[String]) -> Templates {
        let mut files: Vec<(String, String)> = Vec::new();
        for path in self.expand(TEMPLATES, patterns) {
            let name = path.display().to_string();
            match read_text(&path) {
                Ok(text) => {
                    files.push((name, text));
                    self.files.push(path);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let message = format!("{name} does not exist");
                    self.warn(&name, TEMPLATES, message);
                }
                Err(error) => self.mistakes.push(error.to_string()),
            }
        }
        let texts = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        Templates::load(texts).unwrap_or_else(|problems| {
            self.mistakes.extend(problems.iter().map(ToString::to_string));
            Templates::default()
        })
    }

    /// Renders synthetic alerts for every receiver: mistakes in texts refuse the configuration,
    /// texts that fail on these alerts only are warned of.
    pub(super) fn rehearse(&mut self, path: &str, routing: &Routing) {
        for (receiver, integration) in routing.configured() {
            for problem in notify::rehearse(integration, &routing.templates) {
                let field = if problem.field.is_empty() { "" } else { "." };
                let kind = integration.kind.name();
                let key = format!("receivers.{kind}_configs{field}{}", problem.field);
                let what = format!("receiver {receiver:?}, `{key}`: {}", problem.message);
                if problem.is_mistake {
                    self.mistakes.push(format!("{path}: {what}"));
                } else {
                    self.warn(path, &key, format!("{what} (rendering synthetic alerts)"));
                }
            }
        }
    }

    /// What receivers may know, by the rules of flyball.yml.
    pub(super) fn redact(&mut self, rules: &[Redact], routing: &mut Routing) {
        for rule in rules {
            if !routing.integrations.contains_key(&rule.receiver) {
                let known: Vec<&str> = routing.integrations.keys().map(String::as_str).collect();
                let known = known.join(", ");
                let name = &rule.receiver;
                let message = format!("`notify.redact` names receiver {name:?}; known: {known}");
                self.mistakes.push(message);
                continue;
            }
            let names = |names: &[String]| names.iter().cloned().collect();
            let redaction = Redaction {
                allow: rule.allow.as_deref().map(names),
                mask: names(&rule.mask),
                hash: names(&rule.hash),
                hash_key: rule.hash_key_file.clone().map(config::SecretSource::File),
            };
            routing.redactions.insert(rule.receiver.clone(), redaction);
        }
    }
}
