//! Rules that users create, change and delete over HTTP: checked, kept on disk, then evaluated
//! together with those of the configuration. A change that is refused changes nothing.

mod store;

pub(crate) use store::RuleFolder;

use crate::evaluate::Evaluator;
use crate::load::{GroupDefaults, parse_group};
use api::{ProviderError, ProviderErrorKind, RuleConfig};
use commands::console::io_words;
use rules::{GroupOptions, GroupSpec};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::Namespace;

/// What the configuration says about rules.
pub(crate) struct InForce {
    pub(crate) groups: Vec<GroupSpec>,
    pub(crate) options: GroupOptions,
    pub(crate) defaults: GroupDefaults,
}

/// Rules of users beside those of the configuration.
pub(crate) struct KeptRules {
    folder: RuleFolder,
    evaluator: Arc<Evaluator>,
    /// Whoever holds it has the turn to change what is evaluated. Empty before the first
    /// configuration.
    in_force: Mutex<Option<InForce>>,
}

impl KeptRules {
    pub(crate) fn new(folder: RuleFolder, evaluator: Arc<Evaluator>) -> Self {
        Self { folder, evaluator, in_force: Mutex::default() }
    }

    /// Evaluates under another configuration. Must be called within the runtime.
    pub(crate) fn configure(&self, new: InForce) {
        tokio::task::block_in_place(|| {
            let mut in_force = self.lock();
            self.evaluate(in_force.insert(new));
        });
    }

    /// Evaluates what configuration and users say. Kept rules that cannot be evaluated are said.
    fn evaluate(&self, in_force: &InForce) {
        let kept = self.folder.read().unwrap_or_else(|error| {
            tracing::error!(%error, "kept rules cannot be listed");
            Vec::new()
        });
        let mut groups = in_force.groups.clone();
        for namespace in kept {
            let name = &namespace.name;
            if let Some(fault) = collision(in_force, name) {
                tracing::error!(namespace = name, "kept rules are not evaluated: {fault}");
                continue;
            }
            match namespace.specs(in_force.defaults) {
                Ok(specs) => groups.extend(specs),
                Err(error) => {
                    tracing::error!(namespace = name, error, "kept rules are not evaluated");
                }
            }
        }
        self.evaluator.apply(groups, &in_force.options);
    }

    fn lock(&self) -> MutexGuard<'_, Option<InForce>> {
        self.in_force.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl api::RuleConfigProvider for KeptRules {
    fn namespaces(&self) -> Result<Vec<(String, Vec<RuleConfig>)>, ProviderError> {
        let all = self.folder.read().map_err(|error| failed("read", &error))?;
        let shown = |namespace: Namespace| {
            let groups = namespace.groups.iter().map(|group| {
                let (name, text) = (group.name.clone(), store::group_text(group));
                RuleConfig { name, text }
            });
            let groups = groups.collect();
            (namespace.name, groups)
        };
        Ok(all.into_iter().map(shown).collect())
    }

    fn put(&self, namespace: &str, text: &str) -> Result<(), ProviderError> {
        let in_force = self.lock();
        let Some(rules) = in_force.as_ref() else { return Err(not_ready()) };
        if let Some(fault) = store::namespace_fault(namespace) {
            return Err(refused(fault));
        }
        if let Some(fault) = collision(rules, namespace) {
            return Err(refused(fault));
        }
        let parsed = parse_group(namespace, text, rules.defaults);
        let (group, _) = parsed.map_err(|problems| {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            refused(lines.join("\n"))
        })?;
        let kept = self.folder.read_one(namespace).map_err(|error| failed("read", &error))?;
        if kept.is_none() && !self.folder.has_room().map_err(|error| failed("list", &error))? {
            return Err(refused("there are too many namespaces".to_owned()));
        }
        let empty = || Namespace { name: namespace.to_owned(), groups: Vec::new() };
        let mut kept = kept.unwrap_or_else(empty);
        match kept.groups.iter_mut().find(|known| known.name == group.name) {
            Some(known) => *known = group,
            None => kept.groups.push(group),
        }
        self.folder.write(&kept).map_err(|error| failed("write", &error))?;
        self.evaluate(rules);
        Ok(())
    }

    fn delete(&self, namespace: &str, group: Option<&str>) -> Result<bool, ProviderError> {
        let in_force = self.lock();
        let Some(rules) = in_force.as_ref() else { return Err(not_ready()) };
        let kept = self.folder.read_one(namespace).map_err(|error| failed("read", &error))?;
        let Some(mut kept) = kept else { return Ok(false) };
        let count = kept.groups.len();
        kept.groups.retain(|known| group.is_some_and(|group| known.name != group));
        if kept.groups.len() == count {
            return Ok(false);
        }
        self.folder.write(&kept).map_err(|error| failed("write", &error))?;
        self.evaluate(rules);
        Ok(true)
    }
}

/// File and group name a rule group, so a namespace may not be called like a rule file.
fn collision(in_force: &InForce, namespace: &str) -> Option<String> {
    let is_taken = in_force.groups.iter().any(|group| group.file == namespace);
    is_taken.then(|| format!("namespace {} is a rule file", model::quote(namespace)))
}

fn refused(message: String) -> ProviderError {
    ProviderError::new(ProviderErrorKind::Refused, message)
}

fn failed(what: &str, error: &io::Error) -> ProviderError {
    let message = format!("cannot {what} kept rules: {}", io_words(error));
    ProviderError::new(ProviderErrorKind::Failed, message)
}

fn not_ready() -> ProviderError {
    ProviderError::new(ProviderErrorKind::Unavailable, "the server is starting")
}
