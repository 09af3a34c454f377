#![no_main]
//! Any bytes as a remote write body, bare and as a snappy block: errors, never panics.

use wire::bounded::{Bounds, snappy_block};
use wire::remote_write::{Item, Request};

fn walk(body: &[u8]) -> Result<(), wire::WireError> {
    let mut request = Request::new(body);
    while let Some(item) = request.next_item()? {
        if let Item::Series(mut series) = item {
            let mut labels = series.labels();
            while labels.next_pair()?.is_some() {}
            series.label_bytes()?;
            while series.next_item()?.is_some() {}
        }
    }
    Ok(())
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    drop(walk(data));
    let mut body = Vec::new();
    if snappy_block(data, Bounds::of(1 << 20), &mut body).is_ok() {
        drop(walk(&body));
    }
});
