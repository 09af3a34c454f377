//! Durations in Go's notation: `1h2m3.5s`, `1.5ms`, `0s`.

const NS_PER_US: u64 = 1_000;
const NS_PER_MS: u64 = 1_000_000;
const NS_PER_SECOND: u64 = 1_000_000_000;

/// A duration in nanoseconds, in the largest units that fit.
pub(super) fn shown(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let magnitude = nanoseconds.unsigned_abs();
    let text = match magnitude {
        0 => "0s".into(),
        1..NS_PER_US => format!("{magnitude}ns"),
        NS_PER_US..NS_PER_MS => fraction(magnitude, NS_PER_US) + "µs",
        NS_PER_MS..NS_PER_SECOND => fraction(magnitude, NS_PER_MS) + "ms",
        _ => clock(magnitude),
    };
    format!("{sign}{text}")
}

fn clock(magnitude: u64) -> String {
    let seconds = fraction(magnitude % (60 * NS_PER_SECOND), NS_PER_SECOND);
    let minutes = magnitude / NS_PER_SECOND / 60;
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{seconds}s"),
        (0, minutes) => format!("{minutes}m{seconds}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// A quotient as a decimal number without zeros at its end.
fn fraction(value: u64, unit: u64) -> String {
    let (whole, rest) = (value / unit, value % unit);
    if rest == 0 {
        return whole.to_string();
    }
    let digits = unit.ilog10() as usize;
    let decimals = format!("{rest:0digits$}");
    format!("{whole}.{}", decimals.trim_end_matches('0'))
}
