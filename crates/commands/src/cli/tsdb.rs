//! Arguments of `flyball tsdb`.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

const VERIFY_EXAMPLES: &str = "\
Exit codes: 0 sound, 1 damage found or not readable.

Examples:
  flyball tsdb verify
  flyball tsdb verify /backup/flyball-data";

const ANALYZE_EXAMPLES: &str = "\
Example:
  flyball tsdb analyze --limit=5 /var/lib/flyball";

const LIST_EXAMPLES: &str = "\
Examples:
  flyball tsdb list
  flyball tsdb list -o json /var/lib/flyball";

const DUMP_EXAMPLES: &str = "\
One sample a line: labels, value, Unix milliseconds. With -o json, one series a line. What is still
only in the journal is shown too; nothing on the disk is changed.

Examples:
  flyball tsdb dump --match='up{job=\"node\"}'
  flyball tsdb dump --min-time=1767225600000 -o json /var/lib/flyball";

const IMPORT_EXAMPLES: &str = "\
Example:
  flyball tsdb import prometheus /var/lib/prometheus/metrics2
  flyball tsdb import openmetrics history.om";

const PROMETHEUS_EXAMPLES: &str = "\
Blocks and write-ahead log are read, nothing in them is changed; Prometheus should not run, so that
its log is whole. No server may run on the data directory. An import that was interrupted goes on
where it was when it is started again, and one that is repeated changes nothing. Exemplars are not
read. A server keeps 30 days unless --storage.retention.time says otherwise.
Exit codes: 0 everything is there, 1 something could not be read.

Example:
  flyball tsdb import prometheus /var/lib/prometheus/metrics2 --storage.path=/var/lib/flyball";

const OPENMETRICS_EXAMPLES: &str = "\
Every sample needs a timestamp, the last line is `# EOF`; what promtool tsdb create-blocks-from
openmetrics takes. A file with a mistake is refused as a whole, with its line. No server may run on
the data directory. An import that was interrupted goes on where it was when it is started again.
Exit codes: 0 everything is there, 1 something could not be read.

Example:
  flyball tsdb import openmetrics history.om --storage.path=/var/lib/flyball";

const INFLUX_EXAMPLES: &str = "\
A field becomes the series MEASUREMENT_FIELD, a field `value` MEASUREMENT, tags become labels, as
by POST /write. Lines without timestamp and lines with a mistake are told and left out. Files are
not compressed. An import that was interrupted goes on where it was when it is started again.
Exit codes: 0 everything is there, 1 something could not be read.

Example:
  flyball tsdb import influx export.lp --precision=ns";

/// `tsdb`
#[derive(Debug, Subcommand)]
pub enum TsdbCommand {
    /// Look into a data directory.
    #[command(flatten)]
    Inspect(InspectCommand),
    /// Take over history that another system stored.
    #[command(subcommand, after_help = IMPORT_EXAMPLES)]
    Import(ImportCommand),
}

/// What looks and changes nothing.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "what a flag means its help says")]
pub enum InspectCommand {
    /// Read every stored byte once and report damage.
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(DataDir),
    /// Show what takes the space: metrics, labels, bytes per sample.
    #[command(after_help = ANALYZE_EXAMPLES)]
    Analyze {
        #[command(flatten)]
        data: DataDir,
        /// Rows per table.
        #[arg(long, value_name = "COUNT", default_value_t = 20)]
        limit: usize,
    },
    /// List segments.
    #[command(after_help = LIST_EXAMPLES)]
    List {
        #[command(flatten)]
        data: DataDir,
        /// Accepted for compatibility: values are readable unless -o json is given.
        #[arg(short = 'r', long, hide = true)]
        human_readable: bool,
    },
    /// Print samples.
    #[command(after_help = DUMP_EXAMPLES)]
    Dump {
        #[command(flatten)]
        data: DataDir,
        /// Series selector; several may be given, each adds series.
        #[arg(long = "match", value_name = "SELECTOR")]
        matches: Vec<String>,
        /// Earliest instant in Unix milliseconds.
        #[arg(long, value_name = "MS", allow_hyphen_values = true, default_value_t = i64::MIN)]
        #[arg(hide_default_value = true)]
        min_time: i64,
        /// Latest instant in Unix milliseconds.
        #[arg(long, value_name = "MS", allow_hyphen_values = true, default_value_t = i64::MAX)]
        #[arg(hide_default_value = true)]
        max_time: i64,
    },
}

/// `tsdb import`
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Read a data directory of Prometheus 2 or 3.
    #[command(after_help = PROMETHEUS_EXAMPLES)]
    Prometheus {
        /// Directory that Prometheus' --storage.tsdb.path names.
        #[arg(value_name = "DIR")]
        dir: PathBuf,
        /// Data directory to fill; it is made when it is not there.
        #[arg(long = "storage.path", value_name = "DIR", default_value = "flyball-data")]
        storage_path: PathBuf,
    },
    /// Read files of OpenMetrics text.
    #[command(after_help = OPENMETRICS_EXAMPLES)]
    Openmetrics {
        /// Files to read.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// Data directory to fill; it is made when it is not there.
        #[arg(long = "storage.path", value_name = "DIR", default_value = "flyball-data")]
        storage_path: PathBuf,
    },
    /// Read files of InfluxDB's line protocol, as `influx_inspect export` and `influxd inspect
    /// export-lp` write them.
    #[command(after_help = INFLUX_EXAMPLES)]
    Influx {
        /// Files to read.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// Unit of timestamps.
        #[arg(long, value_enum, value_name = "UNIT", default_value_t = Precision::Ns)]
        precision: Precision,
        /// Data directory to fill; it is made when it is not there.
        #[arg(long = "storage.path", value_name = "DIR", default_value = "flyball-data")]
        storage_path: PathBuf,
    },
}

/// Unit of timestamps in line protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Precision {
    /// Nanoseconds.
    Ns,
    /// Microseconds.
    Us,
    /// Milliseconds.
    Ms,
    /// Seconds.
    S,
}

impl Precision {
    /// Nanoseconds of a unit.
    pub(crate) fn nanoseconds(self) -> i64 {
        match self {
            Self::Ns => 1,
            Self::Us => 1_000,
            Self::Ms => 1_000_000,
            Self::S => 1_000_000_000,
        }
    }
}

/// Output of `tsdb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InspectFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Which data directory, and how it is shown.
#[derive(Args, Debug)]
pub struct DataDir {
    /// Data directory.
    #[arg(value_name = "DIR", default_value = "flyball-data")]
    pub(crate) path: PathBuf,
    /// How to print.
    #[arg(short = 'o', long = "output", value_enum, default_value_t = InspectFormat::Text)]
    pub(crate) output: InspectFormat,
}
