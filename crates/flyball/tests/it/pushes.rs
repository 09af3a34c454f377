//! A batch job with Python's `prometheus_client` pushes, changes and deletes groups.

use crate::server::Server;
use std::process::Command;
use testkit::{skip, wait_for};

/// An interpreter that has the client: `FLYBALL_PUSH_PYTHON` or the system's.
fn python() -> Option<String> {
    let asked = std::env::var("FLYBALL_PUSH_PYTHON").ok();
    let all = asked.into_iter().chain(["/usr/bin/python3".to_owned(), "python3".to_owned()]);
    all.into_iter().find(|python| {
        let status = Command::new(python).args(["-c", "import prometheus_client"]).output();
        status.is_ok_and(|output| output.status.success())
    })
}

#[test]
fn the_client_of_python_pushes_groups_that_survive_a_restart() {
    let Some(python) = python() else {
        return skip("pushed metrics", "no python3 with prometheus_client");
    };
    let mut server = Server::start(&["--config.file=/dev/null"]);
    let run = |server: &Server, step: &str| {
        let address = server.address().to_string();
        let output = Command::new(&python).args(["-c", SCRIPT, &address, step]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    run(&server, "push");
    let values = |server: &Server, query: &str| -> Vec<f64> {
        server.query(query).into_iter().map(|(_, value)| value).collect()
    };
    let done = "done{job=\"backup\",instance=\"a/b\"}";
    assert_eq!(values(&server, done), [7.0]);
    assert_eq!(values(&server, "took_seconds_count{job=\"backup\"}"), [2.0]);
    assert_eq!(values(&server, "files_total{job=\"backup\",kind=\"new\"}"), [3.0]);
    assert_eq!(values(&server, "time() - push_time_seconds{job=\"backup\"} < bool 60"), [1.0]);
    run(&server, "pushadd");
    assert_eq!(values(&server, done), [8.0]);
    assert_eq!(values(&server, "files_total").len(), 1, "of another family: it stays");
    let stored = "count_over_time(done[5m])";
    let before = values(&server, stored)[0];
    assert!(server.terminate().success());
    server.run();
    wait_for("a sample of the new process", || {
        values(&server, stored).first().filter(|count| **count > before).map(drop)
    });
    run(&server, "delete");
    assert!(values(&server, "{job=\"backup\"}").is_empty());
}

const SCRIPT: &str = r#"
import sys
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client import delete_from_gateway, push_to_gateway, pushadd_to_gateway
address, step = sys.argv[1:]
key = {"instance": "a/b"}
registry = CollectorRegistry()
done = Gauge("done", "Finished.", registry=registry)
if step == "push":
    done.set(7)
    took = Histogram("took_seconds", "Time.", registry=registry)
    took.observe(0.2)
    took.observe(3)
    Counter("files", "Files.", ["kind"], registry=registry).labels("new").inc(3)
    push_to_gateway(address, job="backup", registry=registry, grouping_key=key)
elif step == "pushadd":
    done.set(8)
    pushadd_to_gateway(address, job="backup", registry=registry, grouping_key=key)
else:
    delete_from_gateway(address, job="backup", grouping_key=key)
"#;
