//! Silences that recur, end with their alerts, or end soon.

use crate::stage::Stage;
use crate::{DURING, Effect, RESOLVED, Silence, SilenceState, UNTIL};
use std::time::Duration;

/// The stage begins at 22:13:20.
const CONFIG: &str = "
route: {receiver: ops, group_by: [alertname], group_wait: 0s, group_interval: 1m, repeat_interval: 1m}
time_intervals: [{name: late, time_intervals: [{times: [{start_time: '22:15', end_time: '22:17'}]}]}]
receivers:
- name: ops
  webhook_configs: [{url: 'http://ops'}]
";
const DOWN: [(&str, &str); 1] = [("alertname", "Down")];

fn silence(stage: &Stage, annotation: (&str, &str)) -> Silence {
    let now = stage.moment().wall;
    Silence {
        id: String::new(),
        matchers: config::MatcherMode::default().matchers("alertname=Down").unwrap(),
        starts_at: now,
        ends_at: now.saturating_add(Duration::from_hours(24)),
        updated_at: now,
        created_by: "ann".into(),
        comment: "known".into(),
        annotations: vec![(annotation.0.into(), annotation.1.into())],
    }
}

fn set(stage: &mut Stage, annotation: (&str, &str)) -> Result<String, String> {
    let silence = silence(stage, annotation);
    let mut effects = Vec::new();
    let id = stage.dispatcher.set_silence(stage.moment(), silence, "one".into(), &mut effects);
    assert!(effects.iter().all(|effect| matches!(effect, Effect::Remember(_))));
    id.map_err(|error| error.to_string())
}

#[test]
fn a_silence_mutes_during_its_time_intervals() {
    let mut stage = Stage::new(CONFIG);
    set(&mut stage, (DURING, "late")).unwrap();
    stage.send(&DOWN, 6000.0);
    stage.run_until(400.0);
    let heard: Vec<&str> = stage.heard.iter().map(|h| h.split(' ').next().unwrap()).collect();
    assert_eq!(heard, ["0s", "60s", "240s", "300s", "360s"]);
}

#[test]
fn a_silence_names_time_intervals_that_exist() {
    let mut stage = Stage::new(CONFIG);
    let error = set(&mut stage, (DURING, "early")).unwrap_err();
    let words = "undefined time interval `early`; alertmanager.yml has: late";
    assert_eq!(error, format!("invalid silence: annotation flyball/during: {words}"));
}

#[test]
fn a_silence_ends_with_the_alerts_that_it_mutes() {
    let mut stage = Stage::new(CONFIG);
    let id = set(&mut stage, (UNTIL, RESOLVED)).unwrap();
    let state = |stage: &Stage| stage.dispatcher.silence(&id).unwrap().state(stage.moment().wall);
    stage.run_until(200.0);
    assert_eq!(state(&stage), SilenceState::Active, "nothing has fired yet");
    stage.send(&DOWN, 6000.0);
    stage.run_until(400.0);
    assert_eq!(state(&stage), SilenceState::Active);
    stage.resolve(&DOWN);
    stage.run_until(500.0);
    assert_eq!(state(&stage), SilenceState::Expired);
    let (saved, held) = (stage.saved(), stage.dispatcher.silence(&id));
    assert_eq!(saved.silences.get(&id), held.as_ref(), "a restart does not bring it back");
    stage.send(&DOWN, 6000.0);
    stage.run_until(600.0);
    assert!(stage.heard.iter().any(|heard| heard.contains("+Down")), "{:?}", stage.heard);
}

#[test]
fn silences_that_end_soon_and_still_mute_are_known() {
    let mut stage = Stage::new(CONFIG);
    stage.silence("alertname=Down", 1000.0);
    stage.silence("alertname=Other", 1000.0);
    stage.send(&DOWN, 6000.0);
    let ending = |stage: &Stage| {
        let now = stage.moment().wall;
        stage.dispatcher.silences_ending(now, Duration::from_mins(15)).len()
    };
    assert_eq!(ending(&stage), 0);
    stage.run_until(200.0);
    assert_eq!(ending(&stage), 1);
    stage.run_until(1100.0);
    assert_eq!(ending(&stage), 0);
}
