use super::*;
use http::HeaderValue;

const V1: RemoteWriteMessage = RemoteWriteMessage::V1;
const V2: RemoteWriteMessage = RemoteWriteMessage::V2;

fn outcome(message: RemoteWriteMessage, status: u16, headers: &[(&'static str, &str)]) -> Outcome {
    outcome_if(message, status, headers, false)
}

fn outcome_if(
    message: RemoteWriteMessage,
    status: u16,
    headers: &[(&'static str, &str)],
    retries_429: bool,
) -> Outcome {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, HeaderValue::from_str(value).unwrap());
    }
    let asked = Kinds { samples: 10, ..Kinds::default() };
    // 2023-11-15T00:00:00Z
    let now = Timestamp::from_ms(1_700_006_400_000);
    let body = b"out of order\nmore";
    Answer { message, status, headers: &map, body, asked, bytes: 77, retries_429, now }.outcome()
}

fn retry(seconds: Option<u64>) -> Outcome {
    Outcome::Retry { after: seconds.map(Duration::from_secs) }
}

#[test]
fn every_success_is_a_delivery() {
    for status in [200, 202, 204] {
        let delivered = Outcome::Delivered { written: None, bytes: 77 };
        assert_eq!(outcome(V1, status, &[]), delivered);
    }
}

#[test]
fn server_errors_are_tried_again() {
    for status in [500, 502, 503, 504] {
        assert_eq!(outcome(V1, status, &[]), retry(None));
        assert_eq!(outcome(V2, status, &[]), retry(None));
    }
}

#[test]
fn a_receiver_says_when_to_come_back() {
    assert_eq!(outcome(V1, 503, &[("retry-after", "7")]), retry(Some(7)));
    let date = "Wed, 15 Nov 2023 00:00:30 GMT";
    assert_eq!(outcome(V1, 503, &[("retry-after", date)]), retry(Some(30)));
    let past = "Wed, 15 Nov 2023 00:00:00 GMT";
    assert_eq!(outcome(V1, 500, &[("retry-after", past)]), retry(Some(0)));
    assert_eq!(outcome(V1, 500, &[("retry-after", "soon")]), retry(None));
}

#[test]
fn too_many_requests_is_for_good_unless_the_file_says_otherwise() {
    assert!(matches!(outcome(V1, 429, &[]), Outcome::Refused { .. }));
    assert_eq!(outcome_if(V1, 429, &[("retry-after", "3")], true), retry(Some(3)));
}

#[test]
fn other_refusals_are_for_good_and_say_why() {
    for status in [300, 400, 401, 404, 409, 413, 415, 422] {
        let reason = format!("status {status}: out of order");
        assert_eq!(outcome(V1, status, &[]), Outcome::Refused { reason, written: None });
    }
}

#[test]
fn version_2_counts_what_was_written() {
    let headers = [
        ("x-prometheus-remote-write-samples-written", "8"),
        ("x-prometheus-remote-write-histograms-written", "0"),
    ];
    let written = Some(Kinds { samples: 8, ..Kinds::default() });
    assert_eq!(outcome(V2, 204, &headers), Outcome::Delivered { written, bytes: 77 });
    let Outcome::Refused { written: partly, .. } = outcome(V2, 400, &headers) else {
        panic!("a partial write is a refusal of the rest");
    };
    assert_eq!(partly, written);
}

#[test]
fn version_2_without_an_account_was_not_understood() {
    let Outcome::Refused { reason, .. } = outcome(V2, 200, &[]) else { panic!("no delivery") };
    assert!(reason.contains("does the receiver know version 2.0?"), "{reason}");
}
