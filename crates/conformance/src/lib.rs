//! Differential tests of PromQL: a model evaluator, generators of data and queries, a shrinker, and
//! what is needed to ask witnesses the same questions. Known by tests only.
//! Everything follows from seeds; a difference is printed as a script that shows it again.

pub mod answer;
pub mod changes;
pub mod compare;
pub mod compliance;
pub mod dataset;
mod generate;
pub mod hunt;
pub mod oracle;
pub mod question;
pub mod script;
pub mod shrink;
mod store;
pub mod trial;
mod witness;

pub use answer::Answer;
pub use changes::Change;
pub use compare::Exactness;
pub use generate::{Language, Questions};
pub use question::{Question, Time};
pub use store::Store;
pub use witness::{Api, Witness};
