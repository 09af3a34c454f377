//! Late samples and deletions through the doors of a running server, and what a kill leaves of them.

use crate::sender::{Sender, now_ms};
use crate::server::Server;
use testkit::http;
use testkit::wait_for;

fn config(window: &str) -> String {
    format!("storage: {{tsdb: {{out_of_order_time_window: {window}}}}}\n")
}

#[test]
fn samples_come_late_and_go_when_they_are_deleted() {
    let mut server = Server::prepare(&["--config.file=prometheus.yml", "--web.enable-admin-api"]);
    server.write("prometheus.yml", "global: {}\n");
    server.run();
    let mut sender = Sender::new(3);
    // The last sample is of now: the window is counted from the newest sample of all series, and
    // the server may have scraped itself.
    let start = now_ms() - 710_000;
    sender.send(&server, start + 600_000, 1.0).unwrap();
    let late = sender.send(&server, start + 300_000, 2.0).unwrap();
    assert_eq!(late.status, 400, "no window without a word about it: {}", late.text());

    server.write("prometheus.yml", &config("10m"));
    server.signal("HUP");
    wait_for("the window", || {
        let reply = sender.send(&server, start + 300_000, 2.0).unwrap();
        (reply.status == 204).then_some(())
    });
    assert_eq!(sender.send(&server, start + 300_000, 2.0).unwrap().status, 204, "the same again");
    let refused = sender.send(&server, start + 300_000, 3.0).unwrap();
    assert_eq!(refused.status, 400, "{}", refused.text());
    let refused = sender.send(&server, start - 1, 3.0).unwrap();
    assert_eq!(refused.status, 400, "before the window: {}", refused.text());
    sender.assert_stored(&server, None);
    server.kill();
    server.run();
    sender.assert_stored(&server, None);

    for second in 0..10 {
        sender.send(&server, start + 700_000 + second * 1000, 1.0).unwrap();
    }
    let (from, to) = (start + 702_000, start + 705_500);
    let seconds = |ms: i64| format!("{}.{:03}", ms / 1000, ms % 1000);
    let range = format!("start={}&end={}", seconds(from), seconds(to));
    let delete = format!("/api/v1/admin/tsdb/delete_series?match[]=sent&{range}");
    let reply = http::post(server.address(), &delete, &[], b"").unwrap();
    assert_eq!(reply.status, 204, "{}", reply.text());
    sender.acknowledged.retain(|at_ms, _| *at_ms < from || *at_ms > to);
    sender.assert_stored(&server, None);
    server.kill();
    server.run();
    sender.assert_stored(&server, None);
    assert!(server.get("/metrics").text().contains("flyball_storage_tombstones 1"));
    let purge = "/api/v1/admin/tsdb/clean_tombstones";
    assert_eq!(http::post(server.address(), purge, &[], b"").unwrap().status, 204);
    assert!(server.get("/metrics").text().contains("flyball_storage_tombstones 0"));
    sender.assert_stored(&server, None);
    // What is deleted may come again.
    assert_eq!(sender.send(&server, from, 9.0).unwrap().status, 204);
    sender.assert_stored(&server, None);
}
