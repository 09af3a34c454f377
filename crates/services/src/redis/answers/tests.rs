use super::{command_times, config, latency_histogram, latency_latest, masters, not_down, slowlog};
use crate::Page;
use crate::redis::resp::Value;
use expect_test::{Expect, expect};

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn texts(texts: &[&str]) -> Value {
    Value::Array(texts.iter().map(|one| text(one)).collect())
}

fn list(items: impl IntoIterator<Item = Value>) -> Value {
    Value::Array(items.into_iter().collect())
}

fn check(fill: impl FnOnce(&mut Page), expected: &Expect) {
    let mut page = Page::default();
    fill(&mut page);
    let text = exposition::render_text(&page.into_families());
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    expected.assert_eq(&format!("{}\n", lines.join("\n")));
}

#[test]
fn settings() {
    let answer = texts(&[
        "databases",
        "4",
        "maxmemory",
        "100",
        "io-threads",
        "2",
        "requirepass",
        "secret",
        "client-output-buffer-limit",
        "normal 0 0 0 slave 256 64 60 odd",
        "maxclients",
        "many",
    ]);
    check(
        |page| assert_eq!(config(&answer, page), Some(4)),
        &expect![[r#"
        redis_config_client_output_buffer_limit_bytes{class="normal",limit="hard"} 0
        redis_config_client_output_buffer_limit_bytes{class="normal",limit="soft"} 0
        redis_config_client_output_buffer_limit_bytes{class="slave",limit="hard"} 256
        redis_config_client_output_buffer_limit_bytes{class="slave",limit="soft"} 64
        redis_config_client_output_buffer_limit_overcome_seconds{class="normal",limit="soft"} 0
        redis_config_client_output_buffer_limit_overcome_seconds{class="slave",limit="soft"} 60
        redis_config_io_threads 2
        redis_config_maxmemory 100
    "#]],
    );
    let mut page = Page::default();
    assert_eq!((config(&Value::Null, &mut page), page.samples()), (None, 0));
}

#[test]
fn latency() {
    let event = list([text("fork"), Value::Integer(1700), Value::Integer(12), Value::Integer(20)]);
    let odd = list([text("short")]);
    check(
        |page| latency_latest(&list([event.clone(), odd.clone()]), page),
        &expect![[r#"
        redis_latency_spike_duration_seconds{event_name="fork"} 0.012
        redis_latency_spike_last{event_name="fork"} 1700
    "#]],
    );
    let times = command_times("x\ncmdstat_get:calls=2,usec=3,usec_per_call=1\ncmdstat_odd:a\n");
    let buckets = list([1, 1, 2, 2].map(Value::Integer));
    let details = list([text("calls"), Value::Integer(2), text("histogram_usec"), buckets]);
    let answer = list([text("get"), details, text("set"), Value::Null]);
    check(
        |page| latency_histogram(&answer, &times, page),
        &expect![[r#"
        redis_commands_latencies_usec_bucket{cmd="get",le="1.0"} 1
        redis_commands_latencies_usec_bucket{cmd="get",le="2.0"} 2
        redis_commands_latencies_usec_bucket{cmd="get",le="+Inf"} 2
        redis_commands_latencies_usec_sum{cmd="get"} 3
        redis_commands_latencies_usec_count{cmd="get"} 2
    "#]],
    );
}

#[test]
fn slow_commands() {
    let entry = list([3, 1700, 12_345].map(Value::Integer));
    check(
        |page| slowlog(&Value::Integer(2), &list([entry.clone()]), page),
        &expect![[r"
        redis_last_slow_execution_duration_seconds 0.012345
        redis_slowlog_last_id 3
        redis_slowlog_length 2
    "]],
    );
    check(
        |page| slowlog(&Value::Integer(0), &list([]), page),
        &expect![[r"
        redis_last_slow_execution_duration_seconds 0
        redis_slowlog_last_id 0
        redis_slowlog_length 0
    "]],
    );
}

#[test]
fn masters_of_a_sentinel() {
    let master =
        texts(&["name", "m", "ip", "::1", "port", "1", "quorum", "2", "last-ok-ping-reply", "500"]);
    let nameless = texts(&["ip", "x"]);
    let up = texts(&["flags", "slave"]);
    let down = texts(&["flags", "s_down,slave"]);
    check(
        |page| {
            let masters = masters(&list([master.clone(), nameless.clone()]), page);
            assert_eq!(masters.len(), 1);
            let others = list([up.clone(), down.clone(), nameless.clone()]);
            not_down(&others, "sentinel_master_ok_sentinels", 1, &masters[0], page);
        },
        &expect![[r#"
            redis_sentinel_master_config_epoch{master_address="::1:1",master_name="m"} 0
            redis_sentinel_master_last_ok_ping_reply_seconds{master_address="::1:1",master_name="m"} 0.5
            redis_sentinel_master_ok_sentinels{master_address="::1:1",master_name="m"} 2
            redis_sentinel_master_setting_ckquorum{master_address="::1:1",master_name="m"} 2
            redis_sentinel_master_setting_down_after_milliseconds{master_address="::1:1",master_name="m"} 0
            redis_sentinel_master_setting_failover_timeout{master_address="::1:1",master_name="m"} 0
            redis_sentinel_master_setting_parallel_syncs{master_address="::1:1",master_name="m"} 0
        "#]],
    );
}
