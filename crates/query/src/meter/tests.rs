//! A meter stops its own query at its own limit, and any query when there is no memory left.

use super::*;

const MIB: usize = 1 << 20;

fn limits(own: usize, shared: usize) -> MemoryLimits {
    MemoryLimits { bytes_max: own, shared: Budget::new(shared) }
}

#[test]
fn a_query_stops_at_its_own_limit() {
    let (cancel, limits) = (Cancel::new(), limits(10 * MIB, 100 * MIB));
    let meter = Meter::new(&cancel, &limits);
    meter.take(10 * MIB).unwrap();
    assert_eq!((meter.held(), limits.shared.reserved()), (10 * MIB, 10 * MIB));
    let error = meter.take(1).unwrap_err();
    assert_eq!(error.kind(), QueryErrorKind::TooMuchMemory);
    assert_eq!(error.to_string(), "query would hold too much memory: more than 10 MiB");
    drop(meter);
    assert_eq!((cancel.progress().bytes(), limits.shared.reserved()), (0, 0));
    assert_eq!(cancel.progress().bytes_peak(), 10 * MIB + 1);
}

#[test]
fn queries_share_a_budget_and_answers_keep_their_part() {
    let limits = limits(10 * MIB, 14 * MIB);
    let (first, second) = (Cancel::new(), Cancel::new());
    let meter = Meter::new(&first, &limits);
    meter.take(9 * MIB).unwrap();
    let other = Meter::new(&second, &limits);
    let error = other.take(6 * MIB).unwrap_err();
    assert_eq!(error.kind(), QueryErrorKind::Unavailable);
    assert_eq!(error.to_string(), "queries together hold all 14 MiB they may; come again later");
    drop(other);
    let answer = meter.finish(2 * MIB);
    drop(meter);
    assert_eq!((first.progress().bytes(), limits.shared.reserved()), (0, 2 * MIB));
    let other = Meter::new(&second, &limits);
    other.take(10 * MIB).unwrap();
    let copy = answer.clone();
    drop((answer, other));
    assert_eq!(limits.shared.reserved(), 2 * MIB);
    drop(copy);
    assert_eq!(limits.shared.reserved(), 0);
}

#[test]
fn what_is_released_is_given_back_when_it_is_much() {
    let limits = limits(100 * MIB, 100 * MIB);
    let cancel = Cancel::new();
    let meter = Meter::new(&cancel, &limits);
    meter.take(20 * MIB).unwrap();
    meter.release(5 * MIB);
    assert_eq!((meter.held(), limits.shared.reserved()), (15 * MIB, 20 * MIB), "spare");
    meter.release(14 * MIB);
    assert_eq!((meter.held(), limits.shared.reserved()), (MIB, MIB));
}

#[test]
fn refusals_come_back_from_a_store_as_they_went_in() {
    let cancel = Cancel::with_deadline(|| true);
    let meter = Meter::new(&cancel, &limits(MIB, MIB));
    let back = |error: QuerierError| {
        let error = QueryError::from(error);
        (error.kind(), error.to_string())
    };
    let (kind, text) = back(meter.tick(1).unwrap_err());
    assert_eq!(kind, QueryErrorKind::Timeout, "{text}");
    let (kind, text) = back(meter.hold(2 * MIB).unwrap_err());
    assert_eq!(kind, QueryErrorKind::TooMuchMemory);
    assert_eq!(text, "query would hold too much memory: more than 1 MiB");
    cancel.cancel();
    assert_eq!(back(meter.tick(SAMPLES_PER_CHECK).unwrap_err()).0, QueryErrorKind::Cancelled);
    assert!(meter.tick(1).is_ok(), "asked again only after some work");
}
