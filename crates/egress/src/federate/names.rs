//! Names outside the legacy alphabet towards readers that know no others.
//! Rules: prometheus/common `model/metric.go`, `EscapeName`.

use std::borrow::Cow;
use std::fmt::Write as _;

/// How a reader wants such names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum Escaping {
    /// As they are, quoted.
    AllowUtf8,
    /// What does not fit becomes `_`.
    #[default]
    Underscores,
    /// `.` becomes `_dot_`, `_` becomes `__`, what does not fit `__`.
    Dots,
    /// `U__` in front, `_` becomes `__`, what does not fit its code point between underscores.
    Values,
}

impl Escaping {
    const ALL: [Self; 4] = [Self::AllowUtf8, Self::Underscores, Self::Dots, Self::Values];

    /// Name in media types.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::AllowUtf8 => "allow-utf-8",
            Self::Underscores => "underscores",
            Self::Dots => "dots",
            Self::Values => "values",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.as_str() == name)
    }

    /// The name as this reader sees it; `is_metric`: a colon fits.
    pub(super) fn apply(self, name: &str, is_metric: bool) -> Cow<'_, str> {
        let is_legacy = if is_metric {
            model::is_legacy_metric_name(name)
        } else {
            model::is_legacy_label_name(name)
        };
        match self {
            Self::AllowUtf8 => return Cow::Borrowed(name),
            Self::Underscores | Self::Values if is_legacy => return Cow::Borrowed(name),
            // A dotted name is also told from one with underscores.
            Self::Dots | Self::Underscores | Self::Values => {}
        }
        let mut out = String::new();
        if self == Self::Values {
            out.push_str("U__");
        }
        for (index, c) in name.chars().enumerate() {
            let fits = c.is_ascii_alphabetic()
                || c == '_'
                || (c == ':' && is_metric)
                || (c.is_ascii_digit() && index > 0);
            match (self, c) {
                (Self::Dots | Self::Values, '_') => out.push_str("__"),
                (Self::Dots, '.') => out.push_str("_dot_"),
                _ if fits => out.push(c),
                (Self::Dots, _) => out.push_str("__"),
                (Self::Values, _) => {
                    write!(out, "_{:x}_", u32::from(c)).expect("a string takes all");
                }
                (Self::AllowUtf8 | Self::Underscores, _) => out.push('_'),
            }
        }
        Cow::Owned(out)
    }
}

#[cfg(test)]
mod tests {
    use super::Escaping::{AllowUtf8, Dots, Underscores, Values};

    #[test]
    fn names_fit_the_reader() {
        for (scheme, name, expected) in [
            (AllowUtf8, "http.status:sum", "http.status:sum"),
            (Underscores, "http.status:sum", "http_status:sum"),
            (Dots, "http.status:sum", "http_dot_status:sum"),
            (Values, "http.status:sum", "U__http_2e_status:sum"),
            (Underscores, "no:escaping_required", "no:escaping_required"),
            (Dots, "no:escaping_required", "no:escaping__required"),
            (Values, "no:escaping_required", "no:escaping_required"),
            (Underscores, "0bad", "_bad"),
            (Values, "a_ü", "U__a___fc_"),
        ] {
            assert_eq!(scheme.apply(name, true), expected, "{scheme:?}");
        }
        assert_eq!(Underscores.apply("a:b", false), "a_b");
    }
}
