//! Whole bodies: those of real exporters (conformance data), and hostile ones.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod conformance;
mod hostile;

use exposition::{Event, Format, ParseError, Parser};
use model::LabelsBuilder;

/// What a body holds.
#[derive(Debug, Default, PartialEq)]
struct Census {
    samples: usize,
    types: usize,
    exemplars: usize,
}

fn census(format: Format, body: &[u8]) -> Result<Census, ParseError> {
    let mut parser = Parser::new(format, body);
    let mut labels = LabelsBuilder::default();
    let mut census = Census::default();
    while let Some(event) = parser.next_event()? {
        match event {
            Event::Sample(sample) => {
                parser.labels(&mut labels)?;
                census.samples += 1;
                census.exemplars += usize::from(sample.exemplar.is_some());
            }
            Event::Type { .. } => census.types += 1,
            Event::Help { .. } | Event::Unit { .. } => {}
        }
    }
    Ok(census)
}
