//! Inhibition and silences.

use super::{Scenario, Sink, Stage, config, posted, posted_span};
use crate::sender::now_ms;
use std::thread::sleep;
use std::time::Duration;

pub(super) const ALL: [Scenario; 6] = [
    ("TestInhibiting", an_inhibited_alert_is_told_again_when_its_source_has_ended),
    ("TestAlwaysInhibiting", what_ends_together_is_told_together),
    ("TestEmptyInhibitionRule", a_rule_that_says_nothing_hurts_nobody),
    ("TestAddSilence", the_classic_mode_takes_silences),
    ("TestSilencing", silences_for_a_while),
    ("TestSilenceDelete", a_deleted_silence_mutes_no_more),
];

const FAST: &str = "group_by: [], group_wait: 300ms, group_interval: 400ms, repeat_interval: 1ms";
const INHIBITION: &str = "inhibit_rules: [{source_match: {alertname: JobDown}, \
    target_match: {alertname: InstanceDown}, equal: [job, zone]}]";

fn labels(name: &'static str, zone: &'static str) -> [&'static str; 3] {
    [name, "job=testjob", zone]
}

fn an_inhibited_alert_is_told_again_when_its_source_has_ended() {
    let sink = Sink::start();
    let stage = Stage::start(&config(INHIBITION, FAST, &[(&sink, "")]));
    let alerts = [
        posted(&labels("alertname=test1", "zone=aa")),
        posted(&labels("alertname=InstanceDown", "zone=aa")),
        posted(&labels("alertname=InstanceDown", "zone=ab")),
    ];
    stage.push(&alerts);
    let (aa, ab) = ("+InstanceDown/testjob/aa", "+InstanceDown/testjob/ab");
    sink.wait(&format!("{aa} {ab} +test1/testjob/aa"));
    let source = labels("alertname=JobDown", "zone=aa");
    let begin = now_ms();
    stage.push(&[posted_span(&source, begin, None)]);
    sink.wait(&format!("{ab} +JobDown/testjob/aa +test1/testjob/aa"));
    stage.push(&[posted_span(&source, begin, Some(now_ms()))]);
    sink.wait(&format!("{aa} {ab} -JobDown/testjob/aa +test1/testjob/aa"));
}

fn what_ends_together_is_told_together() {
    let sink = Sink::start();
    let stage = Stage::start(&config(INHIBITION, FAST, &[(&sink, "")]));
    let both =
        [labels("alertname=InstanceDown", "zone=aa"), labels("alertname=JobDown", "zone=aa")];
    let begin = now_ms();
    stage.push(&both.map(|labels| posted_span(&labels, begin, None)));
    sink.wait("+JobDown/testjob/aa");
    let end = now_ms();
    stage.push(&both.map(|labels| posted_span(&labels, begin, Some(end))));
    sink.wait("-InstanceDown/testjob/aa -JobDown/testjob/aa");
    assert!(sink.heard().iter().all(|message| !message.contains("+InstanceDown")));
}

fn a_rule_that_says_nothing_hurts_nobody() {
    let sink = Sink::start();
    let stage = Stage::start(&config("inhibit_rules:\n-\n", FAST, &[(&sink, "")]));
    stage.push(&[posted(&["alertname=test1"])]);
    sink.wait("+test1");
}

fn the_classic_mode_takes_silences() {
    let sink = Sink::start();
    let config = config("", FAST, &[(&sink, "")]);
    let stage = Stage::with(&config, "", &["--enable-feature=classic-mode"], "");
    assert_eq!(stage.silence("foo", "bar", false, 86_400_000).len(), 36);
}

fn silences_for_a_while() {
    let sink = Sink::start();
    let stage = Stage::start(&config("", FAST, &[(&sink, "")]));
    stage.push(&[posted(&["alertname=test1"]), posted(&["alertname=test2"])]);
    sink.wait("+test1 +test2");
    stage.silence("alertname", "test1", false, 2000);
    let (muted, _) = sink.wait("+test2");
    sink.wait_after(muted, "+test1 +test2");
}

fn a_deleted_silence_mutes_no_more() {
    let sink = Sink::start();
    let stage = Stage::start(&config("", FAST, &[(&sink, "")]));
    let id = stage.silence("alertname", ".+", true, 100_000);
    stage.push(&[posted(&["alertname=test1"]), posted(&["alertname=test2"])]);
    sleep(Duration::from_millis(1200));
    assert_eq!(sink.asked(), 0, "silenced");
    let reply = stage.ask("DELETE", &format!("silence/{id}"), &serde_json::Value::Null);
    assert_eq!(reply.status, 200, "{}", reply.text());
    sink.wait("+test1 +test2");
}
