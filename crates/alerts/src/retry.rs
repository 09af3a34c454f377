//! How long to wait before a failed delivery is tried again.
//! Alertmanager's back-off (0.5 s, factor 1.5), without its jitter: one delivery per integration is
//! under way at a time, so there is no herd to spread; `Retry-After` of the receiver wins.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_mins(1);

/// Wait before try number `tries + 1`, after `tries` failures (at least one).
pub(crate) fn back_off(tries: u32, retry_after: Option<Duration>) -> Duration {
    let factor = 1.5_f64.powi(i32::try_from(tries.saturating_sub(1)).unwrap_or(i32::MAX));
    let own = Duration::try_from_secs_f64(FIRST.as_secs_f64() * factor).unwrap_or(LONGEST);
    retry_after.unwrap_or(own).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_minute() {
        assert_eq!(back_off(1, None), Duration::from_millis(500));
        assert_eq!(back_off(3, None), Duration::from_millis(1125));
        assert_eq!(back_off(400, None), Duration::from_mins(1));
        assert_eq!(back_off(1, Some(Duration::from_secs(7))), Duration::from_secs(7));
        let tomorrow = Some(Duration::from_hours(24));
        assert_eq!(back_off(1, tomorrow), Duration::from_mins(1), "nobody is silent for a day");
    }
}
