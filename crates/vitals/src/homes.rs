//! Which component evidence belongs to: the first of the configuration whose labels it has, else
//! that of its job, else none.

use crate::settings::Watched;
use crate::world::TargetState;
use health::{Component, Layout, WHOLE};
use model::{JOB_LABEL, Labels};
use std::collections::{BTreeMap, BTreeSet};

/// Jobs that become components by themselves; the targets of further ones share one.
const JOBS_MAX: usize = 1000;
/// Component of targets without a job, and of jobs beyond the limit.
const OTHERS: &str = "others";
/// Job of the server itself.
pub(crate) const OWN_JOB: &str = "flyball";

/// Jobs that have names for people.
const TITLES: [(&str, &str); 5] = [
    (OWN_JOB, "Flyball"),
    ("node", "Hosts"),
    ("postgres", "PostgreSQL"),
    ("redis", "Redis"),
    ("nginx", "nginx"),
];

/// All components of this moment.
pub(crate) struct Homes<'s> {
    watched: &'s [Watched],
    jobs: BTreeMap<String, String>,
    layout: Layout,
}

impl<'s> Homes<'s> {
    /// Components of the configuration, and one for each job that none of them claims.
    pub(crate) fn new(watched: &'s [Watched], targets: &[TargetState]) -> Self {
        let own = Labels::from_pairs([(JOB_LABEL, OWN_JOB)]);
        let mut names: BTreeSet<String> =
            watched.iter().map(|one| one.component.name.clone()).collect();
        let mut components: Vec<Component> =
            watched.iter().map(|one| one.component.clone()).collect();
        let mut jobs = BTreeMap::new();
        for labels in targets.iter().map(|target| &target.labels).chain([&own]) {
            let job = labels.get(JOB_LABEL).unwrap_or_default();
            if jobs.contains_key(job) || claimed(watched, labels).is_some() {
                continue;
            }
            let name = match job {
                _ if jobs.len() >= JOBS_MAX => OTHERS.to_owned(),
                "" => OTHERS.to_owned(),
                WHOLE => format!("job {WHOLE}"),
                _ => job.to_owned(),
            };
            // A job with the name of a component that claims other labels belongs to it all the
            // same: two things with one name would be worse.
            if names.insert(name.clone()) {
                components.push(by_itself(&name));
            }
            jobs.insert(job.to_owned(), name);
        }
        let layout = Layout::new(components).unwrap_or_else(|error| {
            tracing::error!(%error, "components cannot be judged");
            Layout::default()
        });
        Self { watched, jobs, layout }
    }

    /// The component of something with these labels; [`WHOLE`] if there is none.
    pub(crate) fn of(&self, labels: &Labels) -> &str {
        let by_job = || self.jobs.get(labels.get(JOB_LABEL)?).map(String::as_str);
        claimed(self.watched, labels).or_else(by_job).unwrap_or(WHOLE)
    }

    /// The component of the server itself.
    pub(crate) fn own(&self) -> &str {
        self.of(&Labels::from_pairs([(JOB_LABEL, OWN_JOB)]))
    }

    /// What is judged.
    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }
}

fn claimed<'s>(watched: &'s [Watched], labels: &Labels) -> Option<&'s str> {
    let claims = |one: &&Watched| {
        one.matches.iter().all(|(label, values)| {
            let value = labels.get(label).unwrap_or_default();
            values.iter().any(|wanted| wanted == value)
        })
    };
    watched.iter().find(claims).map(|one| one.component.name.as_str())
}

fn by_itself(name: &str) -> Component {
    let title = TITLES.iter().find(|(job, _)| *job == name).map_or(name, |(_, title)| *title);
    Component { name: name.to_owned(), title: title.to_owned(), ..Component::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use health::Reach;
    use std::time::Duration;

    fn target(pairs: &[(&str, &str)]) -> TargetState {
        TargetState {
            labels: Labels::from_pairs(pairs.iter().copied()),
            reach: Reach::Up,
            error: String::new(),
            last_scrape: None,
            interval: Duration::from_secs(15),
            is_probe: false,
        }
    }

    fn watched(name: &str, matches: &[(&str, &[&str])]) -> Watched {
        let values = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect();
        let matches = matches.iter().map(|(label, all)| ((*label).to_owned(), values(all)));
        Watched { component: by_itself(name), matches: matches.collect() }
    }

    #[test]
    fn labels_lead_home() {
        let rules = [
            watched("shop", &[("job", &["web", "pay"]), ("env", &["prod"])]),
            watched("any-web", &[("job", &["web"])]),
        ];
        let jobs = ["web", "redis", "system", "", "redis"].map(|job| target(&[("job", job)]));
        let homes = Homes::new(&rules, &jobs);
        let home = |pairs: &[(&str, &str)]| homes.of(&target(pairs).labels).to_owned();
        assert_eq!(home(&[("job", "pay"), ("env", "prod")]), "shop");
        assert_eq!(home(&[("job", "web"), ("env", "test")]), "any-web");
        assert_eq!(home(&[("job", "redis")]), "redis");
        assert_eq!(home(&[("job", "system")]), "job system");
        assert_eq!(home(&[("job", "gone")]), WHOLE);
        assert_eq!(home(&[("severity", "page")]), WHOLE);
        let names: Vec<&str> =
            homes.layout().components().iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["shop", "any-web", "redis", "job system", "others", "flyball"]);
        assert_eq!(homes.own(), "flyball");
    }

    #[test]
    fn a_job_with_the_name_of_a_component_belongs_to_it() {
        let rules = [watched("shop", &[("job", &["web"])])];
        let homes = Homes::new(&rules, &[target(&[("job", "shop")])]);
        assert_eq!(homes.of(&target(&[("job", "shop")]).labels), "shop");
        assert_eq!(homes.layout().components().len(), 2);
    }

    #[test]
    fn very_many_jobs_share_one_component() {
        let jobs: Vec<TargetState> =
            (0..JOBS_MAX + 5).map(|n| target(&[("job", &format!("j{n:05}"))])).collect();
        let homes = Homes::new(&[], &jobs);
        assert_eq!(homes.layout().components().len(), JOBS_MAX + 1);
        assert_eq!(homes.of(&target(&[("job", "j01004")]).labels), "others");
    }
}
