//! Buffers of finished requests: few and small ones are kept.

use super::{BUFFER_BYTES_KEPT, Receiver, ReceiverOptions};
use model::{AppendError, Appender, Batch, BatchReport, GroupKey, Labels, SeriesRef};
use std::sync::Arc;

struct Nowhere;

impl Appender for Nowhere {
    fn resolve(&self, _: GroupKey, _: &Labels) -> Result<SeriesRef, AppendError> {
        Ok(SeriesRef(1))
    }

    fn commit(&self, _: &Batch) -> Result<BatchReport, AppendError> {
        Ok(BatchReport::default())
    }
}

#[test]
fn one_huge_request_does_not_hold_memory_for_ever() {
    let options = ReceiverOptions { concurrency_max: 3, ..ReceiverOptions::default() };
    let receiver = Receiver::new(Arc::new(Nowhere), options);
    receiver.keep_buffer(Vec::with_capacity(BUFFER_BYTES_KEPT + 1));
    assert_eq!(receiver.buffers.lock().len(), 0);
    for _ in 0..5 {
        receiver.keep_buffer(Vec::with_capacity(BUFFER_BYTES_KEPT));
    }
    assert_eq!(receiver.buffers.lock().len(), 3);
}
