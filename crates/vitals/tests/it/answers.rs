use crate::town::{NOW, Town};
use health::Reach;
use serde_json::json;
use std::time::Duration;
use vitals::OwnPart;

const NOTHING: Vec<String> = Vec::new();

#[test]
fn each_job_is_a_component() {
    let mut town = Town::default();
    town.target("shop", "a:1", "");
    town.target("shop", "b:1", "connection refused");
    town.target("blog", "c:1", "");
    let (score, told) = town.component("shop");
    assert_eq!(score, 50);
    let remedy = "Start it, or correct the address: nothing listens there.";
    assert_eq!(told, [format!("50 down b:1: 1 of 2 down: connection refused | {remedy}")]);
    assert_eq!(town.component("blog"), (json!(100), NOTHING));
}

#[test]
fn a_target_that_was_not_scraped_for_long_is_unknown() {
    let mut town = Town::default();
    town.target("shop", "a:1", "").last_scrape = Some(NOW.saturating_sub(Duration::from_secs(76)));
    let (score, told) = town.component("shop");
    assert_eq!((score, told.len()), (json!(null), 1), "{told:?}");
    assert!(told[0].contains("no news of it for too long"), "{told:?}");
}

#[test]
fn a_service_that_does_not_answer_is_down_although_its_collector_runs() {
    let mut town = Town::default();
    let redis = [("job", "redis"), ("instance", "10.0.0.5:6379")];
    town.target("redis", "10.0.0.5:6379", "");
    town.sample("redis_up", &redis, 0.0);
    let fault = [("collector", "info"), ("reason", "auth"), ("service", "redis")];
    town.sample("flyball_service_collector_fault", &[redis, [fault[0], fault[1]]].concat(), 1.0);
    let (score, told) = town.component("redis");
    assert_eq!(score, 0);
    assert_eq!(
        told,
        [
            "100 down 10.0.0.5:6379: does not answer: redis_up is 0 (auth) | Check the credentials in \
         the configuration."
        ]
    );
}

#[test]
fn a_collector_without_data_costs_little_while_its_service_answers() {
    let mut town = Town::default();
    let pg = [("job", "postgres"), ("instance", "db")];
    town.target("postgres", "db", "");
    town.sample("pg_up", &pg, 1.0);
    let fault = [("collector", "wal"), ("reason", "permission")];
    town.sample("flyball_service_collector_fault", &[pg, fault].concat(), 1.0);
    let (score, told) = town.component("postgres");
    assert_eq!(score, 98);
    assert!(told[0].starts_with("2 collector wal of db: has no data, or not all: permission"));
}

#[test]
fn a_probe_is_unknown_until_enough_outcomes_agree() {
    let mut town = Town::default();
    town.target("web", "https://shop/", "").is_probe = true;
    let (score, told) = town.component("web");
    assert_eq!(score, json!(null));
    assert_eq!(told, ["50 unknown https://shop/: not probed often enough yet | "]);
    let whom = [("job", "web"), ("instance", "https://shop/")];
    town.sample("flyball_probe_healthy", &whom, 1.0);
    assert_eq!(town.component("web"), (json!(100), NOTHING));
}

#[test]
fn inv_102_a_target_whose_worker_is_gone_is_unknown_and_not_down() {
    let mut town = Town::default();
    for location in ["here", "paris"] {
        let target = town.target("web", "https://shop/", "");
        target.is_probe = true;
        target.labels = target.labels.to_builder().set("location", location).build();
    }
    let whom = [("job", "web"), ("instance", "https://shop/")];
    let from = |location| [whom[0], whom[1], ("location", location)];
    town.sample("flyball_probe_healthy", &from("here"), 1.0);
    let reason = [&from("paris")[..], &[("reason", "connect")]].concat();
    town.sample("flyball_probe_unknown", &reason, 1.0);
    let (score, told) = town.component("web");
    assert!(told.iter().all(|line| !line.contains("down")), "{told:?}");
    let why = "nobody could ask from paris: its worker gives no answer (connect)";
    assert!(told[0].contains("unknown") && told[0].contains(why), "{told:?}");
    assert!(told[0].contains("Look at the worker"), "{told:?}");
    assert_ne!(score, 100, "what is not known is not healthy");
    town.sample("flyball_probe_healthy", &from("paris"), 0.0);
    let (_, told) = town.component("web");
    assert!(told[0].contains("1 of 2 down"), "{told:?}");
}

#[test]
fn a_probe_that_fails_says_why_and_a_vital_one_caps() {
    let section = "health: {components: [{name: shop, match: {job: web}, vital: [pay]}]}\n";
    let mut town = Town::with(section);
    for instance in ["home", "search", "pay"] {
        town.target("web", instance, "").is_probe = true;
        let healthy = if instance == "pay" { 0.0 } else { 1.0 };
        town.sample("flyball_probe_healthy", &[("job", "web"), ("instance", instance)], healthy);
    }
    let failure = [("job", "web"), ("instance", "pay"), ("reason", "status")];
    town.sample("flyball_probe_failure", &failure, 1.0);
    let (score, told) = town.component("shop");
    assert_eq!(score, 20);
    let reason = "vital and down, so at most 20 points: the probe fails (status)";
    assert!(told[0].starts_with(&format!("46 vital pay: {reason} | Read its log")), "{told:?}");
}

#[test]
fn probes_of_another_exporter_count_too() {
    let mut town = Town::default();
    town.target("blackbox", "https://a/", "");
    town.sample("probe_success", &[("job", "blackbox"), ("instance", "https://a/")], 0.0);
    assert_eq!(town.component("blackbox").0, 0);
}

#[test]
fn disks_certificates_and_budgets_have_limits() {
    let mut town = Town::default();
    town.target("node", "h", "");
    let disk = [("job", "node"), ("instance", "h"), ("mountpoint", "/var"), ("fstype", "ext4")];
    town.sample("node_filesystem_avail_bytes", &disk, 1.0);
    town.sample("node_filesystem_size_bytes", &disk, 100.0);
    town.sample("node_filesystem_readonly", &disk, 0.0);
    let (score, told) = town.component("node");
    assert_eq!(score, 80);
    assert!(told[0].starts_with("20 saturation disk /var of h: 99 % used; counts above 80 %"));

    town.target("tls", "https://a/", "");
    let whom = [("job", "tls"), ("instance", "https://a/")];
    town.sample("probe_ssl_earliest_cert_expiry", &whom, NOW.seconds() + 86_400.0 * 7.5);
    let (score, told) = town.component("tls");
    assert_eq!(score, 90);
    assert!(told[0].contains("certificate of https://a/: 7.5 days left; counts below 14 days"));

    town.target("api", "x", "");
    let slo = [("job", "api"), ("instance", "x"), ("sloth_service", "api"), ("sloth_slo", "ok")];
    town.sample("slo:current_burn_rate:ratio", &slo, 14.4);
    town.sample("slo:period_error_budget_remaining:ratio", &slo, 0.5);
    assert_eq!(town.component("api").0, 40);
}

#[test]
fn a_disk_that_can_only_be_read_is_always_full() {
    let mut town = Town::default();
    town.target("node", "h", "");
    let disk = [("job", "node"), ("instance", "h"), ("mountpoint", "/cd"), ("fstype", "ext4")];
    town.sample("node_filesystem_avail_bytes", &disk, 0.0);
    town.sample("node_filesystem_size_bytes", &disk, 100.0);
    town.sample("node_filesystem_readonly", &disk, 1.0);
    assert_eq!(town.component("node").0, 100);
}

#[test]
fn alerts_go_where_their_labels_lead_and_say_what_to_do() {
    let mut town = Town::default();
    town.target("shop", "a", "");
    let texts = [("summary", "Orders wait"), ("remediation", "Start a worker")];
    town.alert(&[("alertname", "Queue"), ("job", "shop"), ("severity", "warning")], &texts);
    town.alert(&[("alertname", "Everything"), ("severity", "critical")], &[]);
    town.alert(&[("alertname", "Watchdog"), ("severity", "none")], &[]);
    let (score, told) = town.component("shop");
    assert_eq!(
        (score, told),
        (json!(85), vec!["15 alert Queue: Orders wait | Start a worker".to_owned()])
    );
    let (score, told) = town.component("system");
    assert_eq!(score, 27, "40 for the alert of nobody, 33 for the mean of 85 and an unknown one");
    assert_eq!(told[0], "40 alert Everything:  | ");
}

#[test]
fn alerts_of_one_name_are_counted_and_told_in_the_words_of_the_first_by_labels() {
    let mut town = Town::default();
    town.target("shop", "a", "");
    for (instance, severity) in [("b", "page"), ("c", "page"), ("a", "page"), ("0", "warning")] {
        let labels = [("alertname", "Queue"), ("job", "shop"), ("severity", severity)];
        let labels: Vec<_> = labels.into_iter().chain([("instance", instance)]).collect();
        town.alert(&labels, &[("summary", ""), ("description", instance)]);
    }
    assert_eq!(town.component("shop").1, ["40 alert Queue: 3 alerts; a | "]);
}

#[test]
fn checks_of_the_configuration_are_held_against_their_limits() {
    let section = "health:\n  components: [{name: shop, criticality: critical}]\n  checks:\n  \
        - {name: waiting, component: shop, expr: shop_waiting, soft: 100, hard: 200, \
        remedy: Start a worker.}\n";
    let mut town = Town::with(section);
    let (score, told) = town.component("shop");
    assert_eq!(score, json!(null), "no sample: unknown");
    assert_eq!(told, ["50 unknown waiting: the check finds no samples | Try the expression."]);
    town.sample("shop_waiting", &[], 150.0);
    let (score, told) = town.component("shop");
    assert_eq!(score, 90);
    let expected = "10 saturation waiting: is 150; counts above 100, 200 is the worst";
    assert_eq!(told, [format!("{expected} | Start a worker.")]);
}

#[test]
fn a_dead_dependency_is_told_to_what_needs_it() {
    let section = "health:\n  components:\n  - {name: shop, depends_on: db}\n  \
        - {name: db, criticality: critical, runbook: 'https://wiki/db'}\n";
    let mut town = Town::with(section);
    town.target("shop", "a", "");
    town.target("db", "b", "timed out");
    let (score, told) = town.component("shop");
    assert_eq!(
        (score, told),
        (
            json!(20),
            vec!["80 dependency db: it needs this, at 0 points | https://wiki/db".to_owned()]
        )
    );
    let (_, body) = town.asked("/health", Duration::ZERO);
    assert_eq!((&body["status"], &body["server"]["status"]), (&json!("critical"), &json!("ok")));
    let summary = "17 of 100, critical: db: b, timed out (100 points)";
    assert_eq!(body["summary"], summary);
    let order: Vec<_> =
        body["components"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(order, ["db", "flyball", "shop"], "what is needed comes first");
}

#[test]
fn a_server_that_does_not_work_answers_503_but_not_to_its_page() {
    let mut town = Town::default();
    town.target("shop", "a", "connection refused");
    assert_eq!(town.asked("/health", Duration::ZERO).0, 200, "what is watched does not decide");
    let message = "no space left on device".to_owned();
    town.parts = vec![OwnPart { name: "storage".to_owned(), works: false, message }];
    for (path, status) in [("/health", 503), ("/health/latest", 503), (vitals::PAGE_PATH, 200)] {
        assert_eq!(town.asked(path, Duration::ZERO).0, status, "{path}");
    }
    let (score, told) = town.component("flyball");
    assert_eq!(score, 0);
    let expected = "100 down part storage: no space left on device | Read the server's log.";
    assert_eq!(told, [expected]);
}

#[test]
fn an_old_judgement_is_none() {
    let mut town = Town::default();
    town.target("shop", "a", "");
    town.parts = vec![OwnPart { name: "x".to_owned(), works: true, message: String::new() }];
    let (_, fresh) = town.asked("/health/latest", Duration::from_mins(1));
    assert_eq!((&fresh["status"], &fresh["score"]), (&json!("healthy"), &json!(100)));
    assert_eq!(fresh["summary"], "100 of 100, healthy: nothing is wrong with 2 components");
    assert_eq!(fresh["components"]["shop"], json!({"status": "healthy", "score": 100}));
    assert_eq!(fresh["at"], "2023-11-14T22:13:20Z");
    let (status, old) = town.asked("/health/latest", Duration::from_secs(91));
    assert_eq!((status, &old["status"], &old["score"]), (200, &json!("unknown"), &json!(null)));
    assert!(
        town.judged(Duration::from_secs(91))
            .families()
            .iter()
            .all(|family| { family.name != "flyball_health_score" || family.points.is_empty() })
    );
}

#[test]
fn scores_and_points_are_series() {
    let mut town = Town::default();
    town.target("shop", "a", "connection refused");
    town.target("new", "b", "").reach = Reach::Unknown;
    let text = exposition::render_text(&town.judged(Duration::ZERO).families());
    for line in [
        "flyball_health_score{component=\"shop\"} 0",
        "flyball_health_score{component=\"system\"} 33",
        "flyball_health_deduction_points{component=\"shop\",kind=\"down\"} 100",
        "flyball_health_deduction_points{component=\"system\",kind=\"dependency\"} 67",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(!text.contains("flyball_health_score{component=\"new\"}"), "{text}");
    let lines = town.judged(Duration::ZERO).lines();
    let shop = lines.iter().find(|line| line.name == "shop").unwrap();
    assert_eq!(shop.message, "critical 0: a, connection refused (100 points)");
}
