//! What a restart must not forget: alerts, silences, and what was told.

use crate::stage::Stage;

const CONFIG: &str = "
route: {receiver: ops, group_by: [alertname], group_wait: 1s, group_interval: 2s, repeat_interval: 1h}
receivers:
- name: ops
  webhook_configs: [{url: 'http://ops'}]
";
const DOWN: [(&str, &str); 1] = [("alertname", "Down")];
const FIRED: &str = "1s ops +Down (first notification)";

#[test]
fn an_alert_that_nobody_renews_after_a_restart_ends_when_its_lease_does() {
    let mut stage = Stage::new(CONFIG);
    stage.send(&DOWN, 60.0);
    stage.run_until(10.0);
    stage.restart();
    stage.run_until(200.0);
    // A new lease of a minute from the restart on, because nobody could renew it meanwhile.
    assert_eq!(stage.heard, [FIRED, "70s ops -Down (all alerts resolved)"]);
}

#[test]
fn an_end_pushed_after_a_restart_is_told() {
    let mut stage = Stage::new(CONFIG);
    stage.fire(&DOWN);
    stage.run_until(2.0);
    stage.restart();
    stage.run_until(2.5);
    stage.resolve(&DOWN);
    stage.run_until(20.0);
    assert_eq!(stage.heard, [FIRED, "4s ops -Down (all alerts resolved)"]);
}

#[test]
fn nothing_is_told_twice_after_a_restart() {
    let mut stage = Stage::new(CONFIG);
    stage.fire(&DOWN);
    stage.run_until(2.0);
    for second in 3_u8..30 {
        stage.restart();
        stage.fire(&DOWN);
        stage.run_until(f64::from(second));
    }
    assert_eq!(stage.heard, [FIRED]);
}

#[test]
fn a_restart_does_not_bring_back_what_has_ended() {
    let mut stage = Stage::new(CONFIG);
    stage.send(&DOWN, 2.0);
    stage.run_until(5.0);
    stage.restart();
    stage.run_until(100.0);
    assert_eq!(stage.heard, [FIRED, "3s ops -Down (all alerts resolved)"]);
    assert_eq!(stage.dispatcher.stats().alerts, 0);
}

#[test]
fn the_group_wait_goes_on_over_a_restart() {
    let mut stage = Stage::new(&CONFIG.replace("group_wait: 1s", "group_wait: 30s"));
    stage.fire(&DOWN);
    stage.run_until(20.0);
    stage.restart();
    stage.run_until(100.0);
    assert_eq!(stage.heard, ["30s ops +Down (first notification)"]);
}

#[test]
fn silences_survive_with_the_ends_they_hold_back() {
    let mut stage = Stage::new(CONFIG);
    stage.fire(&DOWN);
    stage.run_until(1.5);
    stage.silence("alertname=Down", 10.0);
    stage.run_until(2.0);
    stage.resolve(&DOWN);
    stage.run_until(5.0);
    stage.restart();
    stage.run_until(30.0);
    assert_eq!(stage.heard, [FIRED, "13s ops -Down (all alerts resolved)"]);
    assert_eq!(stage.dispatcher.silences().len(), 1);
}

#[test]
fn decisions_survive() {
    let mut stage = Stage::new(CONFIG);
    stage.fire(&DOWN);
    stage.run_until(2.0);
    let before = stage.dispatcher.decisions(&[], 100);
    assert_eq!(before.len(), 2);
    stage.restart();
    assert_eq!(stage.dispatcher.decisions(&[], 100), before);
}

#[test]
fn the_whole_state_can_be_written_at_once() {
    let mut stage = Stage::new(CONFIG);
    stage.fire(&DOWN);
    stage.run_until(2.0);
    stage.silence("alertname=Other", 1000.0);
    stage.written = stage.dispatcher.save();
    stage.restart();
    stage.resolve(&DOWN);
    stage.run_until(20.0);
    assert_eq!(stage.heard, [FIRED, "4s ops -Down (all alerts resolved)"]);
    assert_eq!(stage.dispatcher.silences().len(), 1);
}
