//! Relabelling rules applied to label sets: which targets and samples stay, under which labels.
//! Read by `config`, used by `scrape`, `discovery` and alert delivery. Semantics: Prometheus 3.14.
//! Pure: no clock, no files, no network.

mod case;
#[doc(hidden)]
pub mod fuzzing;
mod md5;
mod process;
mod rule;

pub use process::{Step, apply, explain};
pub use rule::{Action, NameScheme, Rule, RuleError, RuleErrorKind, RuleSpec};
