//! The dashboards that come with Flyball, in the form of files that Grafana could import too.

use crate::body::Body;
use crate::import::import;
use crate::library::{Origin, Summary};
use crate::provision::shipped;

/// Every file with the identity it has inside.
const FILES: [(&str, &str); 8] = [
    ("flyball-alerts", include_str!("builtin/alerts.json")),
    ("flyball-host", include_str!("builtin/host.json")),
    ("flyball-http", include_str!("builtin/http.json")),
    ("flyball-nginx", include_str!("builtin/nginx.json")),
    ("flyball-postgresql", include_str!("builtin/postgresql.json")),
    ("flyball-redis", include_str!("builtin/redis.json")),
    ("flyball-self", include_str!("builtin/self.json")),
    ("flyball-sla", include_str!("builtin/sla.json")),
];

/// All of them, read.
pub(crate) fn all() -> Vec<(Summary, Body)> {
    let read = |(uid, file): &(&str, &str)| {
        let imported = import(file.as_bytes()).expect("tests read every shipped file");
        let body = Body::pack(&imported.dashboard).expect("tests read every shipped file");
        (shipped(uid, &imported.dashboard, String::new(), Origin::BuiltIn), body)
    };
    FILES.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Severity, lint};
    use expect_test::expect_file;
    use std::collections::BTreeSet;

    #[test]
    fn shipped_dashboards_are_read_without_loss_and_lint_clean() {
        for (uid, file) in FILES {
            let imported = import(file.as_bytes()).unwrap();
            assert_eq!(imported.report, [], "{uid}");
            assert_eq!(imported.dashboard.uid(), Some(uid));
            assert!(
                imported.dashboard.json()["description"].as_str().is_some_and(|d| d.len() > 30)
            );
            let complaints = lint(&imported.dashboard, None);
            assert!(complaints.iter().all(|c| c.severity == Severity::Warning), "{complaints:#?}");
            assert_eq!(complaints, [], "{uid}");
        }
    }

    /// The metrics are those of Flyball's collectors and of the exporters; whoever changes this
    /// list has looked the names up.
    #[test]
    fn shipped_dashboards_ask_for_known_metrics() {
        let mut names = BTreeSet::new();
        for (_, file) in FILES {
            let dashboard = import(file.as_bytes()).unwrap().dashboard;
            let unknown = lint(&dashboard, Some(&BTreeSet::new()));
            names.extend(unknown.into_iter().map(|complaint| {
                let (_, name) = complaint.message.split_once('"').unwrap();
                name.trim_end_matches('"').to_owned()
            }));
        }
        let names: Vec<String> = names.into_iter().collect();
        expect_file!["builtin/metrics.txt"].assert_eq(&(names.join("\n") + "\n"));
    }
}
