//! Any text as a series description, as start timestamps and as a promqltest script: no panic.
#![no_main]

use promql::script::parse_script;
use promql::parse_series;
use promql::series::parse_start_timestamps;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    drop(parse_series(text).map_err(|error| error.render(text)));
    drop(parse_start_timestamps(text).map_err(|error| error.render(text)));
    drop(parse_script(text).map_err(|error| error.render(text)));
});
