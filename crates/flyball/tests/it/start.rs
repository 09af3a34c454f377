//! The first five seconds, and starts that must not happen.

use crate::server::{Server, binary};
use std::process::Command;
use testkit::{find_program, skip, wait_for};

#[test]
fn without_configuration_it_watches_this_host_and_itself() {
    let server = Server::start(&[]);
    server.wait_for_query("up{job=\"node\"} == 1", |found| found.len() == 1);
    server.wait_for_query("count({job=\"node\"}) > 100", |found| found.len() == 1);
    server.wait_for_query("rate(node_cpu_seconds_total{mode=\"idle\"}[10s])", |f| !f.is_empty());
    let page = server.get("/");
    assert_eq!(page.status, 200);
    assert!(page.text().contains("<title>"), "{}", page.text());
    let rules = server.get("/api/v1/rules").text();
    assert!(rules.contains("HostDiskFull") && rules.contains("TargetDown"), "{rules}");
    assert!(server.data_dir().join("LOCK").exists());
    let typed = server.get("/api/v1/query?query=up{job=\"node\"}>0");
    assert_eq!(typed.status, 200, "quotes in a URL, as Go takes them: {}", typed.text());
}

#[test]
fn a_second_process_on_the_directory_is_refused() {
    let server = Server::start(&[]);
    let output = binary()
        .current_dir(server.folder.path())
        .arg("--web.listen-address=127.0.0.1:0")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("another process holds flyball-data/LOCK"), "{message}");
    assert_eq!(server.get("/-/ready").status, 200);
}

#[test]
fn while_storage_opens_it_is_alive_and_not_ready() {
    let Some(strace) = find_program("strace") else {
        return skip("a slow disk at the start", "strace is not installed");
    };
    let mut server = Server::prepare(&["--config.file=/dev/null"]);
    let slow_sync = "inject=fsync:delay_enter=3000000:when=1";
    let words = ["-f", "-qq", "-D", "-o", "/dev/null", "-e", "trace=fsync", "-e", slow_sync];
    let program = [strace.display().to_string()];
    server.wrap(program.into_iter().chain(words.map(str::to_owned)).collect());
    server.launch();
    let address = wait_for("an address", || server.address_if_known());
    assert_eq!(server.get("/-/healthy").status, 200);
    assert_eq!(server.get("/-/ready").status, 503);
    let early = server.get("/api/v1/query?query=up");
    assert_eq!((early.status, early.header("retry-after")), (503, Some("5")));
    wait_for("flyball to be ready", || (server.get("/-/ready").status == 200).then_some(()));
    assert_eq!(server.address(), address);
}

#[test]
fn a_data_directory_of_prometheus_is_refused_and_not_touched() {
    let server = Server::prepare(&[]);
    let wal = server.folder.path().join("prom/wal");
    std::fs::create_dir_all(&wal).unwrap();
    std::fs::write(wal.join("00000000"), [0_u8; 64]).unwrap();
    let output = binary()
        .current_dir(server.folder.path())
        .args(["--storage.tsdb.path=prom", "--web.listen-address=127.0.0.1:0"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("Prometheus database (wal/ found)"), "{message}");
    let names = std::fs::read_dir(server.folder.path().join("prom")).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["wal"], "{message}");
}

#[test]
fn addresses_that_others_reach_need_authentication() {
    let server = Server::prepare(&[]);
    let output = binary()
        .current_dir(server.folder.path())
        .arg("--web.listen-address=0.0.0.0:0")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("--web.allow-anonymous"), "{message}");
}

#[test]
fn own_metrics_are_clean_under_promtools_lint() {
    let Some(promtool) = find_program("promtool") else {
        return skip("promtool check metrics", "promtool is not installed");
    };
    let server = Server::start(&[]);
    let page = server.get("/metrics");
    let path = server.write("metrics.txt", &page.text());
    let lint = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(std::fs::File::open(path).unwrap())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&lint.stderr).into_owned();
    assert!(lint.status.success(), "{}{said}", String::from_utf8_lossy(&lint.stdout));
}

#[test]
fn promtool_asks_it_like_prometheus() {
    let Some(promtool) = find_program("promtool") else {
        return skip("promtool query", "promtool is not installed");
    };
    let server = Server::start(&[]);
    server.wait_for_query("up{job=\"node\"}", |found| found.len() == 1);
    let url = format!("http://{}", server.address());
    let ask = |words: &[&str]| {
        let output = Command::new(&promtool).args(words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let up = wait_for("up of the host", || {
        let text = ask(&["query", "instant", &url, "up{job=\"node\"}"]);
        text.contains("=> 1 @").then_some(text)
    });
    assert!(up.starts_with("up{instance="), "{up}");
    assert!(ask(&["query", "labels", &url, "job"]).contains("node"));
    let series = ask(&["query", "series", &url, "--match=node_load1"]);
    assert!(series.contains("__name__=\"node_load1\""), "{series}");
}
