//! The vocabulary seen from outside: label sets, patterns, matchers, quoting, time.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod labels;
mod patterns;
mod values;
