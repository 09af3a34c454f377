//! Judges all components and the whole, and remembers since when what has been wrong.
//! `step(now, layout, evidence) -> report`: same steps, same reports.

use crate::account::Line;
use crate::depend::{self, Part};
use crate::{Band, Component, Deduction, Evidence, Kind, Layout, Report, Verdict, WHOLE, deduct};
use model::Timestamp;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Changes of bands that are remembered; older ones are forgotten.
pub const CHANGES_MAX: usize = 200;
/// Deductions of one verdict; the points of further ones are told together.
const DEDUCTIONS_MAX: usize = 50;

/// A component went from one band to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// Name of the component; [`WHOLE`] for the whole.
    pub component: String,
    /// Before.
    pub from: Band,
    /// After.
    pub to: Band,
    /// The score after, if there is one.
    pub score: Option<u8>,
    /// The greatest deduction after, in words; empty when there is none.
    pub reason: String,
}

/// What was wrong with which subject of which component.
type Trouble = (String, Kind, String);

/// Judges again and again.
#[derive(Clone, Debug, Default)]
pub struct Judge {
    bands: BTreeMap<String, (Band, Timestamp)>,
    troubles: BTreeMap<Trouble, Timestamp>,
    changes: VecDeque<Change>,
}

/// A component as far as it was judged.
struct Judged {
    value: u8,
    is_known: bool,
    subjects: usize,
    lines: Vec<Line>,
}

impl Judge {
    /// Judges by what is known now. Evidence of components that the layout lacks counts for the
    /// whole.
    ///
    /// ```
    /// use health::{Band, Component, Evidence, Finding, Judge, Layout, Reach};
    /// use model::Timestamp;
    ///
    /// let redis = Component { name: "redis".into(), ..Component::default() };
    /// let layout = Layout::new(vec![redis])?;
    /// let dead = Evidence::new("redis", "10.0.0.5:6379", Finding::Reach(Reach::Down))
    ///     .because("connection refused", "Is it running?");
    /// let report = Judge::default().step(Timestamp::from_ms(0), &layout, &[dead]);
    /// assert_eq!(report.components[0].score, Some(0));
    /// assert_eq!(report.whole.band, Band::Critical);
    /// # Ok::<(), health::LayoutError>(())
    /// ```
    pub fn step(&mut self, now: Timestamp, layout: &Layout, evidence: &[Evidence]) -> Report {
        let components = layout.components();
        let judged = judge_all(now, layout, evidence);
        let whole = Component {
            name: WHOLE.to_owned(),
            title: "System".to_owned(),
            ..Component::default()
        };
        let all = components.iter().chain([&whole]).zip(judged);
        let former = std::mem::take(&mut self.troubles);
        let mut verdicts: Vec<Verdict> =
            all.map(|(component, judged)| self.tell(now, component, judged, &former)).collect();
        self.bands.retain(|name, _| verdicts.iter().any(|verdict| verdict.component == *name));
        let whole = verdicts.pop().expect("the whole is judged last");
        Report { at: now, whole, components: verdicts }
    }

    /// Changes of bands, the latest last.
    pub fn changes(&self) -> impl DoubleEndedIterator<Item = &Change> {
        self.changes.iter()
    }

    fn tell(
        &mut self,
        now: Timestamp,
        component: &Component,
        judged: Judged,
        former: &BTreeMap<Trouble, Timestamp>,
    ) -> Verdict {
        let score = judged.is_known.then_some(judged.value);
        let mut deductions = Vec::new();
        for line in judged.lines {
            let mut since = now;
            for key in &line.keys {
                let trouble = (component.name.clone(), line.kind, key.clone());
                // A clock that went back does not make anything begin in the future.
                let first = former.get(&trouble).copied().unwrap_or(now).min(now);
                self.troubles.insert(trouble, first);
                since = since.min(first);
            }
            deductions.push(line.since(since));
        }
        let (band, since) = self.note_band(now, component, score, deductions.first());
        Verdict {
            component: component.name.clone(),
            title: component.title.clone(),
            criticality: component.criticality,
            depends_on: component.depends_on.clone(),
            runbook: component.runbook.clone(),
            score,
            band,
            since,
            subjects: judged.subjects,
            deductions: shortened(deductions),
        }
    }

    fn note_band(
        &mut self,
        now: Timestamp,
        component: &Component,
        score: Option<u8>,
        worst: Option<&Deduction>,
    ) -> (Band, Timestamp) {
        let fresh = (score.map_or(Band::Unknown, Band::of), now);
        let Some(&(from, since)) = self.bands.get(&component.name) else {
            self.bands.insert(component.name.clone(), fresh);
            return fresh;
        };
        let to = from.next(score);
        let entry = if to == from { (from, since.min(now)) } else { (to, now) };
        self.bands.insert(component.name.clone(), entry);
        if to != from {
            if self.changes.len() == CHANGES_MAX {
                self.changes.pop_front();
            }
            let reason = worst.map_or(String::new(), |worst| {
                let between = if worst.reason.is_empty() { "" } else { ": " };
                format!("{}{between}{}", worst.subject, worst.reason)
            });
            let component = component.name.clone();
            self.changes.push_back(Change { at: now, component, from, to, score, reason });
        }
        entry
    }
}

/// Components in the order of the layout, then the whole.
fn judge_all(now: Timestamp, layout: &Layout, evidence: &[Evidence]) -> Vec<Judged> {
    let components = layout.components();
    let places: HashMap<&str, usize> =
        components.iter().enumerate().map(|(place, part)| (part.name.as_str(), place)).collect();
    let mut theirs: Vec<Vec<&Evidence>> = vec![Vec::new(); components.len()];
    let mut nobodys = Vec::new();
    for one in evidence {
        match places.get(one.component.as_str()) {
            Some(&place) => theirs[place].push(one),
            None => nobodys.push(one),
        }
    }
    let mut judged: Vec<Judged> = Vec::with_capacity(components.len() + 1);
    for (place, component) in components.iter().enumerate() {
        let mut own = deduct::own(component, &theirs[place], now);
        let needs = layout.needs(place).iter();
        let parts: Vec<Part<'_>> =
            needs.map(|&need| part(&components[need], &judged[need])).collect();
        depend::of_component(&mut own.account, &parts);
        judged.push(Judged::of(own));
    }
    let whole = Component { name: WHOLE.to_owned(), ..Component::default() };
    let mut own = deduct::of_whole(&whole, &nobodys, now);
    let parts: Vec<Part<'_>> =
        components.iter().zip(&judged).map(|(component, judged)| part(component, judged)).collect();
    own.is_known = parts.iter().any(|part| part.is_known);
    depend::of_whole(&mut own.account, &parts);
    own.subjects += judged.iter().map(|part| part.subjects).sum::<usize>();
    judged.push(Judged::of(own));
    judged
}

fn part<'a>(component: &'a Component, judged: &Judged) -> Part<'a> {
    Part { component, value: judged.value, is_known: judged.is_known }
}

impl Judged {
    fn of(own: deduct::Own) -> Self {
        let deduct::Own { account, is_known, subjects } = own;
        Self { value: account.left(), is_known, subjects, lines: account.into_lines() }
    }
}

/// The greatest deductions, and one for the rest.
fn shortened(mut deductions: Vec<Deduction>) -> Vec<Deduction> {
    if deductions.len() <= DEDUCTIONS_MAX {
        return deductions;
    }
    let rest = deductions.split_off(DEDUCTIONS_MAX - 1);
    let points = rest.iter().map(|one| one.points).sum();
    let subject = format!("{} more", rest.len());
    let first = rest.into_iter().next().expect("there are more than fit");
    deductions.push(Deduction { points, subject, reason: String::new(), ..first });
    deductions
}
