//! Sets of templates that call each other, and their rendering as text or HTML.

use crate::error::{Error, ErrorKind};
use crate::exec::Run;
use crate::html::Escaper;
use crate::library::{Library, Signature};
use crate::limits::Limits;
use crate::parse::ast::{self, Tree};
use crate::parse::parse;
use crate::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Templates by name. Cheap to copy: the copy shares what was parsed.
#[derive(Clone, Debug)]
pub struct Templates {
    functions: &'static [Signature],
    trees: BTreeMap<Arc<str>, Arc<Tree>>,
}

/// What the output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Plain text: values are written as they are (text/template).
    Text,
    /// HTML: values are escaped as the place where they stand asks for (html/template).
    Html,
}

impl Templates {
    /// No templates; those that are added may call these functions besides Go's own.
    pub fn new(functions: &'static [Signature]) -> Self {
        Self { functions, trees: BTreeMap::new() }
    }

    /// Adds a text under a name, and the templates it defines.
    ///
    /// A definition replaces an older one of the same name, unless there is nothing but spaces in
    /// it.
    ///
    /// # Errors
    /// When the text is no template, longer than 1 MiB or nested more than 64 deep; nothing is
    /// added then.
    pub fn add(&mut self, name: &str, text: &str) -> Result<(), Error> {
        for tree in parse(name, text, self.functions)? {
            if ast::is_blank(&tree.body) && self.trees.contains_key(&*tree.name) {
                continue;
            }
            self.trees.insert(tree.name.clone(), Arc::new(tree));
        }
        Ok(())
    }

    /// Names of the templates, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.trees.keys().map(|name| &**name)
    }

    /// Renders a template on data.
    ///
    /// A key that is missing in a map gives the zero of the map's type, as Prometheus and
    /// Alertmanager have it (`missingkey=zero`).
    ///
    /// # Errors
    /// When there is no such template, it asks for what is not there, a function fails, or a limit
    /// is reached.
    pub fn render(
        &self,
        name: &str,
        data: &Value,
        output: Output,
        library: &mut dyn Library,
        limits: Limits,
    ) -> Result<String, Error> {
        let escaper = (output == Output::Html).then(Escaper::default);
        let Some(tree) = self.tree(name) else {
            let name = crate::fmt::quote(name);
            return Err(Error::new(ErrorKind::Execute, format!("template: no template {name}")));
        };
        Run::new(self, tree, library, limits, escaper).render(data)
    }

    pub(crate) fn tree(&self, name: &str) -> Option<&Tree> {
        self.trees.get(name).map(|tree| &**tree)
    }
}
