//! Integration tests of templates: conformance data, real peers, and what must never happen.

#[cfg(test)]
mod amtool;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod notification;
#[cfg(test)]
mod promtool;
