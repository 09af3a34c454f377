//! What receivers know goes along when another configuration forms other groups (INV-52).

use crate::Event;
use crate::stage::Stage;

fn config(group_by: &str) -> String {
    format!(
        "
route:
  receiver: ops
  group_by: [{group_by}]
  group_wait: 1s
  group_interval: 30s
  repeat_interval: 1h
receivers:
- name: ops
  webhook_configs: [{{url: 'http://a'}}, {{url: 'http://b'}}]
"
    )
}

fn down(instance: &str) -> [(&str, &str); 2] {
    [("alertname", "Down"), ("instance", instance)]
}

/// What one of the two integrations heard.
fn heard(stage: &Stage, integration: usize) -> Vec<&str> {
    let is_second = |heard: &&str| heard.contains(" ops#1 ");
    let heard = stage.heard.iter().map(String::as_str);
    heard.filter(|heard| is_second(heard) == (integration == 1)).collect()
}

#[test]
fn inv_52_who_knows_an_end_is_not_told_it_again_by_another_group() {
    let mut stage = Stage::new(&config("alertname"));
    stage.fire(&down("a"));
    stage.fire(&down("b"));
    stage.run_until(2.0);
    stage.failing_until_ms.insert("ops/webhook[1]".into(), 40_000);
    stage.resolve(&down("a"));
    // One integration hears of the end at 31 s, the other one does not.
    stage.run_until(32.0);
    stage.reroute(&config("'...'"));
    stage.run_until(120.0);
    let ends = |integration: usize| {
        heard(&stage, integration).iter().filter(|heard| heard.contains("-Down/a")).count()
    };
    let failed = heard(&stage, 1).iter().filter(|heard| heard.ends_with("FAILED")).count();
    assert_eq!(ends(0), 1, "{:?}", stage.heard);
    assert_eq!(ends(1) - failed, 1, "{:?}", stage.heard);
}

#[test]
fn groups_that_become_one_repeat_what_was_told_last() {
    let mut stage = Stage::new(&config("'...'"));
    let instances = ["a", "b", "c", "d", "e", "f"];
    for (index, instance) in (0_u8..).zip(instances) {
        stage.run_until(100.0 * f64::from(index));
        stage.send(&down(instance), 20_000.0);
    }
    stage.run_until(600.0);
    stage.heard.clear();
    stage.reroute(&config("alertname"));
    // The last one was told at 501 s; the repeat interval counts from there.
    stage.run_until(4100.0);
    assert_eq!(heard(&stage, 0), [""; 0]);
    stage.run_until(4140.0);
    let all = "+Down/a +Down/b +Down/c +Down/d +Down/e +Down/f";
    let [repeated] = heard(&stage, 0)[..] else { panic!("{:?}", stage.heard) };
    assert!(repeated.ends_with(&format!("ops {all} (repeat interval elapsed)")), "{repeated}");
}

#[test]
fn groups_that_become_one_remember_as_long_as_the_longest_of_them() {
    let mut stage = Stage::new(&config("'...'"));
    for (index, instance) in (0_u8..).zip(["a", "b", "c", "d", "e", "f"]) {
        stage.run_until(100.0 * f64::from(index));
        stage.send(&down(instance), 20_000.0);
    }
    stage.run_until(600.0);
    stage.reroute(&config("alertname"));
    let saved = serde_json::to_value(stage.dispatcher.save()).unwrap();
    let changes = saved.as_array().unwrap().iter();
    let entries = changes.filter_map(|change| change.get("told"));
    let of_all = entries.filter(|told| told["group_key"] == r#"{}:{alertname="Down"}"#);
    let ends: Vec<i64> = of_all.map(|told| told["entry"]["expires_at"].as_i64().unwrap()).collect();
    let two_hours_after_the_last = Stage::at(501.0 + 7200.0).ms();
    assert_eq!(ends, [two_hours_after_the_last; 2], "one for each integration");
}

#[test]
fn inv_52_a_message_under_way_at_a_reload_may_have_told_of_a_beginning() {
    let mut stage = Stage::new(&config("alertname"));
    stage.fire(&down("a"));
    stage.ms = 1000;
    let mut effects = Vec::new();
    stage.dispatcher.step(stage.moment(), Event::Tick, &mut effects);
    // Both messages leave, and nobody hears what became of them.
    assert_eq!(effects.len(), 3, "{effects:?}");
    stage.silence("alertname=Down", 10.0);
    stage.resolve(&down("a"));
    stage.reroute(&config("'...'"));
    stage.run_until(60.0);
    let [first, second] = [heard(&stage, 0), heard(&stage, 1)];
    assert_eq!(first, ["32s ops -Down/a (all alerts resolved)"]);
    assert_eq!(second.len(), 1);
}
