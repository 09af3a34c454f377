//! Features that are switched on by name; the names are those of upstream's `--enable-feature`.
//! Some of upstream's features are always on here, and those that there are not are told.

use config::MatcherMode;
use promql::ParserOptions;
use query::EngineOptions;

/// Upstream's features that are part of Flyball and cannot be switched off.
const ALWAYS_ON: [&str; 7] = [
    "exemplar-storage",
    "native-histograms",
    "promql-at-modifier",
    "promql-duration-expr",
    "promql-negative-offset",
    "promql-per-step-stats",
    "remote-write-receiver",
];

/// Features of PromQL that are off unless they are named.
pub(crate) const PROMQL: [&str; 5] = [
    "promql-experimental-functions",
    "promql-delayed-name-removal",
    "promql-extended-range-selectors",
    "promql-binop-fill-modifiers",
    "use-start-timestamps",
];

/// Features of Alertmanager's matchers: other grammars than both.
const CLASSIC: &str = "classic-mode";
const UTF8_STRICT: &str = "utf8-strict-mode";

/// Languages that a configuration may speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Syntax {
    /// Parts of PromQL.
    pub promql: ParserOptions,
    /// Grammars of Alertmanager's matchers.
    pub matchers: MatcherMode,
}

/// What a list of names switches on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// Parts of PromQL.
    pub syntax: ParserOptions,
    /// Modes of matchers, as named.
    matchers: Vec<MatcherMode>,
    delayed_name_removal: bool,
    use_start_timestamps: bool,
    /// Names that switch nothing.
    pub unknown: Vec<String>,
}

impl Features {
    /// What these names, as `--enable-feature` has them, switch on.
    pub fn named<'n>(names: impl IntoIterator<Item = &'n String>) -> Self {
        let mut features = Self::default();
        let syntax = &mut features.syntax;
        for name in names {
            match name.trim() {
                "promql-experimental-functions" => syntax.experimental_functions = true,
                "promql-delayed-name-removal" => features.delayed_name_removal = true,
                "promql-extended-range-selectors" => syntax.extended_range_selectors = true,
                "promql-binop-fill-modifiers" => syntax.fill_modifiers = true,
                "use-start-timestamps" => features.use_start_timestamps = true,
                CLASSIC => features.matchers.push(MatcherMode::Classic),
                UTF8_STRICT => features.matchers.push(MatcherMode::Utf8Strict),
                "" => {}
                name if ALWAYS_ON.contains(&name) => {}
                name => features.unknown.push(name.to_owned()),
            }
        }
        features
    }

    /// Switches these features of evaluation on.
    pub fn apply(&self, options: &mut EngineOptions) {
        options.delayed_name_removal = self.delayed_name_removal;
        options.use_start_timestamps = self.use_start_timestamps;
    }

    /// Languages of a configuration.
    ///
    /// # Errors
    /// When both modes of matchers are named.
    pub fn languages(&self) -> Result<Syntax, String> {
        let matchers = self.matchers.first().copied().unwrap_or_default();
        if self.matchers.iter().any(|mode| *mode != matchers) {
            let both = format!("--enable-feature: {CLASSIC} and {UTF8_STRICT}");
            return Err(format!("{both} exclude one another"));
        }
        Ok(Syntax { promql: self.syntax, matchers })
    }

    /// One sentence per name that switches nothing.
    pub fn complaints(&self) -> impl Iterator<Item = String> {
        self.unknown.iter().map(|name| {
            let known = [&PROMQL[..], &[CLASSIC, UTF8_STRICT]].concat().join(", ");
            format!("--enable-feature={name}: there is no such feature; there are {known}")
        })
    }
}

#[cfg(test)]
mod tests;
