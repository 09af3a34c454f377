//! Scenarios as text, so that an expectation is read beside what it follows from.
//!
//!     part NAME [critical|minor] [needs A B] [vital S]      a component
//!     up|down|unknown NAME SUBJECT [REASON]                  a target, service or probe
//!     alert NAME critical|warning|info ALERT [REASON]        `-` for no component
//!     level NAME VALUE SOFT HARD SUBJECT
//!     burn|budget NAME VALUE SUBJECT
//!     gap NAME SUBJECT
//!     at SECONDS                                             forgets all evidence; components stay
//!     is NAME SCORE BAND [REASON]                            `?` for no score; reason of the first
//!
//! Every `is` also checks INV-100.
#![expect(clippy::unwrap_used, reason = "a script that cannot be read is a failed test")]

use health::{Component, Criticality, Evidence, Finding, Judge, Layout, Level, Reach};
use health::{Report, Severity, Verdict, WHOLE};
use model::Timestamp;

#[derive(Default)]
struct World {
    now: i64,
    parts: Vec<Component>,
    evidence: Vec<Evidence>,
    judge: Judge,
    report: Option<Report>,
}

/// Runs a script.
pub(crate) fn run(script: &str) {
    let mut world = World::default();
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        world.step(words[0], &words[1..], line);
    }
}

impl World {
    fn step(&mut self, verb: &str, words: &[&str], line: &str) {
        let number = |at: usize| words[at].parse::<f64>().unwrap();
        let rest = |from: usize| words.get(from..).unwrap_or_default().join(" ");
        let reach = |reach| (1, Finding::Reach(reach));
        let (subject, finding) = match verb {
            "part" => return self.parts.push(part(words)),
            "at" => {
                self.judged();
                self.report = None;
                self.now = words[0].parse().unwrap();
                return self.evidence.clear();
            }
            "is" => return self.check(words, line),
            "up" => reach(Reach::Up),
            "down" => reach(Reach::Down),
            "unknown" => reach(Reach::Unknown),
            "alert" => (2, Finding::Alert(Severity::of(words[1]))),
            "gap" => (1, Finding::Gap),
            "burn" => (2, Finding::Burn(number(1))),
            "budget" => (2, Finding::Budget(number(1))),
            "level" => {
                let [value, soft, hard] = [1, 2, 3].map(number);
                (4, Finding::Level(Level { value, soft, hard }))
            }
            other => panic!("{other}: {line}"),
        };
        let evidence = Evidence::new(words[0], words[subject], finding);
        self.evidence.push(evidence.because(rest(subject + 1), ""));
    }

    fn judged(&mut self) -> &Report {
        if self.report.is_none() {
            let layout = Layout::new(self.parts.clone()).unwrap();
            let now = Timestamp::from_ms(self.now * 1000);
            self.report = Some(self.judge.step(now, &layout, &self.evidence));
        }
        self.report.as_ref().unwrap()
    }

    fn check(&mut self, words: &[&str], line: &str) {
        let report = self.judged();
        let verdict = find(report, words[0]);
        let score = verdict.score.map_or("?".to_owned(), |score| score.to_string());
        let worst = verdict.deductions.first();
        let worst = worst.map_or(String::new(), |one| format!("{}: {}", one.subject, one.reason));
        let expected = words[3..].join(" ");
        let found = format!("is {} {score} {} {worst}", words[0], verdict.band.as_str());
        let wanted = format!("is {} {} {} {expected}", words[0], words[1], words[2]);
        assert!(found.starts_with(wanted.trim_end()), "{line}\nfound: {found}");
        let points: u32 = verdict.deductions.iter().map(|one| u32::from(one.points)).sum();
        if let Some(score) = verdict.score {
            assert_eq!(points + u32::from(score), 100, "INV-100: {line}");
        }
    }
}

fn find<'a>(report: &'a Report, name: &str) -> &'a Verdict {
    let mut all = report.components.iter().chain([&report.whole]);
    let name = if name == "whole" { WHOLE } else { name };
    all.find(|verdict| verdict.component == name).unwrap()
}

fn part(words: &[&str]) -> Component {
    let mut part = Component { name: words[0].to_owned(), ..Component::default() };
    let mut list = "";
    for word in &words[1..] {
        match (*word, list) {
            ("critical", _) => part.criticality = Criticality::Critical,
            ("minor", _) => part.criticality = Criticality::Minor,
            ("needs" | "vital", _) => list = word,
            (name, "needs") => part.depends_on.push(name.to_owned()),
            (name, "vital") => drop(part.vital.insert(name.to_owned())),
            (name, _) => panic!("{name}"),
        }
    }
    part
}
