//! Kept connections: which failed request is sent again because its connection was closed by the
//! peer while nobody used it.
//! As in Go's `Transport` (`shouldRetryRequest`): on a connection that had answered before, when
//! nothing of this answer was read, and only a request that may arrive twice.

use http::{Extensions, HeaderMap, Method};
use hyper_util::client::legacy;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// What was last done on a connection, seen from outside of TLS.
#[derive(Clone, Debug)]
pub(crate) struct Traffic(Arc<AtomicU8>);

/// Nothing was read yet: a peer that hangs up now means it.
const FRESH: u8 = 0;
/// Something was read last.
const ANSWERED: u8 = 1;
/// Something was written since, and nothing read.
const ASKED_AGAIN: u8 = 2;

impl Traffic {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU8::new(FRESH)))
    }

    // FRESH | ASKED_AGAIN => ANSWERED
    pub(crate) fn read(&self) {
        self.0.store(ANSWERED, Ordering::Relaxed);
    }

    // ANSWERED => ASKED_AGAIN. An attempt counts as well: it is what meets a closed connection.
    pub(crate) fn write(&self) {
        let states = (ANSWERED, ASKED_AGAIN, Ordering::Relaxed, Ordering::Relaxed);
        let _other_state = self.0.compare_exchange(states.0, states.1, states.2, states.3);
    }

    pub(crate) fn is_asked_again(&self) -> bool {
        self.0.load(Ordering::Relaxed) == ASKED_AGAIN
    }
}

/// Did a request fail on a connection that was kept, without a byte of its answer?
///
/// With HTTP/2 the frames that open a connection count as an answer: there the first request of a
/// connection passes for one of a kept one.
pub(crate) fn was_hung_up(error: &legacy::Error) -> bool {
    let Some(connection) = error.connect_info() else { return false };
    let mut extras = Extensions::new();
    connection.get_extras(&mut extras);
    extras.get::<Traffic>().is_some_and(Traffic::is_asked_again)
}

/// May a request arrive twice? RFC 9110, 9.2.2, but of the methods only those that ask, as in Go;
/// or its sender says so with a key.
pub(crate) fn may_arrive_twice(method: &Method, headers: &HeaderMap) -> bool {
    method.is_safe()
        || headers.contains_key("idempotency-key")
        || headers.contains_key("x-idempotency-key")
}
