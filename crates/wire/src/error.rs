//! The one error of this crate: what is wrong with the bytes, and where.

/// What kind of trouble a decoder met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WireErrorKind {
    /// The bytes are not what they claim to be.
    Malformed,
    /// A bound is exceeded; the bytes may be right.
    TooLarge,
    /// Well-formed, but the content breaks a rule of the data model; costs only its sample.
    Invalid,
}

/// Bytes that were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("wire: {message} at offset {offset}")]
pub struct WireError {
    kind: WireErrorKind,
    offset: usize,
    message: String,
}

impl WireError {
    pub(crate) fn new(kind: WireErrorKind, offset: usize, message: impl Into<String>) -> Self {
        Self { kind, offset, message: message.into() }
    }

    pub(crate) fn malformed(offset: usize, message: impl Into<String>) -> Self {
        Self::new(WireErrorKind::Malformed, offset, message)
    }

    pub(crate) fn too_large(offset: usize, message: impl Into<String>) -> Self {
        Self::new(WireErrorKind::TooLarge, offset, message)
    }

    pub(crate) fn invalid(offset: usize, message: impl Into<String>) -> Self {
        Self::new(WireErrorKind::Invalid, offset, message)
    }

    /// Kind, for callers that decide.
    pub fn kind(&self) -> WireErrorKind {
        self.kind
    }

    /// Byte of the decoded message (for compression: of the compressed input) where it is wrong.
    pub fn offset(&self) -> usize {
        self.offset
    }
}
