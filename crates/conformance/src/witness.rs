//! Real servers that speak Prometheus' API: samples go in by remote write, questions by HTTP.
//! Answers with native histograms are not read: to the witness they were a first experiment.
//! [`Witness`] is Debian's Prometheus in a process of its own.

use crate::answer::{Answer, Datum, Row};
use crate::dataset::Sample;
use crate::question::{Question, Time};
use model::{Labels, Value};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};
use testkit::{Peer, free_port, http};
use wire::remote_write::{TimeSeries, encode_snappy};

/// How long a witness may take to start.
const START_MAX: Duration = Duration::from_mins(1);
/// Samples of one write request.
const WRITE_MAX: usize = 5_000;

const WRITE_HEADERS: [&str; 3] = [
    "Content-Type: application/x-protobuf",
    "Content-Encoding: snappy",
    "X-Prometheus-Remote-Write-Version: 0.1.0",
];
const FORM_HEADERS: [&str; 1] = ["Content-Type: application/x-www-form-urlencoded"];

/// Late samples are taken, old ones are kept.
const CONFIG: &str = "storage: {tsdb: {out_of_order_time_window: 2h}}\n";

/// A server's HTTP interface.
#[derive(Clone, Copy, Debug)]
pub struct Api {
    address: SocketAddr,
}

impl Api {
    /// The interface of the server that listens there.
    pub fn new(address: SocketAddr) -> Self {
        Self { address }
    }

    /// Sends samples in their order.
    pub fn write(&self, samples: &[&Sample]) -> Result<(), String> {
        for part in samples.chunks(WRITE_MAX) {
            let body = encode_snappy(&series_of(part), &[]).map_err(|error| error.to_string())?;
            let reply = http::post(self.address, "/api/v1/write", &WRITE_HEADERS, &body);
            let reply = reply.map_err(|error| format!("remote write: {error}"))?;
            if reply.status / 100 != 2 {
                return Err(format!("remote write: status {}: {}", reply.status, reply.text()));
            }
        }
        Ok(())
    }

    /// Asks; an error in the answer is an answer, a broken connection is not.
    pub fn ask(&self, question: &Question) -> Result<Answer, String> {
        let seconds = |ms: i64| format!("{}", ms as f64 / 1000.0);
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("query", &question.query);
        let path = match question.time {
            Time::Instant { at_ms } => {
                form.append_pair("time", &seconds(at_ms));
                "/api/v1/query"
            }
            Time::Range { start_ms, end_ms, step_ms } => {
                form.append_pair("start", &seconds(start_ms));
                form.append_pair("end", &seconds(end_ms));
                form.append_pair("step", &seconds(step_ms));
                "/api/v1/query_range"
            }
        };
        let reply = http::post(self.address, path, &FORM_HEADERS, form.finish().as_bytes());
        let reply = reply.map_err(|error| format!("{path}: {error}"))?;
        let body: Json = serde_json::from_slice(&reply.body)
            .map_err(|error| format!("{path}: status {}: {error}", reply.status))?;
        if body["status"] != "success" {
            return Ok(Answer::Error(body["error"].as_str().unwrap_or_default().to_owned()));
        }
        answer(&body["data"]).ok_or_else(|| format!("{path}: an answer of no known form: {body}"))
    }
}

/// Samples by series, in their order.
fn series_of(samples: &[&Sample]) -> Vec<TimeSeries> {
    let mut places: BTreeMap<&Labels, usize> = BTreeMap::new();
    let mut out: Vec<TimeSeries> = Vec::new();
    for sample in samples {
        let place = *places.entry(&sample.labels).or_insert_with(|| {
            let pairs = sample.labels.iter().map(|(name, value)| (name.into(), value.into()));
            out.push(TimeSeries { labels: pairs.collect(), ..TimeSeries::default() });
            out.len() - 1
        });
        match &sample.value {
            Value::Float(value) => out[place].samples.push((sample.at_ms, *value)),
            Value::Histogram(histogram) => {
                out[place].histograms.push((sample.at_ms, (**histogram).clone()));
            }
        }
    }
    out
}

fn answer(data: &Json) -> Option<Answer> {
    let result = &data["result"];
    Some(match data["resultType"].as_str()? {
        "scalar" => Answer::Scalar(number(&result[1])?),
        "string" => Answer::Text(result[1].as_str()?.to_owned()),
        "vector" => Answer::Vector(result.as_array()?.iter().map(element).collect::<Option<_>>()?),
        "matrix" => {
            let rows = result.as_array()?.iter();
            Answer::Matrix(
                rows.map(|series| Some((labels(&series["metric"])?, row(series)?)))
                    .collect::<Option<_>>()?,
            )
        }
        _ => return None,
    })
}

fn labels(metric: &Json) -> Option<Labels> {
    let pairs = metric.as_object()?.iter();
    let pairs: Option<Vec<_>> = pairs.map(|(name, value)| Some((name, value.as_str()?))).collect();
    Some(Labels::from_pairs(pairs?))
}

fn row(series: &Json) -> Option<Row> {
    let mut row = Row::new();
    for pair in series["values"].as_array()? {
        row.insert(milliseconds(&pair[0])?, Datum::Float(number(&pair[1])?));
    }
    Some(row)
}

fn element(element: &Json) -> Option<(Labels, Datum)> {
    let value = number(&element["value"][1])?;
    Some((labels(&element["metric"])?, Datum::Float(value)))
}

/// Numbers are texts, so that they may be infinite.
fn number(text: &Json) -> Option<f64> {
    match text.as_str()? {
        "+Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        number => number.parse().ok(),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "rounded, and not far from the epoch")]
fn milliseconds(seconds: &Json) -> Option<i64> {
    Some((seconds.as_f64()? * 1000.0).round() as i64)
}

/// A Prometheus of its own; ends when dropped.
#[derive(Debug)]
pub struct Witness {
    api: Api,
    peer: Peer,
}

impl Witness {
    /// Starts a program in an empty folder and waits until it is ready.
    pub fn start(program: &Path, folder: &Path) -> Result<Self, String> {
        let config = folder.join("prometheus.yml");
        std::fs::write(&config, CONFIG).map_err(|e| format!("{}: {e}", config.display()))?;
        let port = free_port();
        let mut command = Command::new(program);
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--web.enable-remote-write-receiver")
            .arg("--storage.tsdb.retention.time=100y")
            .arg("--log.level=warn");
        let peer = Peer::start(&mut command, &folder.join("log"));
        let mut peer = peer.map_err(|error| format!("{}: {error}", program.display()))?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let begun = Instant::now();
        while !http::get(address, "/-/ready").is_ok_and(|reply| reply.status == 200) {
            if let Some(status) = peer.ended() {
                return Err(format!(
                    "{} ended with {status}: {}",
                    program.display(),
                    peer.output()
                ));
            }
            if begun.elapsed() > START_MAX {
                return Err(format!("{} is not ready: {}", program.display(), peer.output()));
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(Self { api: Api::new(address), peer })
    }

    /// Its HTTP interface.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// What it has printed.
    pub fn output(&self) -> String {
        self.peer.output()
    }
}
