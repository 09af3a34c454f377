//! A full disk and a disk that fails: samples are refused, everything else goes on, and what was
//! acknowledged is there afterwards.

use crate::sender::{Sender, now_ms};
use crate::server::{Server, binary};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use testkit::http::post;
use testkit::{find_program, skip, wait_for};

/// A small filesystem of its own; gone when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where mounting is not allowed.
    fn mount(path: &Path) -> Option<Self> {
        fs::create_dir_all(path).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=48m", "tmpfs"])
            .arg(path)
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then(|| Self(path.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazy: whoever still holds a file there lets go when the test process ends.
        drop(Command::new("umount").arg("-l").arg(&self.0).output());
    }
}

#[test]
fn a_full_disk_refuses_samples_and_recovers_by_itself() {
    let mut server = Server::prepare(&["--config.file=/dev/null"]);
    let Some(disk) = SmallDisk::mount(&server.data_dir()) else {
        return skip("full disk", "mounting a tmpfs is not allowed here");
    };
    server.run();
    let mut sender = Sender::new(10);
    let start = now_ms() - 1_000_000;
    for step in 0..10 {
        assert_eq!(sender.send(&server, start + step * 1000, 1.0).unwrap().status, 204);
    }
    let filler = disk.0.join("filler");
    fill(&filler);
    let refused = wait_for("samples to be refused", || {
        let at_ms = start + 100_000 + i64::try_from(sender.acknowledged.len()).unwrap() * 1000;
        let reply = sender.send(&server, at_ms, 2.0).unwrap();
        (reply.status == 503).then_some(reply)
    });
    assert!(refused.head.to_ascii_lowercase().contains("retry-after:"), "{}", refused.head);
    assert_eq!(server.query("count(sent offset 15m) or vector(0)").len(), 1, "queries go on");
    let alert = |server: &Server, name: &str| {
        let body = format!(r#"[{{"labels":{{"alertname":"{name}"}}}}]"#);
        let headers = ["Content-Type: application/json"];
        post(server.address(), "/api/v2/alerts", &headers, body.as_bytes()).unwrap()
    };
    let refused = alert(&server, "Unwritten");
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(refused.text().contains("cannot be written down"), "{}", refused.text());
    assert!(server.get("/metrics").text().contains("flyball_storage_read_only 1"));

    fs::remove_file(&filler).unwrap();
    let freed = Instant::now();
    let at_ms = start + 500_000;
    wait_for("samples to be taken again", || {
        (sender.send(&server, at_ms, 3.0).unwrap().status == 204).then_some(())
    });
    assert!(freed.elapsed() < Duration::from_secs(10), "took {:?}", freed.elapsed());
    let taken = || (alert(&server, "Written").status == 200).then_some(());
    wait_for("alerts to be taken again", taken);
    sender.send(&server, at_ms + 1000, 4.0).unwrap();
    server.kill();
    server.run();
    sender.assert_stored(&server, None);
}

/// Takes all space that is left.
fn fill(path: &Path) {
    let block = vec![1_u8; 1 << 16];
    let mut file = fs::File::create(path).unwrap();
    while std::io::Write::write_all(&mut file, &block).is_ok() {}
}

#[test]
fn failed_syncs_lose_nothing_acknowledged() {
    let Some(strace) = find_program("strace") else {
        return skip("EIO on fdatasync", "strace is not installed");
    };
    let mut server = Server::prepare(&["--config.file=/dev/null", "--storage.durability=sync"]);
    server.wrap(vec![
        strace.display().to_string(),
        "-f".into(),
        "-qq".into(),
        "-D".into(),
        "-o".into(),
        "/dev/null".into(),
        "-e".into(),
        "trace=fdatasync".into(),
        "-e".into(),
        "inject=fdatasync:error=EIO:when=6..7".into(),
    ]);
    server.run();
    let mut sender = Sender::new(5);
    let start = now_ms() - 1_000_000;
    let mut refused = 0;
    for step in 0..40 {
        let at_ms = start + step * 1000;
        wait_for("a sample to be acknowledged", || {
            let reply = sender.send(&server, at_ms, 1.0).unwrap();
            refused += u32::from(reply.status == 503);
            (reply.status == 204).then_some(())
        });
    }
    let failures = server.get("/metrics").text();
    let counted = failures.lines().any(|line| {
        line.starts_with("flyball_storage_sync_failures_total ") && !line.ends_with(" 0")
    });
    assert!(counted || refused > 0, "the injected failures were noticed");
    server.unwrap_command();
    server.kill();
    server.run();
    sender.assert_stored(&server, None);
}

#[test]
fn a_directory_that_cannot_be_written_is_named() {
    let server = Server::prepare(&[]);
    let output = binary()
        .current_dir(server.folder.path())
        .args(["--storage.path=/proc/flyball", "--web.listen-address=127.0.0.1:0"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("/proc/flyball"), "{message}");
}
