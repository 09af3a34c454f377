//! SCSI tape drives: requests, bytes and time, read from their `stats` directories.

use super::numbers::{self, Number};
use super::round::Collector;
use super::round::Round;
use super::{Setup, device_pattern};
use crate::Error;
use model::Labels;
use regex::bytes::Regex;

const STATISTICS: &[Number] = &[
    Number::gauge(
        "in_flight",
        "node_tape_io_now",
        "The number of I/Os currently outstanding to this device.",
    ),
    Number::counter(
        "io_ns",
        "node_tape_io_time_seconds_total",
        concat!(
            "The amount of time spent waiting for all I/O to complete (including read ",
            "and write). This includes tape movement commands such as seeking between ",
            "file or set marks and implicit tape movement such as when rewind on ",
            "close tape devices are used.",
        ),
    )
    .divided_by(1e9),
    Number::counter(
        "other_cnt",
        "node_tape_io_others_total",
        concat!(
            "The number of I/Os issued to the tape drive other than read or write ",
            "commands. The time taken to complete these commands uses the following ",
            "calculation ",
            "io_time_seconds_total-read_time_seconds_total-write_time_seconds_total",
        ),
    ),
    Number::counter(
        "read_byte_cnt",
        "node_tape_read_bytes_total",
        "The number of bytes read from the tape drive.",
    ),
    Number::counter(
        "read_cnt",
        "node_tape_reads_completed_total",
        "The number of read requests issued to the tape drive.",
    ),
    Number::counter(
        "read_ns",
        "node_tape_read_time_seconds_total",
        "The amount of time spent waiting for read requests to complete.",
    )
    .divided_by(1e9),
    Number::counter(
        "resid_cnt",
        "node_tape_residual_total",
        concat!(
            "The number of times during a read or write we found the residual amount ",
            "to be non-zero. This should mean that a program is issuing a read larger ",
            "thean the block size on tape. For write not all data made it to tape.",
        ),
    ),
    Number::counter(
        "write_byte_cnt",
        "node_tape_written_bytes_total",
        "The number of bytes written to the tape drive.",
    ),
    Number::counter(
        "write_cnt",
        "node_tape_writes_completed_total",
        "The number of write requests issued to the tape drive.",
    ),
    Number::counter(
        "write_ns",
        "node_tape_write_time_seconds_total",
        "The amount of time spent waiting for write requests to complete.",
    )
    .divided_by(1e9),
];

pub(super) struct Tapestats {
    exclude: Option<Regex>,
}

impl Tapestats {
    pub(super) fn new(setup: &mut Setup<'_>) -> Result<Self, Error> {
        let option = "tapestats.ignored-devices";
        let exclude = device_pattern(option, &setup.options.tapestats_exclude)?;
        Ok(Self { exclude })
    }
}

impl Collector for Tapestats {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let dir = round.roots.sys.join("class/scsi_tape");
        for device in round.names(&dir)? {
            let excluded = |p: &Regex| p.is_match(device.as_bytes());
            // A drive has eight names (nst0, st0a, ...); only stN carries it once.
            let number = device.strip_prefix("st").unwrap_or_default();
            if crate::text::decimal(number.as_bytes()).is_none()
                || self.exclude.as_ref().is_some_and(excluded)
            {
                continue;
            }
            let labels = Labels::from_pairs([("device", &device)]);
            numbers::push_all(round, &dir.join(&device).join("stats"), STATISTICS, &labels);
        }
        Ok(())
    }
}
