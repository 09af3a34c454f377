//! The corpus and mutants of it, in the normal suite.

use super::request;
use testkit::fuzz::Replay;

#[test]
fn requests_of_any_bytes() {
    Replay::of("api_request").run(request);
}
