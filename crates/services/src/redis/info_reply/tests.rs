use super::read;
use crate::Page;
use expect_test::{Expect, expect};
use model::Timestamp;

fn check(text: &str, databases: Option<usize>, expected: &Expect) {
    let mut page = Page::default();
    let outline = read(text, databases, Timestamp::from_ms(1_000_500), &mut page);
    let text = exposition::render_text(&page.into_families());
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let lines: Vec<&str> = lines.collect();
    expected.assert_eq(&format!("{outline:?}\n{}\n", lines.join("\n")));
}

#[test]
fn a_primary() {
    let text = include_str!("../../../../../fuzz/corpus/services_info/primary");
    check(
        text,
        Some(2),
        &expect![[r#"
        Outline { is_cluster: false, is_sentinel: false, is_loading: false }
        redis_cluster_enabled 0
        redis_commands_duration_seconds_total{cmd="get"} 0.000175
        redis_commands_duration_seconds_total{cmd="old"} 5e-06
        redis_commands_failed_calls_total{cmd="get"} 2
        redis_commands_rejected_calls_total{cmd="get"} 1
        redis_commands_total{cmd="get"} 21
        redis_commands_total{cmd="old"} 1
        redis_connected_slave_lag_seconds{slave_ip="10.0.0.1",slave_port="6379",slave_state="online"} 2
        redis_connected_slave_offset_bytes{slave_ip="10.0.0.1",slave_port="6379",slave_state="online"} 17
        redis_connected_slaves 1
        redis_db_avg_ttl_seconds{db="db0"} 1.5
        redis_db_keys{db="db0"} 50
        redis_db_keys{db="db1"} 0
        redis_db_keys_expiring{db="db0"} 4
        redis_db_keys_expiring{db="db1"} 0
        redis_errors_total{err="WRONGTYPE"} 3
        redis_hz 10
        redis_instance_info{maxmemory_policy="noeviction",os="Linux",process_id="7",redis_mode="standalone",redis_version="7.0.1",role="master",tcp_port="6379"} 1
        redis_latency_percentiles_usec{cmd="get",quantile="50.0"} 0.001
        redis_latency_percentiles_usec{cmd="get",quantile="99.0"} 1.003
        redis_latency_percentiles_usec{cmd="get",quantile="99.9"} 4.015
        redis_latency_percentiles_usec_sum{cmd="get"} 175
        redis_latency_percentiles_usec_count{cmd="get"} 21
        redis_memory_max_bytes 0
        redis_memory_used_bytes 1000
        redis_process_id 7
        redis_start_time_seconds 900
        redis_uptime_in_seconds 100
    "#]],
    );
}

#[test]
fn a_replica() {
    let text = include_str!("../../../../../fuzz/corpus/services_info/replica");
    check(
        text,
        Some(0),
        &expect![[r#"
        Outline { is_cluster: false, is_sentinel: false, is_loading: false }
        redis_instance_info{role="slave"} 1
        redis_latest_fork_seconds 0.00025
        redis_master_last_io_seconds_ago{master_host="10.0.0.9",master_port="6380"} -1
        redis_master_link_up{master_host="10.0.0.9",master_port="6380"} 0
        redis_master_sync_in_progress{master_host="10.0.0.9",master_port="6380"} 0
        redis_rdb_last_bgsave_status 0
        redis_slave_info{master_host="10.0.0.9",master_port="6380",read_only="1"} 1
        redis_slave_repl_offset{master_host="10.0.0.9",master_port="6380"} 12
    "#]],
    );
}

#[test]
fn a_sentinel() {
    let text = include_str!("../../../../../fuzz/corpus/services_info/sentinel");
    check(
        text,
        None,
        &expect![[r#"
        Outline { is_cluster: false, is_sentinel: true, is_loading: false }
        redis_instance_info 1
        redis_sentinel_master_sentinels{master_address="10.0.0.9:6380",master_name="main"} 3
        redis_sentinel_master_slaves{master_address="10.0.0.9:6380",master_name="main"} 1
        redis_sentinel_master_status{master_address="10.0.0.9:6380",master_name="main",master_status="sdown"} 0
        redis_sentinel_masters 1
        redis_sentinel_tilt 0
    "#]],
    );
}

#[test]
fn several_masters_of_keydb() {
    let text = "# Replication\nmaster_host:a\nmaster_port:1\nmaster_link_status:up\n\
                master_1_host:b\nmaster_1_port:2\nmaster_1_link_status:down\n";
    check(
        text,
        Some(0),
        &expect![[r#"
        Outline { is_cluster: false, is_sentinel: false, is_loading: false }
        redis_instance_info 1
        redis_master_link_up{master_host="a",master_port="1"} 1
        redis_master_link_up{master_host="b",master_port="2"} 0
    "#]],
    );
}

#[test]
fn what_is_not_understood_is_left_out() {
    let text = "no section\n# Replication\nslave0:nothing\nslavex:offset=1\n\
                # Commandstats\ncmdstat_get:calls=x\nother:1\n# Keyspace\ndb0:keys=1\n\
                # Errorstats\nerrorstat_X:count=\n# Latencystats\nlatency_percentiles_usec_q:p50=1\n\
                # Cluster\ncluster_a-b:1\nused_memory:many\n:\nx:";
    check(
        text,
        Some(1),
        &expect![[r#"
        Outline { is_cluster: false, is_sentinel: false, is_loading: false }
        redis_db_keys{db="db0"} 0
        redis_db_keys_expiring{db="db0"} 0
        redis_instance_info 1
    "#]],
    );
}
