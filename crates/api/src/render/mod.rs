//! JSON as Prometheus writes it: numbers as Go prints them, results as a stream of bounded chunks.
//! Knows values and labels, nothing of HTTP.

mod histogram;
mod number;
mod stream;

pub(crate) use number::{go_float_exponent, write_float, write_float_plain, write_seconds};
pub(crate) use stream::{
    Elements, ResultStream, exemplar_series, label_sets, list, query_value, strings,
};

use model::Labels;

/// Appends a text as a JSON string.
pub(crate) fn write_text(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("a Vec takes every byte and a str is valid JSON text");
}

/// Appends a label set as a JSON object.
pub(crate) fn write_labels(out: &mut Vec<u8>, labels: &Labels) {
    out.push(b'{');
    for (index, (name, value)) in labels.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_text(out, name);
        out.push(b':');
        write_text(out, value);
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests;
