//! Words for scores, with hysteresis: down at the border, up only three points above it, so that a
//! score at a border does not make the word flap.

/// Points above a border that a score must reach before the better word is used again.
const HYSTERESIS: u8 = 3;

/// How a component is, in a word; the order is from worst to best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Band {
    /// Below 50: it does not do its work.
    Critical,
    /// From 50: users notice.
    Impaired,
    /// From 70: something needs attention.
    Degraded,
    /// From 90.
    Healthy,
    /// Nothing is known, which is not healthy. Stands apart: no score has this word.
    Unknown,
}

impl Band {
    /// All words, worst first.
    pub const ALL: [Self; 5] =
        [Self::Critical, Self::Impaired, Self::Degraded, Self::Healthy, Self::Unknown];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Impaired => "impaired",
            Self::Degraded => "degraded",
            Self::Healthy => "healthy",
            Self::Unknown => "unknown",
        }
    }

    /// The word of a score that has no history.
    pub const fn of(score: u8) -> Self {
        match score {
            90.. => Self::Healthy,
            70..=89 => Self::Degraded,
            50..=69 => Self::Impaired,
            0..=49 => Self::Critical,
        }
    }

    /// The word of a score after this one.
    pub(crate) fn next(self, score: Option<u8>) -> Self {
        let Some(score) = score else { return Self::Unknown };
        let (plain, cautious) = (Self::of(score), Self::of(score.saturating_sub(HYSTERESIS)));
        match self {
            // Unknown => any: there is nothing to hold on to.
            Self::Unknown => plain,
            // Up only as far as three points less would do; down at once.
            before if plain > before => cautious.max(before),
            _ => plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Band;

    #[test]
    fn a_band_goes_down_at_its_border_and_up_three_points_above() {
        let mut band = Band::of(90);
        let mut words = Vec::new();
        for score in [89, 90, 92, 93, 90, 89, 40, 51, 53, 75, 100] {
            band = band.next(Some(score));
            words.push((score, band.as_str()));
        }
        let expected = [
            (89, "degraded"),
            (90, "degraded"),
            (92, "degraded"),
            (93, "healthy"),
            (90, "healthy"),
            (89, "degraded"),
            (40, "critical"),
            (51, "critical"),
            (53, "impaired"),
            (75, "degraded"),
            (100, "healthy"),
        ];
        assert_eq!(words, expected);
    }

    #[test]
    fn unknown_has_no_memory() {
        assert_eq!(Band::Critical.next(None), Band::Unknown);
        assert_eq!(Band::Unknown.next(Some(90)), Band::Healthy);
    }
}
