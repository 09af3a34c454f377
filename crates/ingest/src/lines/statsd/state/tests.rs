use super::super::super::LineOptions;
use super::Aggregates;
use config::MappingConfig;
use expect_test::{Expect, expect};
use model::{Labels, Timestamp};
use std::fmt::Write as _;
use wire::remote_write::LabelPairs;
use wire::statsd::read_line;

struct World {
    state: Aggregates,
    out: String,
}

fn options(file: &str) -> LineOptions {
    let mapping = if file.is_empty() {
        MappingConfig::default()
    } else {
        config::mappings::load("m.yml", file).unwrap().config
    };
    LineOptions { mapping, series_max: 100, ..LineOptions::default() }
}

impl World {
    fn new(file: &str) -> Self {
        Self::with(options(file))
    }

    fn with(options: LineOptions) -> Self {
        Self { state: Aggregates::new(options), out: String::new() }
    }

    fn take(&mut self, second: i64, lines: &[&str]) -> &mut Self {
        let now = Timestamp::from_ms(second * 1000);
        for line in lines {
            read_line(line.as_bytes(), &mut |sample| {
                if let Err(reason) = self.state.take(now, &sample.unwrap()) {
                    writeln!(self.out, "{line}: {reason}").unwrap();
                }
            });
        }
        self
    }

    fn tick(&mut self, second: i64) -> &mut Self {
        let (rows, metadata) = self.state.tick(Timestamp::from_ms(second * 1000));
        for told in metadata {
            writeln!(self.out, "# {} {}", told.metric, told.metadata.kind.as_str()).unwrap();
        }
        for row in rows {
            let mut pairs = LabelPairs::of(&row.labels);
            let mut labels = Vec::new();
            while let Some(pair) = pairs.next_pair().unwrap() {
                labels.push(pair);
            }
            let start = row.start.map(|at| format!(" since {}", at.ms() / 1000));
            let value =
                if model::is_stale(row.value) { "stale".into() } else { row.value.to_string() };
            let labels = Labels::from_pairs(labels);
            writeln!(self.out, "{labels} {value}{}", start.unwrap_or_default()).unwrap();
        }
        self
    }

    fn check(&mut self, expect: &Expect) {
        expect.assert_eq(&std::mem::take(&mut self.out));
    }
}

#[test]
fn counters_and_gauges_go_on_from_tick_to_tick() {
    let mut world = World::new("");
    world.take(1, &["page.views:1|c", "page.views:2|c|@0.5", "temp:3|g", "temp:-1.5|g"]).tick(15);
    world.check(&expect![[r#"
        # page_views counter
        # temp gauge
        {__name__="page_views"} 5 since 1
        {__name__="temp"} 1.5
    "#]]);
    world.take(16, &["page.views:1|c", "page.views:-1|c"]).tick(30);
    world.check(&expect![[r#"
        page.views:-1|c: illegal_negative_counter
        {__name__="page_views"} 6 since 1
        {__name__="temp"} 1.5
    "#]]);
}

#[test]
fn timers_are_summaries_unless_the_file_says_otherwise() {
    let mut world = World::new("");
    world.take(1, &["took:320|ms|@0.5", "size:4|h|#k:v"]).tick(15);
    world.check(&expect![[r#"
        # took summary
        # size summary
        {__name__="took", quantile="0.5"} 0.32
        {__name__="took", quantile="0.9"} 0.32
        {__name__="took", quantile="0.99"} 0.32
        {__name__="took_sum"} 0.64 since 1
        {__name__="took_count"} 2 since 1
        {__name__="size", k="v", quantile="0.5"} 4
        {__name__="size", k="v", quantile="0.9"} 4
        {__name__="size", k="v", quantile="0.99"} 4
        {__name__="size_sum", k="v"} 4 since 1
        {__name__="size_count", k="v"} 1 since 1
    "#]]);
    let file = "defaults: {observer_type: histogram, histogram_options: {buckets: [0.1, 1]}}\n";
    let mut world = World::new(file);
    world.take(1, &["took:100|ms", "took:0.5:2|d"]).tick(15);
    world.check(&expect![[r#"
        # took histogram
        {__name__="took_bucket", le="0.1"} 1 since 1
        {__name__="took_bucket", le="1.0"} 2 since 1
        {__name__="took_bucket", le="+Inf"} 3 since 1
        {__name__="took_sum"} 2.6 since 1
        {__name__="took_count"} 3 since 1
    "#]]);
}

#[test]
fn sets_count_the_members_of_an_interval() {
    let mut world = World::new("");
    world.take(1, &["users:al|s", "users:bo|s", "users:al|s"]).tick(15).take(16, &["users:al|s"]);
    world.tick(30).tick(45).check(&expect![[r#"
        # users gauge
        {__name__="users"} 2
        {__name__="users"} 1
        {__name__="users"} 0
    "#]]);
}

#[test]
fn mapped_names_labels_scale_and_tags() {
    let file = "mappings:\n- {match: api.*.ms, name: api_seconds_total, scale: 0.001, \
        labels: {route: $1, env: prod}}\n- {match: kept.*, name: kept, honor_labels: true, \
        labels: {k: mapped}}\n- {match: off.*, name: off, action: drop}\n";
    let labels = Labels::from_pairs([("job", "statsd"), ("env", "test")]);
    let mut world = World::with(LineOptions { labels, ..options(file) });
    world.take(1, &["api.pay.ms:5|c|#env:dev", "kept.a:1|g|#k:own", "off.a:1|c", "9a-b:1|c"]);
    world.tick(15).check(&expect![[r#"
        off.a:1|c: dropped_by_mapping
        # api_seconds_total counter
        # kept gauge
        # _9a_b counter
        {__name__="api_seconds_total", env="prod", job="statsd", route="pay"} 0.005 since 1
        {__name__="kept", env="test", job="statsd", k="own"} 1
        {__name__="_9a_b", env="test", job="statsd"} 1 since 1
    "#]]);
}

#[test]
fn series_end_when_their_time_is_over_and_may_begin_again() {
    let mut world = World::new("defaults: {ttl: 20s}\n");
    world.take(1, &["a:1|c", "b:1|c"]).tick(10).take(15, &["a:1|c"]).tick(25);
    world.tick(40).take(41, &["b:7|g"]).tick(55);
    world.check(&expect![[r#"
        # a counter
        # b counter
        {__name__="a"} 1 since 1
        {__name__="b"} 1 since 1
        {__name__="b"} stale
        {__name__="a"} 2 since 1
        {__name__="a"} stale
        # b gauge
        {__name__="b"} 7
    "#]]);
    assert_eq!(world.state.series(), 1);
}

#[test]
fn a_name_has_one_type() {
    let mut world = World::new("");
    world.take(1, &["a:1|c", "a:1|g", "took:1|ms", "took_sum:1|c", "s:1|s", "s:1|g"]);
    world.take(2, &["a:1|g"]);
    world.check(&expect![[r"
        a:1|g: conflicting_type
        took_sum:1|c: conflicting_type
        s:1|g: conflicting_type
        a:1|g: conflicting_type
    "]]);
}

#[test]
fn beyond_the_limit_known_series_go_on() {
    let mut world = World::with(LineOptions { series_max: 6, ..options("") });
    world.take(1, &["t:1|ms", "a:1|c", "b:1|c", "u:1|ms", "a:1|c"]).tick(2);
    world.check(&expect![[r#"
        b:1|c: series_limit
        u:1|ms: series_limit
        # t summary
        # a counter
        {__name__="t", quantile="0.5"} 0.001
        {__name__="t", quantile="0.9"} 0.001
        {__name__="t", quantile="0.99"} 0.001
        {__name__="t_sum"} 0.001 since 1
        {__name__="t_count"} 1 since 1
        {__name__="a"} 2 since 1
    "#]]);
}

#[test]
fn other_rules_end_what_was_there() {
    let mut world = World::new("");
    world.take(1, &["a:1|c"]).tick(2);
    world.state.configure(LineOptions { series_max: 7, ..options("") });
    world.tick(3);
    world.state.configure(options("mappings:\n- {match: a, name: b}\n"));
    world.take(4, &["a:1|c"]).tick(5);
    world.check(&expect![[r#"
        # a counter
        {__name__="a"} 1 since 1
        {__name__="a"} 1 since 1
        # b counter
        {__name__="a"} stale
        {__name__="b"} 1 since 4
    "#]]);
}
