//! Switches of the parser: which experimental parts of the language are accepted.
//! The names follow upstream's `--enable-feature` values.

/// What the parser accepts beyond the stable language; by default nothing, as upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct ParserOptions {
    /// `promql-experimental-functions`: functions and aggregations marked experimental.
    pub experimental_functions: bool,
    /// `promql-extended-range-selectors`: `anchored` and `smoothed`.
    pub extended_range_selectors: bool,
    /// `promql-binop-fill-modifiers`: `fill`, `fill_left` and `fill_right`.
    pub fill_modifiers: bool,
}

impl ParserOptions {
    /// Everything upstream's parser knows; what promqltest scripts are written for.
    pub const ALL: Self =
        Self { experimental_functions: true, extended_range_selectors: true, fill_modifiers: true };
}
