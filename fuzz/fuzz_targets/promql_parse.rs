//! Any text as PromQL: no panic, and what is printed parses to the same print again.
#![no_main]

use promql::{ParserOptions, parse_selector, parse_with, pretty};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    drop(parse_selector(text));
    match parse_with(text, &ParserOptions::ALL) {
        Err(error) => assert!(!error.render(text).is_empty()),
        Ok(expr) => {
            let line = expr.to_string();
            for printed in [&line, &pretty(&expr)] {
                let again = parse_with(printed, &ParserOptions::ALL).expect("a print parses");
                assert_eq!(again.to_string(), line);
            }
        }
    }
});
