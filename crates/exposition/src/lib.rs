//! Text 0.0.4 and OpenMetrics 1.0: parses what targets expose and renders what we expose.
//! Fed by `scrape` with bodies and by `api` and `collect` with families; depends on `model` alone.
//! Pure: no clock, no files, no network; nothing a target sends can make it panic.

mod created;
mod error;
mod family;
mod number;
mod parse;
mod render;

pub use created::{Part, instance_part};
pub use error::{ParseError, ParseErrorKind};
pub use family::{Family, Point};
pub use number::{format_float, format_openmetrics_float, parse_float};
pub use parse::{Event, Format, LABELS_MAX, ParsedExemplar, Parser, Sample, check_paths_agree};
pub use render::{
    OPENMETRICS_CONTENT_TYPE, TEXT_CONTENT_TYPE, content_type, render, render_openmetrics,
    render_text, write_series,
};
