//! Bounds of templates: whatever a template says, reading and rendering it ends soon, takes little
//! memory and never overflows the stack.

/// Longest text of a template, in bytes.
pub(crate) const TEXT_BYTES_MAX: usize = 1 << 20;
/// Deepest nesting of control structures and parentheses in a text.
pub(crate) const NESTING_MAX: usize = 64;
/// Deepest nesting of lists and maps that a template builds.
pub(crate) const VALUE_DEPTH_MAX: u8 = 32;

/// Bounds of one rendering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest output and longest text that a function returns, in bytes; 64 KiB by default.
    pub output_bytes: usize,
    /// Most steps (an expression is a step, an element of a list that is copied too); a million by
    /// default.
    pub steps: u64,
    /// Deepest nesting of templates, control structures and parentheses while rendering; 200 by
    /// default, which takes at most 1 MiB of stack.
    pub depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { output_bytes: 64 << 10, steps: 1_000_000, depth: 200 }
    }
}
