//! What is known of a component: one piece of evidence says one thing about one subject.

use model::Timestamp;

/// One thing that is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Name of the component; [`crate::WHOLE`] for what belongs to none.
    pub component: String,
    /// What it is about within the component: an instance, a file system, the name of an alert.
    /// Several findings on whether one subject can be reached count once, as the worst of them.
    pub subject: String,
    /// What was found.
    pub finding: Finding,
    /// Why, as a clause: `connection refused`. Empty when nothing is wrong.
    pub reason: String,
    /// What to do next, as a sentence or an address; may be empty.
    pub remedy: String,
    /// Path of the page that shows more; may be empty.
    pub link: String,
    /// From then on a [`Finding::Reach`] no longer says anything.
    pub expires: Option<Timestamp>,
    /// Of a [`Finding::Alert`]: for how many alerts of that name it stands, 1 or more.
    pub count: usize,
}

impl Evidence {
    /// A finding without words.
    pub fn new(component: &str, subject: &str, finding: Finding) -> Self {
        Self {
            component: component.to_owned(),
            subject: subject.to_owned(),
            finding,
            reason: String::new(),
            remedy: String::new(),
            link: String::new(),
            expires: None,
            count: 1,
        }
    }

    /// With a reason, and what to do next.
    pub fn because(mut self, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        (self.reason, self.remedy) = (reason.into(), remedy.into());
        self
    }

    /// Does it say nothing any more?
    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Finding {
    /// Does a target, a service or a probe answer?
    Reach(Reach),
    /// An alert fires.
    Alert(Severity),
    /// Something that must not fill up.
    Level(Level),
    /// How fast an objective uses up its budget: 1 uses all of it exactly by the end.
    Burn(f64),
    /// Part of an objective's budget that is left, 0 to 1; below 0 it is overdrawn.
    Budget(f64),
    /// A collector has no data.
    Gap,
}

/// Can it be reached? The order is from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// It answers.
    Up,
    /// Nobody has asked yet, or not for long.
    Unknown,
    /// It does not.
    Down,
}

/// How bad an alert is; the order is from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Needs somebody soon.
    Warning,
    /// Needs somebody now.
    Critical,
}

impl Severity {
    /// From the label `severity`, by the words that rule files use. No label or an unknown word
    /// is a warning.
    pub fn of(label: &str) -> Self {
        match label {
            "critical" | "page" | "emergency" | "fatal" | "high" | "error" => Self::Critical,
            "info" | "information" | "informational" | "low" | "none" | "debug" => Self::Info,
            _ => Self::Warning,
        }
    }
}

/// A value between two limits. Where the hard limit is the lower one (days that are left), lower
/// is worse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// What was measured.
    pub value: f64,
    /// Nothing is wrong up to here.
    pub soft: f64,
    /// From here on it cannot be worse.
    pub hard: f64,
}

impl Level {
    /// 0 up to the soft limit, 1 from the hard limit on; a value that is no number is not known
    /// to be wrong: 0.
    pub fn pressure(self) -> f64 {
        let Self { value, soft, hard } = self;
        let beyond = if hard >= soft { value >= hard } else { value <= hard };
        if beyond {
            return 1.0;
        }
        let share = (value - soft) / (hard - soft);
        if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::{Level, Severity};

    fn pressure(value: f64, soft: f64, hard: f64) -> f64 {
        Level { value, soft, hard }.pressure()
    }

    #[test]
    fn pressure_grows_from_the_soft_to_the_hard_limit() {
        assert_eq!(pressure(0.5, 0.8, 0.95), 0.0);
        assert!((pressure(0.875, 0.8, 0.95) - 0.5).abs() < 1e-9);
        assert_eq!(pressure(2.0, 0.8, 0.95), 1.0);
    }

    #[test]
    fn pressure_grows_downwards_where_less_is_worse() {
        assert_eq!(pressure(30.0, 21.0, 1.0), 0.0);
        assert!((pressure(11.0, 21.0, 1.0) - 0.5).abs() < 1e-9);
        assert_eq!(pressure(-4.0, 21.0, 1.0), 1.0);
    }

    #[test]
    fn pressure_of_odd_values_is_a_number() {
        assert_eq!(pressure(f64::NAN, 0.8, 0.95), 0.0);
        assert_eq!(pressure(f64::INFINITY, 0.8, 0.95), 1.0);
        assert_eq!(pressure(f64::NEG_INFINITY, 0.8, 0.95), 0.0);
        assert_eq!(pressure(1.0, 1.0, 1.0), 1.0);
        assert_eq!(pressure(0.9, 1.0, 1.0), 0.0);
    }

    #[test]
    fn words_of_rule_files_are_severities() {
        let of = |words: &[&str]| words.iter().map(|word| Severity::of(word)).collect::<Vec<_>>();
        assert_eq!(of(&["page", "warning", "", "odd"])[1..], [Severity::Warning; 3]);
        assert_eq!(of(&["page", "high"]), [Severity::Critical; 2]);
        assert_eq!(of(&["info", "none"]), [Severity::Info; 2]);
    }
}
