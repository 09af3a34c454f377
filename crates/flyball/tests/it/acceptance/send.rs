//! Sending: merging, repeating, retrying, batching, ends, reloads, time-outs, cold starts.

use super::{Scenario, Sink, Stage, config, instant_ms, posted, posted_span, shown};
use crate::sender::now_ms;
use serde_json::Value;
use std::thread::sleep;
use std::time::{Duration, Instant};
use testkit::wait_for;

pub(super) const ALL: [Scenario; 10] = [
    ("TestMergeAlerts", merges_messages_about_one_alert),
    ("TestRepeat", repeats_until_the_end),
    ("TestRetry", retries_only_what_failed),
    ("TestBatching", batches),
    ("TestResolved", resolves_after_the_timeout),
    ("TestResolvedFilter", ends_nobody_wants_to_hear_of_are_known_all_the_same),
    ("TestReload", a_reload_repeats_nothing),
    ("TestWebhookTimeout", a_slow_webhook_is_tried_again),
    ("TestColdStart", an_old_alert_is_told_at_once_upstreams_way),
    ("TestColdStart with --dispatch.start-delay", a_start_delay_holds_groups_back),
];

const FAST: &str =
    "group_by: [alertname], group_wait: 200ms, group_interval: 300ms, repeat_interval: 1ms";
const TEST: [&str; 1] = ["alertname=test"];

fn annotated(mut alert: Value, text: &str) -> Value {
    alert["annotations"]["ann"] = text.into();
    alert
}

fn merges_messages_about_one_alert() {
    let sink = Sink::start();
    let stage = Stage::start(&config("", FAST, &[(&sink, "")]));
    let begin = now_ms() - 1000;
    stage.push(&[posted_span(&TEST, begin + 100, None)]);
    stage.push(&[posted_span(&TEST, begin, None)]);
    let begins_at = |wanted: i64| {
        let begins = |message: &Value| instant_ms(message, "startsAt") == wanted;
        wait_for("the earliest beginning", || sink.took().iter().any(begins).then_some(()));
    };
    begins_at(begin);
    for (starts, text) in [(begin + 900, "v1"), (begin + 500, "v2")] {
        stage.push(&[annotated(posted_span(&TEST, starts, None), text)]);
        let told = wait_for(text, || {
            sink.took().into_iter().find(|m| m["alerts"][0]["annotations"]["ann"] == text)
        });
        assert_eq!(instant_ms(&told, "startsAt"), begin, "the earliest stays");
    }
    let end = now_ms();
    let spans = [(begin + 990, end - 300), (begin + 980, end), (begin + 980, end - 700)];
    stage.push(&spans.map(|(starts, ends)| posted_span(&TEST, starts, Some(ends))));
    let (_, told) = sink.wait("-test");
    assert_eq!((instant_ms(&told, "startsAt"), instant_ms(&told, "endsAt")), (begin, end));
    let again = end + 1;
    wait_for("the next millisecond", || (now_ms() > again).then_some(()));
    stage.push(&[posted_span(&TEST, again, None)]);
    begins_at(again);
}

fn repeats_until_the_end() {
    let sink = Sink::start();
    let stage = Stage::start(&config("", FAST, &[(&sink, "")]));
    let begin = now_ms();
    stage.push(&[posted_span(&TEST, begin, None)]);
    wait_for("a reminder", || (sink.heard().len() >= 2).then_some(()));
    let end = now_ms();
    stage.push(&[posted_span(&TEST, begin, Some(end))]);
    let (place, told) = sink.wait("-test");
    assert_eq!((instant_ms(&told, "startsAt"), instant_ms(&told, "endsAt")), (begin, end));
    sleep(Duration::from_millis(900));
    assert_eq!(sink.took().len(), place + 1, "nothing after the end: {:?}", sink.heard());
}

fn retries_only_what_failed() {
    let (first, second) = (Sink::start(), Sink::start());
    second.answer(500);
    let timing = FAST.replace("repeat_interval: 1ms", "repeat_interval: 1h");
    let stage = Stage::start(&config("", &timing, &[(&first, ""), (&second, "")]));
    stage.push(&[posted(&["alertname=test1"])]);
    first.wait("+test1");
    wait_for("tries of two flushes", || (second.asked() >= 4).then_some(()));
    assert_eq!(second.heard(), Vec::<String>::new());
    second.answer(200);
    second.wait("+test1");
    sleep(Duration::from_millis(700));
    assert_eq!((first.heard(), second.heard()), (vec!["+test1".into()], vec!["+test1".into()]));
}

fn batches() {
    let sink = Sink::start();
    let timing = "group_by: [], group_wait: 200ms, group_interval: 300ms, repeat_interval: 1s";
    let stage = Stage::start(&config("", timing, &[(&sink, "")]));
    let named = |numbers: &[u32]| -> Vec<Value> {
        numbers.iter().map(|n| posted(&[format!("alertname=test{n}").as_str()])).collect()
    };
    stage.push(&named(&[1, 5]));
    sink.wait("+test1 +test5");
    stage.push(&named(&[2, 3, 4]));
    let all = "+test1 +test2 +test3 +test4 +test5";
    let (place, _) = sink.wait(all);
    sink.wait_after(place + 1, all);
    assert!(sink.heard()[place..].iter().all(|message| message == all), "{:?}", sink.heard());
    assert!(sink.heard()[..place].iter().all(|message| message == "+test1 +test5"));
}

fn resolves_after_the_timeout() {
    let sink = Sink::start();
    let timing = "group_by: [alertname], group_wait: 200ms, group_interval: 500ms";
    let stage = Stage::start(&config("global: {resolve_timeout: 1s}", timing, &[(&sink, "")]));
    let before = now_ms();
    let alerts = ["lbl=v1", "lbl=v2", "lbl=v3"].map(|lbl| posted(&["alertname=test", lbl]));
    stage.push(&alerts);
    let after = now_ms();
    sink.wait("+test/v1 +test/v2 +test/v3");
    let (_, told) = sink.wait("-test/v1 -test/v2 -test/v3");
    let end = instant_ms(&told, "endsAt");
    assert!((before + 1000..=after + 1000).contains(&end), "{end} after {before}");
    assert_eq!(end - instant_ms(&told, "startsAt"), 1000);
}

fn ends_nobody_wants_to_hear_of_are_known_all_the_same() {
    let (first, second) = (Sink::start(), Sink::start());
    let timing = "group_by: [alertname], group_wait: 200ms, group_interval: 700ms";
    let hooks = [(&first, ""), (&second, ", send_resolved: false")];
    let stage = Stage::start(&config("global: {resolve_timeout: 4s}", timing, &hooks));
    let test = |lbl: &'static str| ["alertname=test", lbl];
    let begin = now_ms();
    stage.push(&[posted(&test("lbl=v1")), posted(&test("lbl=v2"))]);
    first.wait("+test/v1 +test/v2");
    second.wait("+test/v1 +test/v2");
    let lasting = posted_span(&test("lbl=v3"), begin, Some(begin + 600_000));
    stage.push(&[posted_span(&test("lbl=v1"), begin, Some(now_ms())), lasting]);
    first.wait("-test/v1 +test/v2 +test/v3");
    second.wait("+test/v2 +test/v3");
    first.wait("-test/v2 +test/v3");
    sleep(Duration::from_millis(900));
    assert_eq!(second.heard(), ["+test/v1 +test/v2", "+test/v2 +test/v3"]);
}

fn a_reload_repeats_nothing() {
    let sink = Sink::start();
    let timing = "group_by: [], group_wait: 200ms, group_interval: 1s, repeat_interval: 10m";
    let stage = Stage::start(&config("", timing, &[(&sink, "")]));
    stage.push(&[posted(&["alertname=test1"])]);
    sink.wait("+test1");
    stage.server.signal("HUP");
    let reloaded = || stage.server.log().contains("configuration reloaded").then_some(());
    wait_for("the reload", reloaded);
    stage.push(&[posted(&["alertname=test2"])]);
    sink.wait("+test1 +test2");
    assert_eq!(sink.heard(), ["+test1", "+test1 +test2"]);
}

fn a_slow_webhook_is_tried_again() {
    let sink = Sink::start();
    sink.answer(0);
    let timing =
        "group_by: [alertname], group_wait: 200ms, group_interval: 1m, repeat_interval: 1m";
    let stage = Stage::start(&config("", timing, &[(&sink, ", timeout: 300ms")]));
    stage.push(&[posted(&["alertname=test1"])]);
    wait_for("a second try", || (sink.asked() >= 2).then_some(()));
    sink.answer(200);
    sink.wait("+test1");
    sleep(Duration::from_millis(800));
    assert_eq!(sink.heard(), ["+test1"]);
}

fn an_old_alert_is_told_at_once_upstreams_way() {
    let sink = Sink::start();
    let timing = "group_by: [alertname], group_wait: 1m, group_interval: 1m, repeat_interval: 1h";
    let config = config("", timing, &[(&sink, "")]);
    let stage = Stage::with(&config, "notify: {compat: strict}\n", &[], "");
    let pushed = Instant::now();
    stage.push(&[posted_span(&["alertname=test1"], now_ms() - 100_000, None)]);
    sink.wait("+test1");
    assert!(pushed.elapsed() < Duration::from_secs(50), "{:?}", pushed.elapsed());
}

fn a_start_delay_holds_groups_back() {
    let sink = Sink::start();
    let timing = "group_by: [alertname], group_wait: 1ms, group_interval: 300ms";
    let launched = Instant::now();
    let config = config("", timing, &[(&sink, "")]);
    let stage = Stage::with(&config, "", &["--dispatch.start-delay=2s"], "");
    stage.push(&[posted_span(&["alertname=test1"], now_ms() - 100_000, None)]);
    let (_, told) = sink.wait("+test1");
    assert!(launched.elapsed() >= Duration::from_secs(2), "{:?}", launched.elapsed());
    assert_eq!(shown(&told), "+test1");
}
