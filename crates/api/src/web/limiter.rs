//! `rate_limit` of the web configuration: a bucket of tokens for all requests together.
//! Semantics: golang.org/x/time/rate as the exporter toolkit uses it; tokens grow back steadily.

use config::RateLimit;
use parking_lot::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// See the module. Times are nanoseconds since it was made.
pub(crate) struct Limiter {
    limit: RateLimit,
    made: Instant,
    /// When the bucket is full again, if nobody takes a token meanwhile.
    full_at: Mutex<u128>,
}

impl Limiter {
    /// A full bucket.
    pub(crate) fn new(limit: RateLimit) -> Self {
        Self { limit, made: Instant::now(), full_at: Mutex::new(0) }
    }

    /// Takes a token; the time until there is one when there is none. A bucket for no token at all
    /// stays empty.
    pub(crate) fn take(&self) -> Result<(), Duration> {
        self.take_at(self.made.elapsed().as_nanos())
    }

    fn take_at(&self, now: u128) -> Result<(), Duration> {
        let interval = self.limit.interval.as_nanos();
        let room = interval.saturating_mul(self.limit.burst.into());
        let mut full_at = self.full_at.lock();
        let taken = full_at.saturating_sub(now) + interval;
        if taken <= room {
            *full_at = now + taken;
            return Ok(());
        }
        let wait = u64::try_from(taken - room).unwrap_or(u64::MAX);
        Err(Duration::from_nanos(wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u128 = 1_000_000_000;

    fn bucket(interval: Duration, burst: u64) -> Limiter {
        Limiter::new(RateLimit { interval, burst })
    }

    #[test]
    fn a_burst_passes_then_one_an_interval() {
        let bucket = bucket(Duration::from_secs(2), 3);
        for _ in 0..3 {
            assert_eq!(bucket.take_at(5 * SECOND), Ok(()));
        }
        assert_eq!(bucket.take_at(5 * SECOND), Err(Duration::from_secs(2)));
        assert_eq!(bucket.take_at(6 * SECOND), Err(Duration::from_secs(1)), "refusals are free");
        assert_eq!(bucket.take_at(7 * SECOND), Ok(()));
        assert_eq!(bucket.take_at(7 * SECOND), Err(Duration::from_secs(2)));
        assert_eq!(bucket.take_at(10 * SECOND), Ok(()), "one and a half have grown back");
        assert_eq!(bucket.take_at(10 * SECOND), Err(Duration::from_secs(1)));
        for _ in 0..3 {
            assert_eq!(bucket.take_at(1000 * SECOND), Ok(()), "never more than the burst");
        }
        assert_eq!(bucket.take_at(1000 * SECOND), Err(Duration::from_secs(2)));
    }

    #[test]
    fn the_largest_and_the_smallest_buckets_hold() {
        let largest = bucket(Duration::MAX, u64::MAX);
        assert_eq!((largest.take_at(0), largest.take_at(1)), (Ok(()), Ok(())));
        let slow = bucket(Duration::MAX, 1);
        assert_eq!(slow.take_at(0), Ok(()));
        assert_eq!(slow.take_at(0), Err(Duration::from_nanos(u64::MAX)));
        assert_eq!(bucket(Duration::from_secs(1), 0).take_at(9), Err(Duration::from_secs(1)));
    }
}
