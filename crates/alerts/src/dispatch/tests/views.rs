//! What the dispatcher shows of alerts, groups and silences.

use super::*;
use crate::route::RouteError;
use crate::{AlertSelection, AlertState};

const FULL_A: [(&str, &str); 2] = [("alertname", "DiskFull"), ("instance", "a")];

/// Three alerts that fire and one that has ended.
fn stage() -> Stage {
    let mut stage = Stage::new(&ops("10s", "60s", "1h"));
    for labels in [&DOWN_A, &DOWN_B, &FULL_A] {
        stage.fire(labels);
    }
    stage.fire(&[("alertname", "HostDown"), ("instance", "c")]);
    stage.run_until(20.0);
    stage.resolve(&[("alertname", "HostDown"), ("instance", "c")]);
    stage.run_until(21.0);
    stage
}

fn names<'a>(alerts: impl IntoIterator<Item = &'a AlertStatus>) -> Vec<String> {
    let name = |status: &AlertStatus| {
        let labels = &status.alert.labels;
        format!("{}/{}", labels.value("alertname"), labels.value("instance"))
    };
    let mut names: Vec<String> = alerts.into_iter().map(name).collect();
    names.sort();
    names
}

#[test]
fn alerts_are_shown_while_they_fire_and_match() {
    let stage = stage();
    let now = stage.moment().wall;
    let found = |matchers: &[Matcher]| {
        names(&stage.dispatcher.alerts(now, &AlertSelection::matching(matchers)))
    };
    assert_eq!(found(&[]), ["DiskFull/a", "HostDown/a", "HostDown/b"]);
    assert_eq!(found(&[Matcher::equal("instance", "a")]), ["DiskFull/a", "HostDown/a"]);
    let both = [Matcher::equal("instance", "a"), Matcher::equal("alertname", "HostDown")];
    assert_eq!(found(&both), ["HostDown/a"]);
}

#[test]
fn pages_of_alerts_follow_each_other() {
    let stage = stage();
    let now = stage.moment().wall;
    let page = |after: Option<u64>| {
        let selection = AlertSelection { after, limit: 1, ..AlertSelection::matching(&[]) };
        stage.dispatcher.alerts(now, &selection)
    };
    let (mut after, mut seen) = (None, Vec::new());
    while let Some(status) = page(after).pop() {
        assert!(after < Some(status.fingerprint), "they ascend");
        after = Some(status.fingerprint);
        seen.push(status);
    }
    assert_eq!(names(&seen), ["DiskFull/a", "HostDown/a", "HostDown/b"], "each once");
}

#[test]
fn groups_are_shown_by_their_labels_without_ended_and_other_alerts() {
    let stage = stage();
    let now = stage.moment().wall;
    let shown = |matchers: &[Matcher]| {
        let groups = stage.dispatcher.groups(now, matchers);
        let shown =
            groups.iter().map(|group| format!("{} {:?}", group.labels, names(&group.alerts)));
        shown.collect::<Vec<_>>()
    };
    let full = r#"{alertname="DiskFull"} ["DiskFull/a"]"#;
    assert_eq!(shown(&[]), [full, r#"{alertname="HostDown"} ["HostDown/a", "HostDown/b"]"#]);
    assert_eq!(shown(&[Matcher::equal("alertname", "DiskFull")]), [full]);
    assert_eq!(shown(&[Matcher::equal("alertname", "none")]), [""; 0]);
}

#[test]
fn a_silenced_alert_is_suppressed_and_others_are_active() {
    let mut stage = stage();
    let id = stage.silence("instance=b", 100.0);
    let now = stage.moment().wall;
    for status in stage.dispatcher.alerts(now, &AlertSelection::matching(&[])) {
        let is_silenced = status.alert.labels.value("instance") == "b";
        let state = if is_silenced { AlertState::Suppressed } else { AlertState::Active };
        assert_eq!(status.state, state, "{}", status.alert.labels);
        assert_eq!(status.silenced_by.contains(&id), is_silenced);
    }
}

#[test]
fn silences_that_end_soon_are_named_while_they_mute_something() {
    let mut stage = stage();
    let id = stage.silence("instance=b", 100.0);
    stage.silence("instance=nobody", 100.0);
    let now = stage.moment().wall;
    let ending = |seconds: u64| {
        let ending = stage.dispatcher.silences_ending(now, Duration::from_secs(seconds));
        ending.into_iter().map(|silence| silence.id).collect::<Vec<_>>()
    };
    assert_eq!(ending(100), [id]);
    assert_eq!(ending(99), [""; 0]);
}

#[test]
fn receivers_are_named_in_order() {
    assert_eq!(stage().dispatcher.receivers(), ["db", "ops"]);
}

#[test]
fn a_tree_whose_root_chooses_or_names_what_is_not_there_is_refused() {
    let refused = |change: fn(&mut Settings)| {
        let mut settings = crate::stage::settings(&ops("10s", "60s", "1h"));
        change(&mut settings);
        Dispatcher::new(&settings).err()
    };
    assert!(refused(|_| ()).is_none());
    let matches = |settings: &mut Settings| {
        settings.route.matchers = vec![Matcher::equal("a", "b")];
    };
    assert!(matches!(refused(matches), Some(RouteError::RootMatches)));
    let goes_on = |settings: &mut Settings| settings.route.continue_matching = true;
    assert!(matches!(refused(goes_on), Some(RouteError::RootMatches)));
    let unknown = |settings: &mut Settings| {
        settings.route.mute_time_intervals = vec!["nights".into()];
    };
    assert!(matches!(refused(unknown), Some(RouteError::UndefinedInterval(_))));
}

#[test]
fn what_others_tell_is_remembered_once_with_its_end() {
    let mut stage = Stage::new(&ops("10s", "60s", "1h"));
    for (seconds, ends_at) in [(60.0, 300.0), (120.0, 360.0), (180.0, 180.0), (240.0, 180.0)] {
        stage.run_until(seconds);
        let (ends_at, now) = (Stage::at(ends_at), stage.moment().wall);
        let known = alert(&DOWN_A, Stage::at(0.0), Some(ends_at), now);
        stage.step(Event::Elsewhere(vec![known]));
    }
    stage.restart();
    let told = stage.dispatcher.decisions(&[Matcher::equal("instance", "a")], 10);
    let told: Vec<_> = told.iter().map(|told| (told.verdict.code(), told.alerts.len())).collect();
    assert_eq!(told, [("external", 1), ("external", 1)]);
    assert_eq!(stage.heard, [""; 0], "nobody is told from here");
    assert_eq!(stage.dispatcher.stats().alerts, 0);
}
