//! Components and what they depend on, checked: every name once, nothing depends on itself.

use std::collections::{BTreeMap, BTreeSet};

/// Name of the whole; no component has it.
pub const WHOLE: &str = "system";

/// How much the whole, and what depends on it, needs a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Criticality {
    /// Nice to have.
    Minor,
    /// As any.
    #[default]
    Normal,
    /// Nothing works without it.
    Critical,
}

impl Criticality {
    /// The word in files and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minor => "minor",
            Self::Normal => "normal",
            Self::Critical => "critical",
        }
    }

    /// Share in a weighted mean.
    pub(crate) const fn weight(self) -> u32 {
        match self {
            Self::Minor => 1,
            Self::Normal => 2,
            Self::Critical => 4,
        }
    }
}

/// Something that can be well or ill.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Component {
    /// Its name, also in series.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// How much it is needed.
    pub criticality: Criticality,
    /// Names of the components it needs.
    pub depends_on: Vec<String>,
    /// Subjects none of which may be down.
    pub vital: BTreeSet<String>,
    /// Address of the page that says what to do; may be empty.
    pub runbook: String,
}

/// Why components cannot be judged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// A name is there twice, or is that of the whole.
    #[error("the name `{0}` of a component is taken")]
    NameTaken(String),
    /// A dependency is no component.
    #[error("`{component}` depends on `{missing}`, which is no component")]
    Missing {
        /// Whose dependency it is.
        component: String,
        /// The name that stands for nothing.
        missing: String,
    },
    /// These depend on each other in a ring, or on such a ring.
    #[error("components depend on each other in a ring: {}", .0.join(", "))]
    Ring(Vec<String>),
}

/// Components in an order in which each comes after those it depends on.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Layout {
    components: Vec<Component>,
    /// Places of what each depends on, all of them earlier.
    needs: Vec<Vec<usize>>,
}

impl Layout {
    /// Checks names and dependencies.
    pub fn new(components: Vec<Component>) -> Result<Self, LayoutError> {
        let mut names = BTreeSet::from([WHOLE]);
        for component in &components {
            if !names.insert(&component.name) {
                return Err(LayoutError::NameTaken(component.name.clone()));
            }
        }
        for component in &components {
            let missing = |name: &&String| **name == WHOLE || !names.contains(name.as_str());
            if let Some(missing) = component.depends_on.iter().find(missing) {
                let (component, missing) = (component.name.clone(), missing.clone());
                return Err(LayoutError::Missing { component, missing });
            }
        }
        Self::sorted(components)
    }

    /// Puts dependencies first; the order is otherwise the given one.
    fn sorted(mut left: Vec<Component>) -> Result<Self, LayoutError> {
        let mut layout = Self::default();
        let mut places = BTreeMap::new();
        while !left.is_empty() {
            let before = left.len();
            let mut later = Vec::new();
            for component in left {
                let needs = component.depends_on.iter().collect::<BTreeSet<_>>();
                let found: Option<Vec<usize>> =
                    needs.into_iter().map(|name| places.get(name).copied()).collect();
                let Some(needs) = found else {
                    later.push(component);
                    continue;
                };
                places.insert(component.name.clone(), layout.components.len());
                layout.components.push(component);
                layout.needs.push(needs);
            }
            if later.len() == before {
                return Err(LayoutError::Ring(later.into_iter().map(|part| part.name).collect()));
            }
            left = later;
        }
        Ok(layout)
    }

    /// Components, each after those it depends on.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// Places of what the component at a place depends on.
    pub(crate) fn needs(&self, place: usize) -> &[usize] {
        &self.needs[place]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(name: &str, needs: &[&str]) -> Component {
        Component {
            name: name.to_owned(),
            depends_on: needs.iter().map(|need| (*need).to_owned()).collect(),
            ..Component::default()
        }
    }

    fn names(parts: &[(&str, &[&str])]) -> Result<Vec<String>, String> {
        let parts = parts.iter().map(|(name, needs)| component(name, needs)).collect();
        let layout = Layout::new(parts).map_err(|error| error.to_string())?;
        Ok(layout.components().iter().map(|part| part.name.clone()).collect())
    }

    #[test]
    fn dependencies_come_first() {
        let sorted = names(&[("shop", &["db", "cache"]), ("cache", &["db"]), ("db", &[])]);
        assert_eq!(sorted.unwrap(), ["db", "cache", "shop"]);
    }

    #[test]
    fn mistakes_are_told() {
        let told = |parts| names(parts).unwrap_err();
        assert_eq!(told(&[("a", &[]), ("a", &[])]), "the name `a` of a component is taken");
        assert_eq!(told(&[(WHOLE, &[])]), "the name `system` of a component is taken");
        assert_eq!(told(&[("a", &["b"])]), "`a` depends on `b`, which is no component");
        assert_eq!(told(&[("a", &[WHOLE])]), "`a` depends on `system`, which is no component");
        assert_eq!(
            told(&[("x", &["a"]), ("a", &["b"]), ("b", &["c"]), ("c", &["a"])]),
            "components depend on each other in a ring: x, a, b, c"
        );
        assert_eq!(told(&[("a", &["a"])]), "components depend on each other in a ring: a");
    }
}
