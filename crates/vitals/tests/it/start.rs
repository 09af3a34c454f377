use crate::town::{NOW, Town, answer};
use health::Reach;
use std::sync::Arc;
use std::time::Duration;
use vitals::Vitals;

/// A job whose only target waits for its first scrape.
fn unasked() -> Town {
    let mut town = Town::default();
    let target = town.target("shop", "a:1", "");
    (target.reach, target.last_scrape) = (Reach::Unknown, None);
    town
}

/// Was anything judged after so many seconds of watching?
async fn is_judged(vitals: &Arc<Vitals>, seconds: u64) -> bool {
    Arc::clone(vitals).run(tokio::time::sleep(Duration::from_secs(seconds))).await;
    let (_, body) = answer(Arc::clone(vitals), vitals::HEALTH_PATH).await;
    assert_eq!(body["at"].is_null(), body["components"] == serde_json::json!([]), "{body}");
    !body["at"].is_null()
}

#[tokio::test(start_paused = true)]
async fn a_start_is_judged_once_every_target_was_asked() {
    let (vitals, _clock, town) = unasked().watched();
    assert!(!is_judged(&vitals, 14).await);
    let mut asked = Town::default();
    asked.target("shop", "a:1", "").last_scrape = Some(NOW);
    town.lock().unwrap().targets = asked.targets;
    assert!(is_judged(&vitals, 1).await);
}

#[tokio::test(start_paused = true)]
async fn a_start_waits_no_longer_than_an_interval() {
    let (vitals, _clock, _town) = unasked().watched();
    assert!(is_judged(&vitals, 16).await);
}
