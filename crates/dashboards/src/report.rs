//! What reading a dashboard changed, dropped or cannot show, by the JSON path of its file.
//! Filled by every step of the import; bounded, so that a hostile file cannot fill the memory.

use serde::Serialize;

/// Most findings that are kept; the rest is counted.
const FINDINGS_MAX: usize = 500;
/// Longest path, in characters: names of members are foreign.
const PATH_CHARS_MAX: usize = 300;

/// What became of a part of a dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingKind {
    /// It says the same in another way.
    Changed,
    /// It is gone, because nothing here does what it asked for.
    Dropped,
    /// It is kept, but not shown as it is meant.
    Unsupported,
}

impl FindingKind {
    /// The word of reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Dropped => "dropped",
            Self::Unsupported => "unsupported",
        }
    }
}

/// One line of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where: `panels[3].targets[0]`.
    pub path: String,
    /// What became of it.
    pub kind: FindingKind,
    /// One sentence for people.
    pub message: String,
}

/// Findings in the order of the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    findings: Vec<Finding>,
    beyond: usize,
}

impl Report {
    pub(crate) fn changed(&mut self, path: &str, message: impl Into<String>) {
        self.push(path, FindingKind::Changed, message.into());
    }

    pub(crate) fn dropped(&mut self, path: &str, message: impl Into<String>) {
        self.push(path, FindingKind::Dropped, message.into());
    }

    pub(crate) fn unsupported(&mut self, path: &str, message: impl Into<String>) {
        self.push(path, FindingKind::Unsupported, message.into());
    }

    fn push(&mut self, path: &str, kind: FindingKind, message: String) {
        if self.findings.len() == FINDINGS_MAX {
            self.beyond += 1;
            return;
        }
        let path = path.chars().take(PATH_CHARS_MAX).collect();
        self.findings.push(Finding { path, kind, message });
    }

    /// All findings; when there were too many, the last one says how many are missing.
    pub(crate) fn into_findings(mut self) -> Vec<Finding> {
        if self.beyond > 0 {
            let message = format!("{} further findings are not listed", self.beyond);
            self.findings.push(Finding {
                path: String::new(),
                kind: FindingKind::Changed,
                message,
            });
        }
        self.findings
    }
}

/// `panels[3]` below a path that may be empty.
pub(crate) fn element(path: &str, list: &str, index: usize) -> String {
    member(path, &format!("{list}[{index}]"))
}

/// `panels[3].type`; the path may be empty.
pub(crate) fn member(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
