//! Remote write and other wire formats, decoded within bounds.
