//! Section `remote_write` with every default of upstream resolved; used by `egress`.

use crate::HttpClientConfig;
use relabel::Rule;
use std::time::Duration;

/// A system that gets every stored sample.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteWriteConfig {
    /// Where to; user and password in it are secrets.
    pub url: String,
    /// Its name in metrics and logs; absent: made from the URL.
    pub name: Option<String>,
    /// Longest time a request may take.
    pub timeout: Duration,
    /// Version of the protocol.
    pub message: RemoteWriteMessage,
    /// Rules on series, after external labels were added.
    pub relabel_configs: Vec<Rule>,
    /// Send exemplars, too.
    pub send_exemplars: bool,
    /// Send native histograms, too; version 2.0 always does.
    pub send_native_histograms: bool,
    /// How samples wait and how they are tried again.
    pub queue: QueueConfig,
    /// How metadata is sent with version 1.0.
    pub metadata: MetadataConfig,
    /// How requests are made; headers of the section are among its headers.
    pub http: HttpClientConfig,
}

/// Key `protobuf_message`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum RemoteWriteMessage {
    /// `prometheus.WriteRequest`, version 1.0.
    #[default]
    V1,
    /// `io.prometheus.write.v2.Request`, version 2.0.
    V2,
}

impl RemoteWriteMessage {
    /// The name in the file and in media types.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "prometheus.WriteRequest",
            Self::V2 => "io.prometheus.write.v2.Request",
        }
    }
}

/// Section `queue_config`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueConfig {
    /// Samples that wait in a shard.
    pub capacity: usize,
    /// Most shards.
    pub shards_max: usize,
    /// Fewest shards.
    pub shards_min: usize,
    /// Most samples of a request.
    pub samples_per_send_max: usize,
    /// How long a sample waits for others.
    pub batch_send_deadline: Duration,
    /// First pause after a failure that may pass.
    pub backoff_min: Duration,
    /// Longest pause.
    pub backoff_max: Duration,
    /// Is status 429 a failure that may pass?
    pub retry_on_http_429: bool,
    /// Older samples are not sent; zero: all are.
    pub sample_age_limit: Duration,
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self {
            capacity: 10_000,
            shards_max: 50,
            shards_min: 1,
            samples_per_send_max: 2000,
            batch_send_deadline: Duration::from_secs(5),
            backoff_min: Duration::from_millis(30),
            backoff_max: Duration::from_secs(5),
            retry_on_http_429: false,
            sample_age_limit: Duration::ZERO,
        }
    }
}

/// Section `metadata_config`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetadataConfig {
    /// Send metadata at all?
    pub send: bool,
    /// Time between two rounds.
    pub send_interval: Duration,
    /// Most metrics of a request.
    pub samples_per_send_max: usize,
}

impl Default for MetadataConfig {
    fn default() -> Self {
        Self { send: true, send_interval: Duration::from_mins(1), samples_per_send_max: 2000 }
    }
}
