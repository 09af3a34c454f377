//! The segmented, checksummed, append-only log under samples and states.
