//! The kernel's clock discipline: offset, frequency, estimated error, whether it is synchronised.

use super::round::Round;
use crate::{ClockState, Error};
use model::{Labels, MetricKind};

/// The clock is not synchronised (`TIME_ERROR`).
const NOT_SYNCHRONISED: i64 = 5;

/// Bit of the status: offsets count nanoseconds, else microseconds (`STA_NANO`).
const STATUS_NANO: i64 = 0x2000;

const NANO: f64 = 1e9;
const MICRO: f64 = 1e6;

/// Frequencies are in parts per million with 16 bits of fraction, adjtimex(2), NOTES.
const SCALED_PPM: f64 = 65_536e6;

type Row = (&'static str, MetricKind, &'static str, fn(&ClockState, f64) -> f64);

/// Name, kind, help, and the value from the state and the divisor of offsets.
const METRICS: [Row; 17] = [
    (
        "node_timex_offset_seconds",
        MetricKind::Gauge,
        "Time offset in between local system and reference clock.",
        |clock, divisor| clock.offset as f64 / divisor,
    ),
    (
        "node_timex_frequency_adjustment_ratio",
        MetricKind::Gauge,
        "Local clock frequency adjustment.",
        |clock, _| 1.0 + clock.frequency as f64 / SCALED_PPM,
    ),
    ("node_timex_maxerror_seconds", MetricKind::Gauge, "Maximum error in seconds.", |clock, _| {
        clock.error_max_us as f64 / MICRO
    }),
    (
        "node_timex_estimated_error_seconds",
        MetricKind::Gauge,
        "Estimated error in seconds.",
        |clock, _| clock.error_estimate_us as f64 / MICRO,
    ),
    ("node_timex_status", MetricKind::Gauge, "Value of the status array bits.", |clock, _| {
        clock.status as f64
    }),
    (
        "node_timex_loop_time_constant",
        MetricKind::Gauge,
        "Phase-locked loop time constant.",
        |clock, _| clock.time_constant as f64,
    ),
    ("node_timex_tick_seconds", MetricKind::Gauge, "Seconds between clock ticks.", |clock, _| {
        clock.tick_us as f64 / MICRO
    }),
    (
        "node_timex_pps_frequency_hertz",
        MetricKind::Gauge,
        "Pulse per second frequency.",
        |clock, _| clock.pps_frequency as f64 / SCALED_PPM,
    ),
    (
        "node_timex_pps_jitter_seconds",
        MetricKind::Gauge,
        "Pulse per second jitter.",
        |clock, divisor| clock.pps_jitter as f64 / divisor,
    ),
    (
        "node_timex_pps_shift_seconds",
        MetricKind::Gauge,
        "Pulse per second interval duration.",
        |clock, _| clock.pps_shift as f64,
    ),
    (
        "node_timex_pps_stability_hertz",
        MetricKind::Gauge,
        "Pulse per second stability, average of recent frequency changes.",
        |clock, _| clock.pps_stability as f64 / SCALED_PPM,
    ),
    (
        "node_timex_pps_jitter_total",
        MetricKind::Counter,
        "Pulse per second count of jitter limit exceeded events.",
        |clock, _| clock.pps_jitter_exceeded as f64,
    ),
    (
        "node_timex_pps_calibration_total",
        MetricKind::Counter,
        "Pulse per second count of calibration intervals.",
        |clock, _| clock.pps_calibrations as f64,
    ),
    (
        "node_timex_pps_error_total",
        MetricKind::Counter,
        "Pulse per second count of calibration errors.",
        |clock, _| clock.pps_errors as f64,
    ),
    (
        "node_timex_pps_stability_exceeded_total",
        MetricKind::Counter,
        "Pulse per second count of stability limit exceeded events.",
        |clock, _| clock.pps_stability_exceeded as f64,
    ),
    (
        "node_timex_tai_offset_seconds",
        MetricKind::Gauge,
        "International Atomic Time (TAI) offset.",
        |clock, _| clock.tai_offset as f64,
    ),
    (
        "node_timex_sync_status",
        MetricKind::Gauge,
        "Is clock synchronized to a reliable server (1 = yes, 0 = no).",
        |clock, _| f64::from(u8::from(clock.state != NOT_SYNCHRONISED)),
    ),
];

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let clock = round.host.clock_state().map_err(|error| Error::call("adjtimex", error))?;
    let divisor = if clock.status & STATUS_NANO == 0 { MICRO } else { NANO };
    for (name, kind, help, value) in METRICS {
        let family = round.out.declare(name, kind, help);
        round.out.push(family, &Labels::empty(), value(&clock, divisor));
    }
    Ok(())
}
