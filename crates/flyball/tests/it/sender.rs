//! Sends samples by remote write and remembers what was acknowledged.

use crate::server::Server;
use model::Labels;
use std::collections::BTreeMap;
use testkit::http::{self, Reply};
use wire::remote_write::{TimeSeries, encode_snappy};

const HEADERS: [&str; 3] = [
    "Content-Type: application/x-protobuf",
    "Content-Encoding: snappy",
    "X-Prometheus-Remote-Write-Version: 0.1.0",
];

/// Sends rounds of samples of a few series; knows what the server must have.
pub(crate) struct Sender {
    series: usize,
    /// Acknowledged values by timestamp, the same for every series.
    pub(crate) acknowledged: BTreeMap<i64, f64>,
}

impl Sender {
    pub(crate) fn new(series: usize) -> Self {
        Self { series, acknowledged: BTreeMap::new() }
    }

    /// One request with one sample per series; counted when it was acknowledged.
    pub(crate) fn send(
        &mut self,
        server: &Server,
        at_ms: i64,
        value: f64,
    ) -> std::io::Result<Reply> {
        let series: Vec<TimeSeries> = (0..self.series)
            .map(|index| TimeSeries {
                labels: labels(index).iter().map(|(n, v)| (n.into(), v.into())).collect(),
                samples: vec![(at_ms, value)],
                ..TimeSeries::default()
            })
            .collect();
        let body = encode_snappy(&series, &[]).unwrap();
        let reply = http::post(server.address(), "/api/v1/write", &HEADERS, &body)?;
        if reply.status == 204 {
            self.acknowledged.insert(at_ms, value);
        }
        Ok(reply)
    }

    /// Everything acknowledged is there, exactly once, and nothing else.
    ///
    /// A request that was cut off in the middle may be there or not, as a whole: its value is given.
    pub(crate) fn assert_stored(&self, server: &Server, unanswered: Option<(i64, f64)>) {
        for index in 0..self.series {
            let found = samples(server, index);
            let mut expected = self.acknowledged.clone();
            if let Some((at_ms, value)) = unanswered
                && found.contains_key(&at_ms)
            {
                expected.insert(at_ms, value);
            }
            assert_eq!(found, expected, "samples of series {index}");
        }
    }
}

fn labels(index: usize) -> Labels {
    let pairs = [("__name__", "sent"), ("job", "sender"), ("series", &index.to_string())];
    Labels::from_pairs(pairs)
}

/// All samples of a series by timestamp; fails when a timestamp comes twice.
fn samples(server: &Server, index: usize) -> BTreeMap<i64, f64> {
    let query = format!("sent%7Bseries%3D%22{index}%22%7D%5B30d%5D");
    let reply = server.get(&format!("/api/v1/query?query={query}"));
    assert_eq!(reply.status, 200, "{}", reply.text());
    let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
    let mut found = BTreeMap::new();
    for series in body["data"]["result"].as_array().unwrap() {
        for pair in series["values"].as_array().unwrap() {
            let at_ms = (pair[0].as_f64().unwrap() * 1000.0).round();
            let value: f64 = pair[1].as_str().unwrap().parse().unwrap();
            #[expect(clippy::cast_possible_truncation, reason = "milliseconds of our century")]
            let twice = found.insert(at_ms as i64, value);
            assert!(twice.is_none(), "two samples at {at_ms}");
        }
    }
    found
}

/// Milliseconds since the epoch, now.
pub(crate) fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}
