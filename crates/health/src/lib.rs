//! Is it healthy? From components, what they depend on and what is known of them to a score of
//! 0 to 100, each missing point with its reason and with what to do next. Pure: no clock, no
//! network, no queries. Fed by `vitals`.
//!
//! INV-100: the points of a verdict's deductions and its score sum to 100.
//! INV-101: worse evidence never raises a score.
//! INV-102: what is not known is never healthy.
//!
//! The rules, in whole points:
//!
//! | what is wrong | points off |
//! |---|---|
//! | targets that are down, `d` of `n` | 100 x d/n, at least 11 |
//! | targets of which nothing is known, `u` of `n`; a component without targets | 50 x u/n |
//! | alerts that fire, by name: critical 40, warning 15, info 3 | at most 6, 30, 80 |
//! | something fills up: 0 at its soft limit, 20 at its hard limit, by resource | at most 40 |
//! | an objective burns its budget: 0 at rate 1, 50 at rate 14.4, linear in the logarithm | 50 |
//! | budget that is used up | 20 |
//! | a collector without data: 2 | at most 10 |
//!
//! Then the limits: 20 while a vital target is down; 89 while anything is unknown; 20 above the
//! mean of what it depends on, weighted 4, 2 and 1 by criticality; 20 above each critical part it
//! depends on, 60 above each normal one, and 89 while one of these has 50 or less. The whole
//! depends on everything and has no bonus on the mean, so that no dead part can be averaged away.

mod account;
mod band;
mod deduct;
mod depend;
mod evidence;
mod judge;
mod layout;
mod share;
mod verdict;

pub use band::Band;
pub use evidence::{Evidence, Finding, Level, Reach, Severity};
pub use judge::{CHANGES_MAX, Change, Judge};
pub use layout::{Component, Criticality, Layout, LayoutError, WHOLE};
pub use verdict::{Deduction, Kind, Report, Verdict};
