//! Properties that hold for any text; called by the fuzz targets and by the tests that replay their
//! corpora. No text makes a parser panic, and what is printed parses to the same print again.

use crate::script::parse_script;
use crate::series::parse_start_timestamps;
use crate::{ParserOptions, parse_selector, parse_series, parse_with, pretty};

/// Any text as an expression, with every option on.
///
/// # Panics
/// When a property does not hold.
pub fn check_expression(text: &str) {
    drop(parse_selector(text));
    match parse_with(text, &ParserOptions::ALL) {
        Err(error) => {
            assert!(error.render(text).starts_with(&error.to_string()), "a place and its error");
            assert!(error.place().start <= text.len(), "an error stands within its text");
        }
        Ok(expr) => {
            let line = expr.to_string();
            for printed in [&line, &pretty(&expr)] {
                let again = parse_with(printed, &ParserOptions::ALL);
                let again = again.unwrap_or_else(|error| panic!("printed {printed:?}: {error}"));
                assert_eq!(again.to_string(), line, "what is printed parses to the same print");
            }
        }
    }
}

/// Any text as a series description, as start timestamps and as a promqltest script; answers
/// whether it is one of them.
pub fn check_series(text: &str) -> bool {
    let outcomes = [
        parse_series(text).map(drop).map_err(|error| error.render(text)),
        parse_start_timestamps(text).map(drop).map_err(|error| error.render(text)),
        parse_script(text).map(drop).map_err(|error| error.render(text)),
    ];
    outcomes.iter().any(Result::is_ok)
}
