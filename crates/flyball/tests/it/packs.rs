//! The built-in rules over scripted series: what fires, and which pack is on.

use crate::server::run;
use std::fs;

const PACKS: [(&str, &str); 8] = [
    ("host.yml", include_str!("../../src/packs/host.yml")),
    ("http.yml", include_str!("../../src/packs/http.yml")),
    ("queues.yml", include_str!("../../src/packs/queues.yml")),
    ("cache.yml", include_str!("../../src/packs/cache.yml")),
    ("database.yml", include_str!("../../src/packs/database.yml")),
    ("locks.yml", include_str!("../../src/packs/locks.yml")),
    ("redis.yml", include_str!("../../src/packs/redis.yml")),
    ("certificates.yml", include_str!("../../src/packs/certificates.yml")),
];

#[test]
fn packs_fire_above_their_thresholds_and_are_on_when_their_metrics_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let thresholds = config::RulePacks::default().thresholds;
    for (name, text) in PACKS {
        let fill = |text: String, (name, value): &(&str, f64)| {
            text.replace(&format!("${{{name}}}"), &value.to_string())
        };
        let text = thresholds.iter().fold(text.to_owned(), fill);
        fs::write(folder.path().join(name), text).unwrap();
    }
    fs::write(folder.path().join("test.yml"), include_str!("data/packs.test.yml")).unwrap();
    let (code, out, err) = run(folder.path(), &["test", "rules", "test.yml"]);
    assert_eq!(code, 0, "{out}{err}");
}
