use super::{Health, PoolEntry, PoolState, PoolsView, Shared, TargetView};
use crate::ScrapeReport;
use model::{Labels, Timestamp};
use std::sync::Arc;
use std::time::Duration;

fn scraped(error: Option<&str>, store_error: Option<&str>) -> ScrapeReport {
    ScrapeReport {
        error: error.map(str::to_owned),
        store_error: store_error.map(str::to_owned),
        duration: Duration::from_secs(3),
        scraped: 7,
        ..ScrapeReport::default()
    }
}

fn target(url: &str) -> Arc<Shared> {
    let labels = Labels::from_pairs([("instance", url)]);
    Arc::new(Shared::new(TargetView { url: url.into(), labels, ..TargetView::default() }))
}

/// Two sources in one pool of this name, as they are started, and a pool of another name.
fn view(targets: Vec<Arc<Shared>>) -> PoolsView {
    let view = PoolsView::default();
    let pools = ["own", "apps", "own"].map(PoolEntry::new);
    let dropped = vec![Labels::from_pairs([("__address__", "a:1")])];
    pools[1].set(PoolState { targets, dropped, dropped_count: 2 });
    *view.pools.lock().unwrap() = pools.into();
    view
}

#[test]
fn a_scrape_that_could_not_be_stored_is_a_failed_one() {
    let target = target("a");
    let view = view(vec![Arc::clone(&target)]);
    let shown = || view.active().remove(0);
    assert_eq!(shown().health, Health::Unknown);
    let at = Timestamp::from_ms;
    assert_eq!(target.report(at(1), &scraped(None, Some("disk full"))), Health::Unknown);
    assert_eq!((shown().health, shown().last_error.as_str()), (Health::Down, "disk full"));
    assert_eq!(target.report(at(2), &scraped(Some("gone"), Some("disk full"))), Health::Down);
    assert_eq!((shown().health, shown().last_error.as_str()), (Health::Down, "gone"));
    assert_eq!(target.report(at(3), &scraped(None, None)), Health::Down);
    assert_eq!((shown().health, shown().last_error.as_str()), (Health::Up, ""));
    assert_eq!((shown().last_scrape, shown().samples), (Some(at(3)), 7));
    assert_eq!(shown().last_duration, Duration::from_secs(3));
    assert_eq!(target.report(at(4), &scraped(None, None)), Health::Up);
}

#[test]
fn pools_are_named_once_and_tell_what_was_dropped() {
    let view = view(Vec::new());
    assert_eq!(view.pools(), ["apps", "own"]);
    let dropped = view.dropped();
    assert_eq!((dropped.counts["apps"], dropped.counts["own"]), (2, 0));
    assert_eq!((dropped.targets.len(), dropped.targets[0].pool.as_str()), (1, "apps"));
}

#[test]
fn targets_are_counted_by_health() {
    let targets = ["a", "b", "c", "d"].map(target);
    targets[0].report(Timestamp::from_ms(1), &scraped(None, None));
    targets[1].report(Timestamp::from_ms(1), &scraped(Some("gone"), None));
    targets[2].report(Timestamp::from_ms(1), &scraped(Some("gone"), None));
    let count = |view: &PoolsView, health: &str| {
        let families = view.families();
        let family = families.iter().find(|f| f.name == "flyball_scrape_targets").unwrap();
        let point = family.points.iter().find(|point| point.labels.value("health") == health);
        point.map(|point| point.value)
    };
    let view = view(targets.into());
    assert_eq!(["up", "down", "unknown"].map(|h| count(&view, h)), [1.0, 2.0, 1.0].map(Some));
    let none = PoolsView::default();
    assert_eq!(["up", "down", "unknown"].map(|h| count(&none, h)), [Some(0.0); 3]);
}

#[test]
fn equal_urls_are_shown_in_the_order_of_labels() {
    let with = |zone: &str| {
        let labels = Labels::from_pairs([("zone", zone)]);
        Shared::new(TargetView { url: "http://a/".into(), labels, ..TargetView::default() })
    };
    assert!(with("a").sort_key() < with("b").sort_key());
    assert!(target("a").sort_key() < with("a").sort_key());
}

#[test]
fn a_panic_elsewhere_hides_no_target() {
    let target = target("a");
    let broken = Arc::clone(&target);
    let panicked = std::thread::spawn(move || broken.describe(|_| panic!("a bug"))).join();
    assert!(panicked.is_err());
    assert_eq!(view(vec![target]).active().len(), 1);
}
