//! Requests through the whole service: status and body as text.

#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod document;
mod errors;
mod explain;
mod gates;
mod shapes;
mod steps;
mod syntax;

use crate::test_client::{Client, run, wrapped};
use expect_test::Expect;

/// The only place that knows how a request is made.
fn check(line: &str, expect: &Expect) {
    show(&Client::new(), line, expect);
}

/// The same with a client that was prepared.
fn show(client: &Client, line: &str, expect: &Expect) {
    expect.assert_eq(&wrapped(&run(client.show(line))));
}
