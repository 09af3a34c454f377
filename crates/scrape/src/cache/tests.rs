use super::{Arrival, Page, ScrapeReport, TargetCache};
use crate::memory::Memory;
use crate::{PageFormat, Shape};
use expect_test::{Expect, expect};
use exposition::{Family, Format};
use model::{AppendErrorKind, GroupKey, Labels, MetricKind, Timestamp};
use relabel::{Action, Rule, RuleSpec};
use std::fmt::Write as _;
use std::time::Duration;

mod comments;
mod histograms;
mod protobuf;

/// A target and its storage; the only place that knows the API.
struct World {
    cache: TargetCache,
    memory: Memory,
    now: i64,
}

impl World {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Shape)) -> Self {
        let cache = TargetCache::new(GroupKey(1), shape(change));
        Self { cache, memory: Memory::default(), now: 0 }
    }

    fn page(&mut self, page: Page<'_>) -> ScrapeReport {
        self.now += 1000;
        let elapsed = || Duration::from_millis(250);
        let at = Timestamp::from_ms(self.now);
        self.cache.ingest(&Arrival { at, page, elapsed: &elapsed }, &self.memory)
    }

    fn text(&mut self, body: &str) -> ScrapeReport {
        self.page(Page::Body { format: PageFormat::Lines(Format::Text), bytes: body.as_bytes() })
    }

    fn openmetrics(&mut self, body: &str) -> ScrapeReport {
        self.page(Page::Body {
            format: PageFormat::Lines(Format::OpenMetrics),
            bytes: body.as_bytes(),
        })
    }

    fn fail(&mut self, error: &str) -> ScrapeReport {
        self.page(Page::Failed { error, body_too_large: false })
    }

    /// Rows that are not about the scrape itself.
    fn log(&self) -> String {
        let log = self.memory.take_log();
        let about = |line: &&str| line.contains("\"scrape_") || line.contains("\"up\"");
        log.split_inclusive('\n').filter(|line| !about(line)).collect()
    }

    #[track_caller]
    fn check(&self, expected: &Expect) {
        expected.assert_eq(&self.log());
    }
}

fn shape(change: impl FnOnce(&mut Shape)) -> Shape {
    let labels = Labels::from_pairs([("job", "j"), ("instance", "i")]);
    let mut shape = Shape::own(labels, Duration::from_secs(10));
    shape.honor_labels = false;
    change(&mut shape);
    shape
}

fn rule(action: Action, source: &str, regex: &str) -> Rule {
    let spec = RuleSpec {
        action,
        source_labels: Some(source).filter(|s| !s.is_empty()).map(|source| vec![source.to_owned()]),
        regex: Some(regex.to_owned()),
        ..RuleSpec::default()
    };
    Rule::new(spec, relabel::NameScheme::Utf8).unwrap()
}

#[test]
fn inv_31_a_scrape_is_one_batch_with_its_report() {
    let mut world = World::new();
    let report = world.text("# HELP a Help.\n# TYPE a counter\na{x=\"1\"} 1\na{x=\"2\"} 2\n");
    assert_eq!((report.scraped, report.kept, report.added), (2, 2, 2));
    assert_eq!(world.memory.batches(), 1);
    expect![[r#"
        {__name__="a", instance="i", job="j", x="1"} 1 @1000
        {__name__="a", instance="i", job="j", x="2"} 2 @1000
        {__name__="up", instance="i", job="j"} 1 @1000
        {__name__="scrape_duration_seconds", instance="i", job="j"} 0.25 @1000
        {__name__="scrape_samples_scraped", instance="i", job="j"} 2 @1000
        {__name__="scrape_samples_post_metric_relabeling", instance="i", job="j"} 2 @1000
        {__name__="scrape_series_added", instance="i", job="j"} 2 @1000
        # a counter "Help." ""
    "#]]
    .assert_eq(&world.memory.take_log());
    let report = world.text("# HELP a Help.\n# TYPE a counter\na{x=\"1\"} 1\na{x=\"2\"} 3\n");
    assert_eq!((report.scraped, report.added, report.stale), (2, 0, 0));
    world.check(&expect![[r#"
        {__name__="a", instance="i", job="j", x="1"} 1 @2000
        {__name__="a", instance="i", job="j", x="2"} 3 @2000
    "#]]);
}

#[test]
fn a_series_that_is_gone_becomes_stale_once_and_can_come_back() {
    let mut world = World::new();
    world.text("a 1\nb 2\nc 3\n");
    world.log();
    assert_eq!(world.text("a 1\nc 3\n").stale, 1);
    world.check(&expect![[r#"
        {__name__="a", instance="i", job="j"} 1 @2000
        {__name__="c", instance="i", job="j"} 3 @2000
        {__name__="b", instance="i", job="j"} stale @2000
    "#]]);
    assert_eq!(world.text("c 3\na 1\n").stale, 0, "another order changes nothing");
    world.log();
    let report = world.text("a 1\nb 2\nc 3\n");
    assert_eq!((report.added, report.stale), (1, 0));
    assert_eq!(world.log().lines().count(), 3);
}

#[test]
fn a_failed_scrape_makes_everything_stale_and_keeps_up_at_zero() {
    let mut world = World::new();
    world.text("a 1\nb 2\n");
    world.memory.take_log();
    let report = world.fail("connection refused");
    assert_eq!(report.error.as_deref(), Some("connection refused"));
    expect![[r#"
        {__name__="a", instance="i", job="j"} stale @2000
        {__name__="b", instance="i", job="j"} stale @2000
        {__name__="up", instance="i", job="j"} 0 @2000
        {__name__="scrape_duration_seconds", instance="i", job="j"} 0.25 @2000
        {__name__="scrape_samples_scraped", instance="i", job="j"} 0 @2000
        {__name__="scrape_samples_post_metric_relabeling", instance="i", job="j"} 0 @2000
        {__name__="scrape_series_added", instance="i", job="j"} 0 @2000
    "#]]
    .assert_eq(&world.memory.take_log());
    assert_eq!(world.fail("again").stale, 0, "stale once");
    let report = world.text("a 1\nb 2\n");
    assert_eq!((report.added, report.stale), (0, 0), "the cache survives a failure");
}

#[test]
fn a_page_that_breaks_in_the_middle_stores_nothing_of_itself() {
    let mut world = World::new();
    world.text("a 1\nb 2\n");
    world.log();
    let report = world.text("a 5\nnew 1\nb x\n");
    assert_eq!(report.error.as_deref(), Some("line 3: expected value after metric, found `x`"));
    assert_eq!((report.scraped, report.added), (2, 1));
    world.check(&expect![[r#"
        {__name__="a", instance="i", job="j"} stale @2000
        {__name__="b", instance="i", job="j"} stale @2000
    "#]]);
    assert_eq!(world.text("a 1\nb 2\n").stale, 0, "`new` was never stored");
}

#[test]
fn a_label_name_twice_breaks_the_page_behind_its_sample() {
    let report = World::new().text("a 1\nb{x=\"1\",x=\"2\"} 1\nc 1\n");
    assert_eq!(report.error.as_deref(), Some("line 2: label name \"x\" is not unique"));
    assert_eq!((report.scraped, report.kept), (2, 1));
}

#[test]
fn an_empty_body_is_a_scrape_without_samples() {
    let mut world = World::new();
    world.text("a 1\n");
    world.log();
    let report = world.text("");
    assert_eq!((report.error, report.stale), (None, 1));
    let report = world.openmetrics("");
    assert_eq!(report.error, None, "upstream parses nothing, so no missing # EOF");
    assert_eq!(world.text("a 1\n").added, 0, "the cache survives an empty page");
}

#[test]
fn two_lines_may_be_one_series() {
    let mut world = World::new();
    world.text("a{x=\"1\",y=\"2\"} 1\n");
    world.log();
    assert_eq!(world.text("a{y=\"2\",x=\"1\"} 1\n").stale, 0, "another spelling is no absence");
    let report = world.text("a{y=\"2\",x=\"1\"} 1\na{x=\"1\",y=\"2\"} 2\n");
    assert_eq!(report.duplicates, 1, "the storage refuses the second value");
    assert_eq!(report.kept, 2);
    assert_eq!(world.text("").stale, 1, "it ends once");
}

#[test]
fn a_line_that_comes_twice_is_tracked_once() {
    let mut world = World::with(|shape| shape.track_timestamps_staleness = true);
    world.text("a 1 500\na 2 600\nb 1\n");
    assert_eq!(world.cache.tracked_before, 2);
    let report = world.text("a 1 2500\na 2 2600\nbroken\n");
    assert!(report.error.is_some());
    assert_eq!(report.stale, 2, "what such a page tracked does not count, however often");
}

#[test]
fn the_same_line_twice_counts_as_duplicate_and_the_first_wins() {
    let mut world = World::new();
    for _ in 0..2 {
        let report = world.text("a 1\na 2\nb 3\n");
        assert_eq!((report.scraped, report.kept, report.duplicates), (3, 3, 1));
        assert_eq!(report.error, None);
    }
    assert_eq!(
        world.memory.samples(&[("__name__", "a"), ("job", "j"), ("instance", "i")]),
        [(1000, 1.0), (2000, 1.0)]
    );
    let report = world.text("a 1 2500\na 2 2600\n");
    assert_eq!(report.duplicates, 0, "own timestamps make them two samples");
    assert_eq!(World::new().text("a 1\na 1\n").duplicates, 1, "also with equal values");
}

#[test]
fn own_timestamps_bypass_staleness_unless_tracked() {
    let mut world = World::new();
    world.text("a 1 500\nb 1\n");
    world.log();
    assert_eq!(world.text("b 1\n").stale, 0);
    world.check(&expect![[r#"
        {__name__="b", instance="i", job="j"} 1 @2000
    "#]]);
    let mut world = World::with(|shape| shape.track_timestamps_staleness = true);
    world.text("a 1 500\nb 1\n");
    assert_eq!(world.text("b 1\n").stale, 1);
    let mut world = World::with(|shape| shape.honor_timestamps = false);
    world.text("a 1 500\n");
    world.check(&expect![[r#"
        {__name__="a", instance="i", job="j"} 1 @1000
    "#]]);
    assert_eq!(world.text("").stale, 1);
}

#[test]
fn a_tracked_series_that_gets_own_timestamps_becomes_stale() {
    let mut world = World::new();
    world.text("a 1\n");
    assert_eq!(world.text("a 1 3000\n").stale, 1);
}

#[test]
fn out_of_order_samples_are_counted_and_cost_nothing_else() {
    let mut world = World::new();
    world.text("a 1 5000\nb 1\n");
    let report = world.text("a 1 4000\nb 1\n");
    assert_eq!((report.out_of_order, report.error), (1, None));
}

#[test]
fn labels_of_the_server_win_and_the_others_are_exported() {
    let mut world = World::new();
    world.text("a{job=\"theirs\",exported_job=\"x\"} 1\n");
    world.check(&expect![[r#"
        {__name__="a", exported_exported_job="theirs", exported_job="x", instance="i", job="j"} 1 @1000
    "#]]);
    let mut world = World::with(|shape| shape.honor_labels = true);
    world.text("a{job=\"theirs\"} 1\na{instance=\"\"} 2\n");
    world.check(&expect![[r#"
        {__name__="a", instance="i", job="theirs"} 1 @1000
        {__name__="a", job="j"} 2 @1000
    "#]]);
}

#[test]
fn relabelling_drops_and_renames() {
    let drop = rule(Action::Drop, "__name__", "b.*");
    let mut world = World::with(|shape| shape.relabel = vec![drop]);
    for _ in 0..2 {
        let report = world.text("a 1\nb 2\nbb 3\n");
        assert_eq!((report.scraped, report.kept), (3, 1));
    }
    let nameless = rule(Action::LabelDrop, "", "__name__");
    let mut world = World::with(|shape| shape.relabel = vec![nameless]);
    let report = world.text("a 1\n");
    assert_eq!(report.error.as_deref(), Some("missing metric name (__name__ label)"));
    let nothing = rule(Action::LabelDrop, "", ".*");
    let mut world = World::with(|shape| shape.relabel = vec![nothing]);
    let report = world.text("a 1\n");
    assert_eq!((report.error, report.scraped, report.kept), (None, 1, 0), "no label is a drop");
}

#[test]
fn the_sample_limit_fails_the_scrape_but_counts_on() {
    let mut world = World::with(|shape| shape.limits.sample_limit = Some(2));
    assert_eq!(world.text("a 1\nb 2\n").error, None);
    world.log();
    for round in 0..2 {
        let report = world.text("a 1\nb 2\nc 3\nd 4\n");
        assert_eq!(report.error.as_deref(), Some("sample limit exceeded"));
        assert_eq!((report.scraped, report.kept, report.added), (4, 4, 0));
        assert_eq!(report.stale, if round == 0 { 2 } else { 0 });
    }
}

/// A reload that lowers the limit finds series that are known already.
#[test]
fn the_sample_limit_holds_for_known_series_too() {
    let mut world = World::new();
    assert_eq!(world.text("a 1\nb 2\n").error, None);
    world.cache.reshape(shape(|shape| shape.limits.sample_limit = Some(1)));
    let report = world.text("a 1\nb 2\n");
    assert_eq!(report.error.as_deref(), Some("sample limit exceeded"));
    assert_eq!((report.scraped, report.kept, report.stale), (2, 2, 2));
}

#[test]
fn timestamps_that_are_not_honoured_make_no_sample_of_their_own() {
    let mut world = World::with(|shape| shape.honor_timestamps = false);
    for _ in 0..2 {
        let report = world.text("a 1 5\na 2 6\n");
        assert_eq!((report.kept, report.duplicates, report.out_of_order), (2, 1, 0));
    }
    world.check(&expect![[r#"
        {__name__="a", instance="i", job="j"} 1 @1000
        {__name__="a", instance="i", job="j"} 1 @2000
    "#]]);
}

#[test]
fn label_limits_fail_the_scrape_in_upstream_s_words() {
    type Case = (fn(&mut Shape), &'static str);
    let table: [Case; 3] = [
        (
            |shape| shape.limits.label_limit = Some(3),
            "label_limit exceeded (metric: a, number of labels: 4, limit: 3)",
        ),
        (
            |shape| shape.limits.label_name_length_limit = Some(8),
            "label_name_length_limit exceeded (metric: a, label name: long_name, length: 9, limit: 8)",
        ),
        (
            |shape| shape.limits.label_value_length_limit = Some(2),
            "label_value_length_limit exceeded (metric: a, label name: long_name, value: \"xyz\", \
             length: 3, limit: 2)",
        ),
    ];
    for (change, expected) in table {
        let mut world = World::with(change);
        assert_eq!(world.text("a{long_name=\"xyz\"} 1\n").error.as_deref(), Some(expected));
        assert_eq!(world.text("a 1\n").error, None, "without: {expected}");
    }
}

#[test]
fn legacy_names_are_a_choice() {
    let mut world = World::with(|shape| shape.names = relabel::NameScheme::Legacy);
    let report = world.text("{\"a.b\"} 1\n");
    assert_eq!(
        report.error.as_deref(),
        Some("invalid metric name or label names: {__name__=\"a.b\", instance=\"i\", job=\"j\"}")
    );
    assert!(world.text("a{\"b.c\"=\"1\"} 1\n").error.is_some());
    assert_eq!(World::new().text("{\"a.b\"} 1\na{\"b.c\"=\"1\"} 1\n").error, None);
}

#[test]
fn a_limit_on_series_refuses_only_new_ones() {
    let mut world = World::new();
    world.text("a 1\n");
    world.memory.limit_series(6);
    let report = world.text("a 1\nb 2\n");
    assert_eq!((report.refused, report.error, report.store_error), (1, None, None));
    assert_eq!((report.kept, report.added), (2, 0));
}

#[test]
fn a_limit_on_series_may_leave_a_target_without_its_report() {
    let mut world = World::new();
    world.memory.limit_series(1);
    for _ in 0..2 {
        let report = world.text("a 1\n");
        assert_eq!((report.refused, report.error, report.store_error), (5, None, None));
    }
    assert_eq!(world.memory.latest("a").len(), 1);
    assert!(world.memory.latest("up").is_empty());
}

#[test]
fn a_report_that_the_storage_does_not_take_is_told() {
    let mut world = World::new();
    world.memory.refuse_labels_of("up");
    let report = world.text("a 1\n");
    assert_eq!(report.store_error.as_deref(), Some("labels are refused"));
    assert!(world.memory.latest("a").is_empty(), "INV-31: a scrape is stored with its report");
}

/// What was read of a page that could not be stored is in the cache, but nowhere else.
#[test]
fn what_was_never_stored_never_ends() {
    let mut world = World::new();
    world.memory.refuse_commits(true);
    let report = world.text("a 1\nb 1\n");
    assert_eq!(report.store_error.as_deref(), Some("storage takes nothing"));
    assert_eq!(report.duration, Duration::from_millis(250));
    world.memory.refuse_commits(false);
    assert_eq!(world.text("b 1\n").stale, 0);
    let mut world = World::new();
    world.memory.refuse_commits(true);
    world.text("a 1\n");
    world.memory.refuse_commits(false);
    world.cache.reshape(shape(|shape| shape.labels = Labels::from_pairs([("job", "k")])));
    assert_eq!(world.text("a 1\n").stale, 0, "nor under other rules");
    assert_eq!(world.memory.latest("a").len(), 1);
}

#[test]
fn dead_handles_are_resolved_again() {
    let mut world = World::new();
    world.text("a 1\nb 2\n");
    world.memory.kill_handles();
    let report = world.text("a 3\nb 4\n");
    assert_eq!((report.refused, report.store_error), (0, None));
    assert_eq!(
        world.memory.samples(&[("__name__", "a"), ("job", "j"), ("instance", "i")]),
        [(2000, 3.0)]
    );
    assert_eq!(world.memory.latest("up").len(), 1);
    let before = world.memory.batches();
    world.text("a 5\nb 6\n");
    assert_eq!(world.memory.batches() - before, 1, "the new handles are kept");
    let two_spellings = "c{x=\"1\",y=\"2\"} 1\nc{y=\"2\",x=\"1\"} 2\n";
    assert_eq!(world.text(two_spellings).duplicates, 1);
    world.memory.kill_handles();
    assert_eq!(world.text(two_spellings).duplicates, 1, "what is refused then is counted too");
}

#[test]
fn dead_handles_that_cannot_be_resolved_again_are_told() {
    let mut world = World::new();
    world.text("a 1\n");
    world.memory.kill_handles();
    world.memory.refuse_labels_of("a");
    assert_eq!(world.text("a 2\n").store_error.as_deref(), Some("labels are refused"));
}

/// A target that came back under another loop meets its own report series.
#[test]
fn refused_rows_that_are_not_of_the_target_are_not_counted() {
    let mut world = World::new();
    world.text("a 1\nb 1\n");
    world.now -= 1000;
    let report = world.text("a 1\n");
    assert_eq!((report.stale, report.error, report.store_error), (1, None, None));
    assert_eq!((report.duplicates, report.out_of_order, report.refused), (0, 0, 0));
}

#[test]
fn a_line_without_a_series_is_never_the_one_that_is_gone() {
    let mut world = World::new();
    world.text("a 1\nb 1\n");
    world.text("a 1\n");
    assert!(world.text("a 1\n 2\n").error.is_some());
}

#[test]
fn labels_that_the_storage_refuses_fail_the_scrape_and_up_says_so() {
    let mut world = World::new();
    world.text("a 1\n");
    world.memory.take_log();
    world.memory.refuse_labels_of("b");
    let report = world.text("a 2\nb 2\n");
    assert!(report.error.unwrap().contains("labels are refused"));
    assert_eq!(report.store_error, None);
    let log = world.memory.take_log();
    assert!(log.contains("{__name__=\"a\", instance=\"i\", job=\"j\"} stale @2000"), "{log}");
    assert!(log.contains("{__name__=\"up\", instance=\"i\", job=\"j\"} 0 @2000"), "{log}");
}

#[test]
fn what_the_storage_answers_is_never_filed_under_rows_of_another_scrape() {
    let mut world = World::new();
    world.text("a 1\n");
    // In the scrape before, the third row was about the scrape.
    world.text("a 2\nb 2\nc 2\n");
    assert_eq!(world.text("a 3\nb 3\nc 3 1\n").out_of_order, 1);
}

#[test]
fn rows_of_a_page_that_failed_are_never_stored_again() {
    let mut world = World::new();
    world.text("a 1\nb 2\n");
    world.memory.kill_handles();
    // The first rows of the page are gone; the first rows of the batch have dead handles.
    assert!(world.text("a 3\nb\n").error.is_some());
    assert!(world.memory.latest("a").is_empty());
    assert_eq!(world.memory.latest("up").values().collect::<Vec<_>>(), [&Some(0.0)]);
}

#[test]
fn a_storage_that_takes_nothing_loses_no_staleness() {
    let mut world = World::new();
    world.text("a 1\nb 2\n");
    world.memory.refuse(Some(AppendErrorKind::ReadOnly));
    let report = world.text("a 1\nnew 1\n");
    assert_eq!(report.store_error.as_deref(), Some("storage takes nothing"));
    assert_eq!(report.duration, Duration::from_millis(250), "it took its time all the same");
    let report = world.text("a 1\n");
    assert_eq!(report.store_error.as_deref(), Some("storage takes nothing"));
    world.memory.refuse(None);
    world.log();
    assert_eq!(world.text("a 1\n").stale, 1, "`b` was there when the disk was");
    assert!(world.log().contains("{__name__=\"b\", instance=\"i\", job=\"j\"} stale @4000"));
}

#[test]
fn what_only_a_lost_scrape_saw_last_becomes_stale_too() {
    let mut world = World::new();
    world.text("a 1\nb 2\n");
    world.memory.refuse(Some(AppendErrorKind::Overloaded));
    assert!(world.text("a 1\nb 2\n").store_error.is_some());
    world.memory.refuse(None);
    assert_eq!(world.text("a 1\n").stale, 1);
}

#[test]
fn created_times_date_their_instances() {
    let mut world = World::new();
    world.openmetrics(
        "# TYPE c counter\nc_total{x=\"1\"} 5\nc_created{x=\"1\"} 0.5\nc_total{x=\"2\"} 6\n\
         # TYPE h histogram\nh_created 0.25\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\n\
         h_count 2\n# TYPE g gauge\ng_created 0.5\ng 1\n# TYPE f counter\nf_total 1\nf_created 9\n# EOF\n",
    );
    let log = world.log();
    let rows: Vec<&str> = log.lines().filter(|line| !line.starts_with('#')).collect();
    expect![[r#"
        {__name__="c_total", instance="i", job="j", x="1"} 5 @1000 from 500
        {__name__="c_created", instance="i", job="j", x="1"} 0.5 @1000
        {__name__="c_total", instance="i", job="j", x="2"} 6 @1000
        {__name__="h_created", instance="i", job="j"} 0.25 @1000
        {__name__="h_bucket", instance="i", job="j", le="1.0"} 1 @1000 from 250
        {__name__="h_bucket", instance="i", job="j", le="+Inf"} 2 @1000 from 250
        {__name__="h_sum", instance="i", job="j"} 3 @1000 from 250
        {__name__="h_count", instance="i", job="j"} 2 @1000 from 250
        {__name__="g_created", instance="i", job="j"} 0.5 @1000
        {__name__="g", instance="i", job="j"} 1 @1000
        {__name__="f_total", instance="i", job="j"} 1 @1000
        {__name__="f_created", instance="i", job="j"} 9 @1000"#]]
    .assert_eq(&rows.join("\n"));
}

#[test]
fn creation_times_that_make_no_sense_are_only_samples() {
    for created in ["-5", "0", "NaN", "1e300"] {
        let mut world = World::new();
        world.openmetrics(&format!("# TYPE c counter\nc_total 5\nc_created {created}\n# EOF\n"));
        let log = world.log();
        assert!(!log.contains(" from ") && log.contains("c_created"), "{created}: {log}");
    }
}

#[test]
fn exemplars_travel_with_their_series() {
    let mut world = World::new();
    world.openmetrics(
        "a_total 1 # {trace_id=\"t\"} 0.5\nb_total 1 0.7 # {trace_id=\"u\"} 2 0.6\n# EOF\n",
    );
    world.check(&expect![[r#"
        {__name__="a_total", instance="i", job="j"} 1 @1000
        {__name__="b_total", instance="i", job="j"} 1 @700
        exemplar of {__name__="a_total", instance="i", job="j"}: {trace_id="t"} 0.5 @1000
        exemplar of {__name__="b_total", instance="i", job="j"}: {trace_id="u"} 2 @600
    "#]]);
}

#[test]
fn exemplars_with_endless_labels_are_dropped_alone() {
    let mut world = World::new();
    let value = |length: usize| "x".repeat(length);
    let report = world.openmetrics(&format!(
        "a_total 1 # {{id=\"{}\"}} 1\nb_total 1 # {{id=\"{}\"}} 1\n# EOF\n",
        value(127),
        value(126),
    ));
    assert_eq!((report.error, report.scraped, report.exemplars_refused), (None, 2, 1));
    let log = world.log();
    assert!(log.contains("exemplar of {__name__=\"b_total\"") && !log.contains(&value(127)));
}

#[test]
fn the_extra_report_series_come_when_asked_for() {
    let mut world = World::with(|shape| {
        shape.extra_metrics = true;
        shape.limits.sample_limit = Some(7);
    });
    world.text("a 1\n");
    let at = |name| vec![("__name__", name), ("job", "j"), ("instance", "i")];
    let value = |world: &World, name| world.memory.samples(&at(name)).last().unwrap().1;
    assert_eq!(value(&world, "scrape_timeout_seconds"), 10.0);
    assert_eq!(value(&world, "scrape_sample_limit"), 7.0);
    assert_eq!(value(&world, "scrape_body_size_bytes"), 4.0);
    world.page(Page::Failed { error: "body size limit exceeded", body_too_large: true });
    assert_eq!(value(&world, "scrape_body_size_bytes"), -1.0);
    world.fail("x");
    assert_eq!(value(&world, "scrape_body_size_bytes"), 0.0);
    assert!(world.text("a 1\nbroken\n").error.is_some());
    assert_eq!(value(&world, "scrape_body_size_bytes"), 11.0, "what was fetched counts");
}

#[test]
fn the_end_marks_everything_and_the_report_too() {
    let mut world = World::new();
    assert!(world.cache.is_empty());
    world.text("a 1\n");
    world.memory.take_log();
    assert!(!world.cache.is_empty());
    let report = world.cache.end(Timestamp::from_ms(5000), &world.memory);
    assert_eq!(report.stale, 6);
    assert!(world.memory.latest("up").values().all(Option::is_none));
    let report = world.cache.end(Timestamp::from_ms(6000), &world.memory);
    assert_eq!(report.stale, 5, "only the report series can be marked twice; harmless");
}

#[test]
fn other_rules_rename_series_and_end_the_old_ones() {
    let mut world = World::new();
    world.text("a 1\nb 2\n");
    world.log();
    let drop = rule(Action::Drop, "__name__", "b");
    world.cache.reshape(shape(|shape| shape.relabel = vec![drop]));
    let report = world.text("a 1\nb 2\n");
    assert_eq!((report.kept, report.stale), (1, 1));
    world.check(&expect![[r#"
        {__name__="a", instance="i", job="j"} 1 @2000
        {__name__="b", instance="i", job="j"} stale @2000
    "#]]);
    assert_eq!(world.text("a 1\nb 2\n").stale, 0, "it ends once");
    world.cache.reshape(shape(|shape| shape.labels = Labels::from_pairs([("job", "k")])));
    world.text("a 1\n");
    assert!(world.memory.latest("up")["{__name__=\"up\", instance=\"i\", job=\"j\"}"].is_none());
    assert_eq!(world.memory.latest("up")["{__name__=\"up\", job=\"k\"}"], Some(1.0));
}

#[test]
fn other_limits_leave_known_series_known() {
    let mut world = World::new();
    world.text("a 1\nb 1\n");
    world.cache.reshape(shape(|shape| shape.limits.sample_limit = Some(2)));
    let report = world.text("a 1\nb 1\n");
    assert_eq!((report.added, report.stale), (0, 0));
}

#[test]
fn other_rules_end_only_what_was_tracked() {
    let mut world = World::new();
    world.text("own 1 500\na 1\n");
    let nobody = rule(Action::Drop, "__name__", "nobody");
    world.cache.reshape(shape(|shape| shape.relabel = vec![nobody]));
    assert_eq!(world.text("a 1\n").stale, 0, "series with their own timestamps do not end");
}

#[test]
fn failed_scrapes_with_ever_new_labels_do_not_grow_the_cache() {
    let mut world = World::new();
    world.text("a 1\n");
    for round in 0..5 {
        let mut body = String::new();
        for line in 0..1000 {
            writeln!(body, "m{{r=\"{round}\",l=\"{line}\"}} 1").unwrap();
        }
        world.text(&(body + "broken\n"));
        assert!(world.cache.entries.len() <= 3002, "{}", world.cache.entries.len());
    }
}

#[test]
fn families_of_sources_go_the_same_way() {
    let mut world = World::new();
    let mut family = Family::new("h", MetricKind::Histogram, "Help.");
    family.push_part("_bucket", Labels::from_pairs([("le", "1.0")]), 1.0);
    family.push_part("_count", Labels::empty(), 1.0);
    let silent = Family::gauge("silent", "No points.");
    let families = [family, silent];
    world.page(Page::Families(&families));
    world.check(&expect![[r#"
        {__name__="h_bucket", instance="i", job="j", le="1.0"} 1 @1000
        {__name__="h_count", instance="i", job="j"} 1 @1000
        # h histogram "Help." ""
    "#]]);
    let report = world.page(Page::Families(&families));
    assert_eq!((report.scraped, report.added, report.stale), (2, 0, 0));
    assert_eq!(world.page(Page::Families(&[])).stale, 2);
}

/// The slow and obvious model: which series are alive after each page.
#[test]
fn random_pages_agree_with_the_obvious_model() {
    for seed in 0..200_u64 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut random = |bound: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % bound
        };
        let mut world = World::new();
        for _ in 0..20 {
            let mut lines: Vec<u64> = (0..8).filter(|_| random(3) > 0).collect();
            if random(2) == 0 {
                lines.reverse();
            }
            let mut body = String::new();
            for line in &lines {
                writeln!(body, "m{{n=\"{line}\"}} 1").unwrap();
            }
            let breaks = random(5) == 0;
            world.text(&if breaks { body + "broken" } else { body });
            let alive = if breaks { Vec::new() } else { lines };
            let found = world.memory.latest("m");
            for number in 0..8_u64 {
                let labels =
                    format!("{{__name__=\"m\", instance=\"i\", job=\"j\", n=\"{number}\"}}");
                let is_alive = found.get(&labels).is_some_and(Option::is_some);
                assert_eq!(is_alive, alive.contains(&number), "seed {seed}, {labels}");
            }
        }
    }
}

#[test]
fn texts_of_lines_that_are_gone_give_their_memory_back() {
    let mut world = World::new();
    for round in 0..400 {
        let mut body = String::from("steady{l=\"x\"} 1\n");
        for line in 0..20 {
            writeln!(body, "# it is round {round}\nm{{round=\"{round}\",line=\"{line}\"}} 1")
                .unwrap();
        }
        world.text(&body);
        assert_eq!(world.cache.entries.len(), 21);
    }
    assert!(world.cache.entries.text_bytes() < 200_000, "{}", world.cache.entries.text_bytes());
    assert_eq!(world.text("steady{l=\"x\"} 1\n").added, 0);
}
