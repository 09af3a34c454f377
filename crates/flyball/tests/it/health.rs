//! Health through the binary: the answer, the verdict, Kubernetes' lines, series, a reload.

use crate::server::Server;
use serde_json::Value;
use testkit::{free_port, wait_for};

fn health(server: &Server) -> Value {
    let reply = server.get("/health");
    assert_eq!(reply.status, 200, "{}", reply.text());
    serde_json::from_str(&reply.text()).unwrap()
}

fn reload(server: &Server) -> testkit::http::Reply {
    testkit::http::post(server.address(), "/-/reload", &[], b"").unwrap()
}

fn component(body: &Value, name: &str) -> Option<Value> {
    let all = body["components"].as_array()?;
    all.iter().find(|one| one["name"] == name).cloned()
}

#[test]
fn a_dead_target_shows_in_every_answer_and_a_reload_changes_what_it_means() {
    let dead = free_port();
    let mut server = Server::prepare(&["--config.file=flyball.yml", "--web.enable-lifecycle"]);
    let prometheus = format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n- job_name: shop\n  \
         static_configs: [{{targets: ['127.0.0.1:{dead}']}}]\n"
    );
    server.write("prometheus.yml", &prometheus);
    let section = "prometheus: prometheus.yml\ndefault_rules: false\nhealth:\n  interval: 1s\n";
    server.write("flyball.yml", section);
    server.run();
    wait_for("the dead target in the answer", || {
        component(&health(&server), "shop").filter(|shop| shop["score"] == 0)
    });
    wait_for("the host and the server itself", || {
        let (host, own) = (component(&health(&server), "node")?, "flyball");
        let own = component(&health(&server), own)?;
        (host["score"].is_u64() && own["score"].is_u64()).then_some(())
    });
    let body = health(&server);
    assert_eq!(body["server"]["status"], "ok");
    let shop = component(&body, "shop").unwrap();
    assert_eq!(shop["status"], "critical");
    let worst = &shop["deductions"][0];
    assert_eq!((&worst["points"], &worst["kind"]), (&Value::from(100), &Value::from("down")));
    assert!(worst["remedy"].as_str().unwrap().starts_with("Start it"), "{worst}");
    assert_eq!(worst["reason"], "connection refused", "without the way there");
    let sum: u64 =
        body["deductions"].as_array().unwrap().iter().map(|d| d["points"].as_u64().unwrap()).sum();
    assert_eq!(sum + body["score"].as_u64().unwrap(), 100, "INV-100");

    let lines = server.get("/healthz?verbose");
    assert_eq!(lines.status, 200, "{}", lines.text());
    let text = lines.text();
    assert!(text.contains("\n[-]watched/shop excluded: critical 0: 127.0.0.1:"), "{text}");
    assert!(text.ends_with("healthz check passed\n"), "{text}");

    wait_for("the score as a series", || {
        let own = server.get("/metrics").text();
        own.contains("\nflyball_health_score{component=\"shop\"} 0\n").then_some(())
    });

    let minor = format!("{section}  components: [{{name: shop, criticality: minor}}]\n");
    server.write("flyball.yml", &minor);
    assert_eq!(reload(&server).status, 200);
    wait_for("a minor component", || {
        component(&health(&server), "shop").filter(|shop| shop["criticality"] == "minor")
    });
    let latest: Value = serde_json::from_str(&server.get("/health/latest").text()).unwrap();
    assert_eq!(latest["components"]["shop"]["score"], 0);
    assert!(latest["score"].as_u64().unwrap() > body["score"].as_u64().unwrap(), "{latest}");

    server.write("flyball.yml", "health: {checks: [{name: a, expr: 'sum(', soft: 1, hard: 2}]}\n");
    let refused = reload(&server);
    assert_ne!(refused.status, 200);
    assert!(
        refused.text().contains("flyball.yml:1:35: `expr` of the check `a`"),
        "{}",
        refused.text()
    );
}
