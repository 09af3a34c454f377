//! Points that are left, and where the others went. INV-100: with the lines they sum to 100.

use crate::{Deduction, Evidence, Kind};
use model::Timestamp;

/// Points that are missing, without their history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) points: u8,
    pub(crate) kind: Kind,
    pub(crate) subject: String,
    pub(crate) reason: String,
    pub(crate) remedy: String,
    pub(crate) link: String,
    /// Subjects by which it is remembered since when this has been wrong.
    pub(crate) keys: Vec<String>,
}

impl Line {
    /// About a subject, without more to say.
    pub(crate) fn new(kind: Kind, subject: &str, reason: &str) -> Self {
        Self {
            points: 0,
            kind,
            subject: subject.to_owned(),
            reason: reason.to_owned(),
            remedy: String::new(),
            link: String::new(),
            keys: vec![subject.to_owned()],
        }
    }

    /// With the words of a piece of evidence.
    pub(crate) fn of(kind: Kind, evidence: &Evidence) -> Self {
        Self {
            remedy: evidence.remedy.clone(),
            link: evidence.link.clone(),
            ..Self::new(kind, &evidence.subject, &evidence.reason)
        }
    }

    /// With the time since when it has been wrong.
    pub(crate) fn since(self, since: Timestamp) -> Deduction {
        let Self { points, kind, subject, reason, remedy, link, keys: _ } = self;
        Deduction { points, kind, subject, reason, remedy, link, since }
    }
}

/// A component's points while it is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    left: u8,
    lines: Vec<Line>,
}

impl Default for Account {
    fn default() -> Self {
        Self { left: 100, lines: Vec::new() }
    }
}

impl Account {
    /// Takes points, or as many as are left; what is wrong is noted in any case.
    pub(crate) fn take(&mut self, points: u8, line: Line) {
        let points = points.min(self.left);
        self.left -= points;
        self.lines.push(Line { points, ..line });
    }

    /// Takes what is above a limit; within it nothing is noted.
    pub(crate) fn limit(&mut self, most: u8, line: Line) {
        if self.left > most {
            self.take(self.left - most, line);
        }
    }

    /// Points that are left.
    pub(crate) fn left(&self) -> u8 {
        self.left
    }

    /// Where the others went, most points first.
    pub(crate) fn into_lines(mut self) -> Vec<Line> {
        let missing: u32 = self.lines.iter().map(|line| u32::from(line.points)).sum();
        assert_eq!(missing + u32::from(self.left), 100, "INV-100: points are taken once");
        self.lines.sort_by(|a, b| (b.points, a.kind).cmp(&(a.points, b.kind)));
        self.lines
    }
}
