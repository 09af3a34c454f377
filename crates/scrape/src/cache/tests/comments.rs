//! What pages and sources say about their families, and what is remembered of it.

use super::World;
use crate::Page;
use exposition::Family;
use model::Labels;
use std::collections::BTreeMap;
use std::fmt::Write as _;

#[test]
fn metadata_is_sent_when_it_is_news_and_forgotten_after_ten_scrapes() {
    let mut world = World::new();
    let page = "# TYPE a gauge\n# HELP a One.\na 1\n";
    world.text(page);
    assert!(world.log().contains("# a gauge \"One.\" \"\""));
    world.text(page);
    assert!(!world.log().contains('#'));
    world.text("# TYPE a gauge\n# HELP a Two.\na 1\n");
    assert!(world.log().contains("# a gauge \"Two.\" \"\""));
    world.text("# TYPE a gauge\n# HELP a Two.\na 1\n# TYPE b gauge\n");
    let news: Vec<String> =
        world.log().lines().filter(|l| l.starts_with('#')).map(str::to_owned).collect();
    assert_eq!(news, ["# b gauge \"\" \"\""]);
    let metadata = world.cache.metadata();
    for _ in 0..10 {
        world.text("b 1\n");
        assert_eq!(metadata.list().len(), 2);
    }
    world.text("b 1\n");
    assert!(metadata.list().is_empty());
}

#[test]
fn metadata_of_a_page_that_failed_is_news_later() {
    let mut world = World::new();
    assert!(world.text("# TYPE a gauge\na 1\nbroken\n").error.is_some());
    assert!(!world.log().contains('#'));
    world.text("# TYPE a gauge\na 1\n");
    assert!(world.log().contains("# a gauge"));
}

#[test]
fn a_family_that_is_forgotten_takes_no_other_one_along() {
    let mut world = World::new();
    let page = |families: &[&str]| -> String {
        let one = |name: &&str| format!("# TYPE {name} gauge\n{name} 1\n");
        families.iter().map(one).collect::<Vec<_>>().concat()
    };
    world.text(&page(&["a", "b", "c"]));
    for families in [&["b", "c"][..], &["b"]] {
        for _ in 0..11 {
            world.text(&page(families));
        }
        let known = world.cache.metadata().list();
        assert_eq!(known.iter().map(|entry| &*entry.metric).collect::<Vec<_>>(), families);
    }
}

#[test]
fn comments_about_families_that_do_not_follow_each_other_keep_them_all() {
    let mut world = World::new();
    world.text("# TYPE a gauge\n# TYPE b gauge\n# TYPE c gauge\nx 1\n");
    for _ in 0..15 {
        world.text("# TYPE a gauge\n# TYPE c gauge\nx 1\n");
    }
    let known = world.cache.metadata().list();
    assert_eq!(known.iter().map(|entry| &*entry.metric).collect::<Vec<_>>(), ["a", "c"]);
}

#[test]
fn comments_in_another_order_are_not_kept_again() {
    let mut world = World::new();
    let comments = ["# TYPE a gauge\na 1\n", "# TYPE b gauge\nb 1\n", "# TYPE c gauge\nc 1\n"];
    world.text(&comments.concat());
    let bytes = world.cache.entries.text_bytes();
    for first in [1, 2, 0] {
        world.text(&[&comments[first..], &comments[..first]].concat().concat());
        assert_eq!(world.cache.entries.text_bytes(), bytes);
    }
}

#[test]
fn units_of_pages_and_sources_are_kept() {
    let mut world = World::new();
    world.openmetrics("# TYPE a_seconds gauge\n# UNIT a_seconds seconds\na_seconds 1\n# EOF\n");
    let mut family = Family::gauge("b_bytes", "Help.");
    family.unit = "bytes".into();
    family.push(Labels::empty(), 1.0);
    world.page(Page::Families(&[family]));
    let units: Vec<String> =
        world.cache.metadata().list().into_iter().map(|entry| entry.metadata.unit).collect();
    assert_eq!(units, ["seconds", "bytes"]);
}

#[test]
fn metadata_of_endless_families_is_not_kept() {
    let mut world = World::new();
    let mut body = String::new();
    for family in 0..=100_000 {
        writeln!(body, "# TYPE f{family} gauge").unwrap();
    }
    let report = world.text(&(body + "a 1\n"));
    assert_eq!((report.error, report.kept), (None, 1));
    assert_eq!(world.cache.metadata().list().len(), 100_000);
}

/// The slow and obvious model: what a target says about its families, and when it is forgotten.
#[test]
fn random_comments_agree_with_the_obvious_model() {
    for seed in 1..200_u64 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut random = |bound: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % bound
        };
        let mut world = World::new();
        let mut told: BTreeMap<String, (String, u64)> = BTreeMap::new();
        for round in 1..60 {
            let mut body = String::new();
            for family in 0..6 {
                if random(4 + 8 * family) == 0 {
                    continue;
                }
                let name = format!("f{}", if random(9) == 0 { random(6) } else { family });
                let help = format!("Version {}.", random(12) / 11);
                let remark =
                    ["", "# a remark\n", "\n", "  "][usize::try_from(random(40).min(3)).unwrap()];
                writeln!(body, "{remark}# HELP {name} {help}\n# TYPE {name} gauge").unwrap();
                told.insert(name, (help, round));
                if random(5) > 0 {
                    writeln!(body, "f{family} 1").unwrap();
                }
            }
            world.text(&body);
            told.retain(|_, (_, seen)| round - *seen <= 10);
            let known = world.cache.metadata().list().into_iter();
            let known: Vec<_> = known.map(|entry| (entry.metric, entry.metadata.help)).collect();
            let told: Vec<_> = told.iter().map(|(name, (help, _))| (name, help)).collect();
            let known: Vec<_> = known.iter().map(|(name, help)| (name, help)).collect();
            assert_eq!(known, told, "seed {seed}, round {round}");
        }
    }
}

#[test]
fn a_new_line_behind_known_comments_belongs_to_what_they_declare() {
    let mut world = World::new();
    world.text("a 1\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\n");
    world.log();
    for _ in 0..2 {
        world.text("a 1\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"2\"} 1\n");
    }
    world.text("a 1\n# TYPE h histogram\nh_bucket{le=\"3\"} 1\nh_bucket{le=\"1\"} 1\n");
    assert!(world.log().contains(r#"le="2.0"} 1 @2000"#));
    assert!(world.memory.latest("h_bucket").keys().all(|labels| labels.contains(".0\"")));
    let mut world = World::new();
    let page = "# TYPE a counter\na_created 0.5\na_total 1\n# EOF\n";
    world.openmetrics(page);
    world.openmetrics(&page.replace("# EOF", "a_created{b=\"c\"} 1.5\na_total{b=\"c\"} 1\n# EOF"));
    assert!(world.log().contains(r#"b="c", instance="i", job="j"} 1 @2000 from 1500"#));
}
