//! What a sender is told (OTLP 1.7, "OTLP/HTTP Response"): partial success, or a status.

use crate::remote_write::encode::Message;
use serde_json::json;

/// `ExportMetricsServiceResponse`; empty when nothing was refused.
pub fn response_protobuf(rejected: u64, text: &str) -> Vec<u8> {
    let mut partial = Message::default();
    partial.varint(1, rejected);
    partial.text(2, text);
    let mut out = Message::default();
    if !partial.bytes.is_empty() {
        out.message(1, &partial);
    }
    out.bytes
}

/// [`response_protobuf`] as JSON; 64-bit numbers are texts there.
pub fn response_json(rejected: u64, text: &str) -> String {
    if rejected == 0 && text.is_empty() {
        return "{}".into();
    }
    let rejected = rejected.to_string();
    json!({"partialSuccess": {"rejectedDataPoints": rejected, "errorMessage": text}}).to_string()
}

/// `google.rpc.Status`.
pub fn status_protobuf(code: u64, text: &str) -> Vec<u8> {
    let mut out = Message::default();
    out.varint(1, code);
    out.text(2, text);
    out.bytes
}

/// [`status_protobuf`] as JSON.
pub fn status_json(code: u64, text: &str) -> String {
    json!({"code": code, "message": text}).to_string()
}
