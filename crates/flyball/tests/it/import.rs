//! `flyball tsdb import` on the data directory of a real Prometheus: blocks, log and deletions.

use crate::server::{Server, run};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};
use testkit::{Peer, find_program, free_port, http, skip, wait_for};

const HOUR: u64 = 3600;

/// A data directory with two days of history, the log of a server that was killed, and a deletion
/// in either; and what promtool says is in it. `None`: there is no Prometheus here.
fn prometheus(folder: &Path) -> Option<(PathBuf, Vec<String>)> {
    let (Some(prometheus), Some(promtool)) = (find_program("prometheus"), find_program("promtool"))
    else {
        skip("import", "prometheus and promtool are not installed");
        return None;
    };
    let dir = folder.join("prometheus");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut text = String::from("# TYPE load gauge\n");
    for host in 0..4 {
        for minute in 0..48 * 60_u64 {
            let (at, value) = (now - 60 * HOUR + minute * 60, (minute * 7919 + host) % 1000);
            let value = value * host;
            writeln!(text, "load{{Zone=\"z\",host=\"h{host}\"}} {value}.25 {at}").unwrap();
        }
    }
    fs::write(folder.join("load.om"), text + "# EOF\n").unwrap();
    let words = ["tsdb", "create-blocks-from", "openmetrics", "load.om", "prometheus"];
    let made = Command::new(&promtool).args(words).current_dir(folder).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));

    let port = free_port();
    let config = format!(
        "scrape_configs: [{{job_name: self, scrape_interval: 200ms, scrape_timeout: 200ms, \
         static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]\n"
    );
    fs::write(folder.join("prometheus.yml"), config).unwrap();
    let mut command = Command::new(prometheus);
    command.current_dir(folder).args([
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=prometheus",
        "--storage.tsdb.retention.time=1y",
        "--web.enable-admin-api",
        &format!("--web.listen-address=127.0.0.1:{port}"),
    ]);
    let mut peer = Peer::start(&mut command, &folder.join("prometheus.log")).unwrap();
    let address = ([127, 0, 0, 1], port).into();
    let count = |expr: &str| {
        let reply = http::get(address, &format!("/api/v1/query?query={expr}")).ok()?;
        let body: serde_json::Value = serde_json::from_slice(&reply.body).ok()?;
        body["data"]["result"][0]["value"][1].as_str()?.parse::<f64>().ok()
    };
    wait_for("ten scrapes", || count("count_over_time(up[1h])").filter(|count| *count > 10.0));
    for selector in ["load%7Bhost=%22h1%22%7D", "go_goroutines"] {
        let path = format!("/api/v1/admin/tsdb/delete_series?match[]={selector}");
        assert_eq!(http::post(address, &path, &[], b"").unwrap().status, 204);
    }
    wait_for("more scrapes", || count("count_over_time(up[1h])").filter(|count| *count > 20.0));
    peer.kill();
    let dump = Command::new(promtool).args(["tsdb", "dump"]).arg(&dir).output().unwrap();
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    Some((dir, lines(&String::from_utf8(dump.stdout).unwrap())))
}

fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn dump(folder: &Path) -> Vec<String> {
    let (code, out, err) = run(folder, &["tsdb", "dump", "flyball-data"]);
    assert_eq!(code, 0, "{err}");
    lines(&out)
}

#[test]
fn history_of_a_real_prometheus_is_taken_over_sample_by_sample() {
    let mut server = Server::prepare(&["--storage.retention.time=1y"]);
    let folder = server.folder.path().to_owned();
    let Some((_, expected)) = prometheus(&folder) else { return };
    assert!(expected.len() > 3 * 48 * 60, "{} lines", expected.len());
    assert!(!expected.iter().any(|line| line.contains("host=\"h1\"")), "it was deleted");
    let words = ["tsdb", "import", "prometheus", "prometheus", "--storage.path=flyball-data"];
    let (code, out, err) = run(&folder, &words);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("  log: ") && out.contains("SUCCESS: "), "{out}");
    let found = dump(&folder);
    let missing = expected.iter().find(|line| found.binary_search(line).is_err());
    let invented = found.iter().find(|line| expected.binary_search(line).is_err());
    assert_eq!((found.len(), missing, invented), (expected.len(), None, None));

    // Once more: blocks are passed over, nothing is doubled.
    let (code, out, err) = run(&folder, &words);
    assert!(code == 0 && out.contains(": was imported before"), "{out}{err}");
    assert_eq!(dump(&folder), expected);

    server.run();
    let per_host = 48.0 * 60.0;
    server.wait_for_query("sum by (host) (count_over_time(load[4d]))", |found| {
        found.len() == 3 && found.iter().all(|(_, count)| (*count - per_host).abs() < 0.5)
    });
    let (code, _, err) = run(&folder, &words);
    assert!(code == 1 && err.contains("another process"), "{err}");
}

#[test]
fn a_damaged_block_costs_only_itself() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let Some((dir, expected)) = prometheus(folder) else { return };
    let blocks =
        fs::read_dir(&dir).unwrap().flatten().map(|entry| entry.path().join("chunks/000001"));
    let mut chunks: Vec<PathBuf> = blocks.filter(|path| path.exists()).collect();
    chunks.sort();
    let mut bytes = fs::read(&chunks[1]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&chunks[1], bytes).unwrap();
    let undescribed = chunks[2].parent().unwrap().parent().unwrap().join("meta.json");
    fs::write(&undescribed, "{").unwrap();
    let (code, out, err) = run(folder, &["tsdb", "import", "prometheus", "prometheus"]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(err.contains("meta.json at byte 0: EOF while parsing"), "{err}");
    let block = chunks[1].parent().unwrap().parent().unwrap().file_name().unwrap();
    let block = block.to_str().unwrap();
    assert!(err.contains(&format!("{block}/chunks/000001 at byte ")), "{err}");
    assert!(err.contains("not everything could be read"), "{err}");
    let found = dump(folder);
    assert!(found.len() > expected.len() / 2 && found.len() < expected.len(), "{}", found.len());
    assert!(found.iter().all(|line| expected.binary_search(line).is_ok()));
}

#[test]
fn what_is_no_directory_of_prometheus_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir_all(folder.join("data/01ARZ3NDEKTSV4RRFFQ69G5FAV")).unwrap();
    fs::write(folder.join("data/01ARZ3NDEKTSV4RRFFQ69G5FAV/meta.json"), "{}").unwrap();
    for (dir, reason) in [
        ("none", "no such directory; give Prometheus' --storage.tsdb.path"),
        (".", "it has neither blocks nor a directory wal"),
        ("data/01ARZ3NDEKTSV4RRFFQ69G5FAV", "it is one block; give the directory above, data"),
        ("data", "missing field `ulid`"),
    ] {
        let (code, _, err) = run(folder, &["tsdb", "import", "prometheus", dir]);
        assert!(code == 1 && err.contains(reason), "{dir}: {err}");
    }
}

/// Two days of a histogram and a gauge, a day's border in between, late samples at the end.
fn openmetrics() -> String {
    let mut text = String::from("# TYPE load gauge\n");
    let begin = 1_767_225_600 - 30 * HOUR;
    for minute in 0..48 * 60_u64 {
        writeln!(text, "load{{host=\"h\"}} {}.5 {}", minute * 7919 % 1000, begin + minute * 60)
            .unwrap();
    }
    text += "# TYPE seconds histogram\n";
    for (bound, count) in [("0.1", 3), ("1.0", 5), ("+Inf", 6)] {
        writeln!(text, "seconds_bucket{{le=\"{bound}\"}} {count} {begin}").unwrap();
    }
    writeln!(text, "seconds_sum 4.25 {begin}\nseconds_count 6 {begin}\n# EOF").unwrap();
    text
}

#[test]
fn openmetrics_is_taken_over_as_promtool_takes_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let Some(promtool) = find_program("promtool") else {
        return skip("import of OpenMetrics", "promtool is not installed");
    };
    fs::write(folder.join("history.om"), openmetrics()).unwrap();
    let promtool = |words: &[&str]| {
        let output = Command::new(&promtool).args(words).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    promtool(&["tsdb", "create-blocks-from", "openmetrics", "history.om", "blocks"]);
    // What dumps blocks wants a log beside them.
    fs::create_dir(folder.join("blocks/wal")).unwrap();
    let expected = lines(&promtool(&["tsdb", "dump", "blocks"]));
    assert_eq!(expected.len(), 48 * 60 + 5);
    let words = ["tsdb", "import", "openmetrics", "history.om"];
    let (code, out, err) = run(folder, &words);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("SUCCESS: 2885 samples in 3 segments"), "{out}");
    assert_eq!(dump(folder), expected);
    let (code, out, err) = run(folder, &words);
    assert!(code == 0 && out.contains("history.om: was imported before"), "{out}{err}");
    assert_eq!(dump(folder), expected);
}

#[test]
fn openmetrics_with_a_mistake_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (text, reason) in [
        ("a 1 1767225600\n", "bad.om: the file does not end with `# EOF`"),
        ("a 1 1767225600\nb 2\n# EOF\n", "bad.om:2: a sample without timestamp"),
        ("a 1 1767225600\nb{ 2\n# EOF\n", "bad.om:2: "),
    ] {
        fs::write(folder.join("bad.om"), text).unwrap();
        let (code, _, err) = run(folder, &["tsdb", "import", "openmetrics", "bad.om"]);
        assert!(code == 1 && err.contains(reason), "{reason}: {err}");
        assert!(dump(folder).is_empty(), "nothing of it is stored");
    }
}

#[test]
fn line_protocol_is_taken_over_and_bad_lines_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let text = "# CONTEXT-DATABASE: home\n\
                cpu,host=a usage=0.5,idle=3i,note=\"text\" 1767225600000000000\n\
                cpu,host=a usage=0.25 1767225601000000000\n\
                temp,room=x\\ y value=21.5 1767225600500000000\n\
                nonsense\n\
                temp value=1\n";
    fs::write(folder.join("export.lp"), text).unwrap();
    let (code, out, err) = run(folder, &["tsdb", "import", "influx", "export.lp"]);
    assert_eq!(code, 1, "{out}{err}");
    for told in ["export.lp:5:", "export.lp:6: no timestamp", "2 lines of export.lp were not read"]
    {
        assert!(err.contains(told) || out.contains(told), "{told}: {out}{err}");
    }
    let expected = [
        "{__name__=\"cpu_idle\", host=\"a\"} 3 1767225600000",
        "{__name__=\"cpu_usage\", host=\"a\"} 0.25 1767225601000",
        "{__name__=\"cpu_usage\", host=\"a\"} 0.5 1767225600000",
        "{__name__=\"temp\", room=\"x y\"} 21.5 1767225600500",
    ];
    assert_eq!(dump(folder), expected);
}
