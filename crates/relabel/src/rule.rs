//! One relabelling rule: what the file says (`RuleSpec`) and the checked form (`Rule`).
//! Checks and defaults are those of Prometheus 3.14 `relabel.Config.Validate`.
//! A `Rule` that exists is valid: its expression compiles and its target can be a label name.

use model::{Pattern, PatternError};
use std::fmt;

/// Separator between the values of the source labels when none is written.
const DEFAULT_SEPARATOR: &str = ";";
/// Expression when none is written.
const DEFAULT_REGEX: &str = "(.*)";
/// Replacement when none is written.
const DEFAULT_REPLACEMENT: &str = "$1";

/// What a rule does with a label set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Action {
    /// Writes the filled replacement to the target label when the expression matches.
    #[default]
    Replace,
    /// Drops the set unless the expression matches.
    Keep,
    /// Drops the set when the expression matches.
    Drop,
    /// Drops the set unless the joined source equals the target label.
    KeepEqual,
    /// Drops the set when the joined source equals the target label.
    DropEqual,
    /// Writes the hash of the joined source modulo `modulus` to the target label.
    HashMod,
    /// Copies every label whose name matches to the name that the replacement gives.
    LabelMap,
    /// Removes every label whose name matches.
    LabelDrop,
    /// Removes every label whose name does not match.
    LabelKeep,
    /// Writes the joined source in lower case to the target label.
    Lowercase,
    /// Writes the joined source in upper case to the target label.
    Uppercase,
}

impl Action {
    /// All actions, in the order of Prometheus' documentation.
    pub const ALL: [Self; 11] = [
        Self::Replace,
        Self::Lowercase,
        Self::Uppercase,
        Self::Keep,
        Self::Drop,
        Self::KeepEqual,
        Self::DropEqual,
        Self::HashMod,
        Self::LabelMap,
        Self::LabelDrop,
        Self::LabelKeep,
    ];

    /// The action of that name; case does not matter.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str().eq_ignore_ascii_case(name))
    }

    /// Name as in the configuration file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Keep => "keep",
            Self::Drop => "drop",
            Self::KeepEqual => "keepequal",
            Self::DropEqual => "dropequal",
            Self::HashMod => "hashmod",
            Self::LabelMap => "labelmap",
            Self::LabelDrop => "labeldrop",
            Self::LabelKeep => "labelkeep",
            Self::Lowercase => "lowercase",
            Self::Uppercase => "uppercase",
        }
    }

    const fn needs_target(self) -> bool {
        match self {
            Self::Keep | Self::Drop | Self::LabelMap | Self::LabelDrop | Self::LabelKeep => false,
            Self::Replace
            | Self::HashMod
            | Self::Lowercase
            | Self::Uppercase
            | Self::KeepEqual
            | Self::DropEqual => true,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which label names are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum NameScheme {
    /// Any non-empty UTF-8 text.
    #[default]
    Utf8,
    /// `[a-zA-Z_][a-zA-Z0-9_]*`
    Legacy,
}

impl NameScheme {
    /// May a label have this name?
    pub fn allows_label(self, name: &str) -> bool {
        match self {
            Self::Utf8 => !name.is_empty(),
            Self::Legacy => model::is_legacy_label_name(name),
        }
    }

    /// Can the template become a label name once its `$` references are filled?
    fn allows_template(self, template: &str) -> bool {
        match self {
            // Every `$` is an ordinary character here.
            Self::Utf8 => !template.is_empty(),
            Self::Legacy => is_legacy_template(template),
        }
    }
}

/// `^(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+$`: letters and references, a digit never first.
fn is_legacy_template(template: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = template.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        at += match bytes[at] {
            b'$' => match reference_len(&bytes[at + 1..], word) {
                0 => return false,
                length => length + 1,
            },
            byte if word(byte) && (at > 0 || !byte.is_ascii_digit()) => 1,
            _ => return false,
        };
    }
    !bytes.is_empty()
}

/// Length of `{word}` or `word` at the beginning, 0 when there is neither.
fn reference_len(rest: &[u8], word: impl Fn(u8) -> bool) -> usize {
    let run = |bytes: &[u8]| bytes.iter().take_while(|&&byte| word(byte)).count();
    match rest.split_first() {
        Some((b'{', inner)) => match run(inner) {
            length if length > 0 && inner.get(length) == Some(&b'}') => length + 2,
            _ => 0,
        },
        _ => run(rest),
    }
}

/// A rule as written; every field absent means the default.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RuleSpec {
    /// Labels whose values are joined; absent is not the same as an empty list.
    pub source_labels: Option<Vec<String>>,
    /// Text between the values; `;` by default.
    pub separator: Option<String>,
    /// Expression on the joined value or the label name; `(.*)` by default.
    pub regex: Option<String>,
    /// Divisor of `hashmod`.
    pub modulus: u64,
    /// Label to write; `$` references are filled for `replace`.
    pub target_label: String,
    /// Template of the new value; `$1` by default.
    pub replacement: Option<String>,
    /// What to do; `replace` by default.
    pub action: Action,
}

/// Which part of a rule is wrong; names the key in the configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleErrorKind {
    /// `regex` does not compile.
    Regex,
    /// `modulus` is missing.
    Modulus,
    /// `target_label` is missing or can never be a label name.
    TargetLabel,
    /// `replacement` is not allowed or can never be a label name.
    Replacement,
    /// `source_labels` names something that is no label name.
    SourceLabels,
    /// The action takes fewer fields than were given.
    ExtraFields,
}

impl RuleErrorKind {
    /// Key of the configuration file to look at.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Regex => "regex",
            Self::Modulus => "modulus",
            Self::TargetLabel => "target_label",
            Self::Replacement => "replacement",
            Self::SourceLabels => "source_labels",
            Self::ExtraFields => "action",
        }
    }
}

/// A rule that cannot work.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct RuleError {
    kind: RuleErrorKind,
    message: String,
    source: Option<PatternError>,
}

impl RuleError {
    fn new(kind: RuleErrorKind, message: String) -> Self {
        Self { kind, message, source: None }
    }

    /// Kind, for callers that point at the key.
    pub fn kind(&self) -> RuleErrorKind {
        self.kind
    }
}

/// A checked rule, ready to be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub(crate) source_labels: Vec<String>,
    pub(crate) separator: String,
    pub(crate) pattern: Pattern,
    /// Nothing was written: the expression matches everything and `$1` is the whole value.
    pub(crate) default_pattern: bool,
    pub(crate) modulus: u64,
    pub(crate) target_label: String,
    pub(crate) replacement: String,
    pub(crate) action: Action,
    pub(crate) scheme: NameScheme,
}

impl Rule {
    /// Checks a rule; `scheme` says which label names it may produce.
    pub fn new(spec: RuleSpec, scheme: NameScheme) -> Result<Self, RuleError> {
        let regex = spec.regex.as_deref().unwrap_or(DEFAULT_REGEX);
        let pattern = Pattern::new(regex).map_err(|source| RuleError {
            kind: RuleErrorKind::Regex,
            message: source.to_string(),
            source: Some(source),
        })?;
        check_fields(&spec, scheme)?;
        let source_labels = spec.source_labels.unwrap_or_default();
        if let Some(name) = source_labels.iter().find(|name| name.is_empty()) {
            let message = format!("{} is not a valid label name", model::quote(name));
            return Err(RuleError::new(RuleErrorKind::SourceLabels, message));
        }
        Ok(Self {
            source_labels,
            separator: spec.separator.unwrap_or_else(|| DEFAULT_SEPARATOR.to_owned()),
            pattern,
            default_pattern: spec.regex.is_none(),
            modulus: spec.modulus,
            target_label: spec.target_label,
            replacement: spec.replacement.unwrap_or_else(|| DEFAULT_REPLACEMENT.to_owned()),
            action: spec.action,
            scheme,
        })
    }

    /// What the rule does.
    pub fn action(&self) -> Action {
        self.action
    }

    /// Labels whose values are joined.
    pub fn source_labels(&self) -> &[String] {
        &self.source_labels
    }

    /// Label the rule writes or compares with; empty when the action has none.
    pub fn target_label(&self) -> &str {
        &self.target_label
    }

    /// Expression of the rule.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// Template of the new value.
    pub fn replacement(&self) -> &str {
        &self.replacement
    }

    /// Text between the joined values.
    pub fn separator(&self) -> &str {
        &self.separator
    }

    /// Divisor of `hashmod`, 0 elsewhere.
    pub fn modulus(&self) -> u64 {
        self.modulus
    }
}

/// As a file has it, on one line and without what is the default.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "action: {}", self.action)?;
        if !self.source_labels.is_empty() {
            write!(f, ", source_labels: [{}]", self.source_labels.join(", "))?;
        }
        if self.separator != DEFAULT_SEPARATOR {
            write!(f, ", separator: {}", model::quote(&self.separator))?;
        }
        if !self.default_pattern {
            write!(f, ", regex: {}", model::quote(self.pattern.as_str()))?;
        }
        if self.modulus != 0 {
            write!(f, ", modulus: {}", self.modulus)?;
        }
        if !self.target_label.is_empty() {
            write!(f, ", target_label: {}", self.target_label)?;
        }
        if self.replacement != DEFAULT_REPLACEMENT {
            write!(f, ", replacement: {}", model::quote(&self.replacement))?;
        }
        Ok(())
    }
}

fn check_fields(spec: &RuleSpec, scheme: NameScheme) -> Result<(), RuleError> {
    let action = spec.action;
    if action == Action::HashMod && spec.modulus == 0 {
        let message = "relabel action `hashmod` needs a `modulus` above 0".to_owned();
        return Err(RuleError::new(RuleErrorKind::Modulus, message));
    }
    if action.needs_target() {
        check_target(spec, scheme)?;
    }
    let replacement_set = is_set(spec.replacement.as_deref(), DEFAULT_REPLACEMENT);
    match action {
        Action::Lowercase | Action::Uppercase if replacement_set => {
            let message = format!("relabel action `{action}` takes no `replacement`");
            Err(RuleError::new(RuleErrorKind::Replacement, message))
        }
        Action::KeepEqual | Action::DropEqual => check_equality_fields(spec),
        Action::LabelDrop | Action::LabelKeep => check_name_fields(spec),
        Action::LabelMap => check_map(spec, scheme),
        Action::Lowercase
        | Action::Uppercase
        | Action::Replace
        | Action::Keep
        | Action::Drop
        | Action::HashMod => Ok(()),
    }
}

fn check_target(spec: &RuleSpec, scheme: NameScheme) -> Result<(), RuleError> {
    let (action, target) = (spec.action, spec.target_label.as_str());
    let fault = |message| Err(RuleError::new(RuleErrorKind::TargetLabel, message));
    if target.is_empty() {
        return fault(format!("relabel action `{action}` needs a `target_label`"));
    }
    let allowed = if action == Action::Replace && target.contains('$') {
        scheme.allows_template(target)
    } else {
        scheme.allows_label(target)
    };
    if allowed {
        return Ok(());
    }
    fault(format!("{} is no valid `target_label` for action `{action}`", model::quote(target)))
}

fn check_map(spec: &RuleSpec, scheme: NameScheme) -> Result<(), RuleError> {
    let replacement = spec.replacement.as_deref().unwrap_or(DEFAULT_REPLACEMENT);
    if scheme.allows_template(replacement) {
        return Ok(());
    }
    let quoted = model::quote(replacement);
    let message = format!("{quoted} is no valid `replacement` for action `labelmap`");
    Err(RuleError::new(RuleErrorKind::Replacement, message))
}

/// `regex` written out counts as set even when it equals the default, as upstream counts it.
fn check_equality_fields(spec: &RuleSpec) -> Result<(), RuleError> {
    if spec.regex.is_none() && only_defaults(spec) {
        return Ok(());
    }
    let action = spec.action;
    let message =
        format!("relabel action `{action}` takes only `source_labels` and `target_label`");
    Err(RuleError::new(RuleErrorKind::ExtraFields, message))
}

fn check_name_fields(spec: &RuleSpec) -> Result<(), RuleError> {
    if spec.source_labels.is_none() && spec.target_label.is_empty() && only_defaults(spec) {
        return Ok(());
    }
    let message = format!("relabel action `{}` takes only `regex`", spec.action);
    Err(RuleError::new(RuleErrorKind::ExtraFields, message))
}

fn only_defaults(spec: &RuleSpec) -> bool {
    spec.modulus == 0
        && !is_set(spec.separator.as_deref(), DEFAULT_SEPARATOR)
        && !is_set(spec.replacement.as_deref(), DEFAULT_REPLACEMENT)
}

fn is_set(written: Option<&str>, default: &str) -> bool {
    written.is_some_and(|text| text != default)
}
