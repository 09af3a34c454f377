//! Line protocol over HTTP: names, units, what is stored of a body with bad lines, what is told.

use crate::http::{broken, endless};
use crate::store::{Fixture, Store};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use expect_test::expect;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::BodyExt;
use ingest::{
    INFLUX_WRITE_PATHS, InfluxReceiver, ReceiverOptions, influx_ping_route, influx_query_route,
    influx_write_route,
};
use model::{Appender, Timestamp, Value};
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use sys::sim::SimClock;
use tower::ServiceExt;

/// The server's clock, milliseconds.
const NOW_MS: i64 = 1_700_000_000_000;

struct World {
    fixture: Fixture,
    influx: Arc<InfluxReceiver>,
    router: Router,
}

impl World {
    fn new() -> Self {
        let fixture = Fixture::new();
        let store: Arc<Store> = Arc::clone(&fixture.store);
        let clock = Arc::new(SimClock::new(Timestamp::from_ms(NOW_MS)));
        let options = ReceiverOptions::default();
        let influx = InfluxReceiver::new(store as Arc<dyn Appender>, options, clock);
        let influx = Arc::new(influx);
        let mut router = Router::new()
            .route("/ping", influx_ping_route())
            .route("/query", influx_query_route(Arc::clone(&influx)));
        for path in INFLUX_WRITE_PATHS {
            router = router.route(path, influx_write_route(Arc::clone(&influx)));
        }
        Self { fixture, influx, router }
    }

    async fn send(&self, request: Request<Body>) -> (u16, String) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes().to_vec();
        (status, String::from_utf8(body).unwrap())
    }

    async fn write(&self, path: &str, body: &str) -> (u16, String) {
        self.send(Request::post(path).body(Body::from(body.to_owned())).unwrap()).await
    }

    fn stored(&self) -> String {
        let mut out = String::new();
        for ((labels, at), value) in &self.fixture.store.state.lock().samples {
            let Value::Float(value) = value else { panic!("line protocol has no histograms") };
            writeln!(out, "{labels} {value} @{at}").unwrap();
        }
        out
    }
}

#[tokio::test]
async fn fields_become_series_and_tags_labels() {
    let world = World::new();
    let body = "cpu,host=a\\ b,0core=0 user=1.5,up=t,ctx=12i,big=18446744073709551615u,why=\"x\" \
        1699999999123456789\n\
        # a comment\n\
        disk.io,dev\\=x=sda value=-2e3\n\
        mem free=1 1699999998000000000\r\n";
    assert_eq!(world.write("/write?db=x", body).await, (204, String::new()));
    expect![[r#"
        {_0core="0", __name__="cpu_big", host="a b"} 18446744073709552000 @1699999999123
        {_0core="0", __name__="cpu_ctx", host="a b"} 12 @1699999999123
        {_0core="0", __name__="cpu_up", host="a b"} 1 @1699999999123
        {_0core="0", __name__="cpu_user", host="a b"} 1.5 @1699999999123
        {__name__="disk_io", dev_x="sda"} -2000 @1700000000000
        {__name__="mem_free"} 1 @1699999998000
    "#]]
    .assert_eq(&world.stored());
}

#[tokio::test]
async fn the_unit_of_timestamps_comes_from_the_address() {
    let world = World::new();
    for (unit, stamp) in [
        ("ns", "1600000000000000000"),
        ("us", "1600000001000000"),
        ("u", "1600000002000000"),
        ("ms", "1600000003000"),
        ("s", "1600000004"),
        ("m", "26666667"),
        ("h", "444445"),
    ] {
        let body = format!("m,unit={unit} value=1 {stamp}");
        let path = format!("/api/v2/write?org=o&bucket=b&precision={unit}");
        assert_eq!(world.write(&path, &body).await.0, 204, "{unit}");
    }
    expect![[r#"
        {__name__="m", unit="h"} 1 @1600002000000
        {__name__="m", unit="m"} 1 @1600000020000
        {__name__="m", unit="ms"} 1 @1600000003000
        {__name__="m", unit="ns"} 1 @1600000000000
        {__name__="m", unit="s"} 1 @1600000004000
        {__name__="m", unit="u"} 1 @1600000002000
        {__name__="m", unit="us"} 1 @1600000001000
    "#]]
    .assert_eq(&world.stored());
    let (status, told) = world.write("/write?precision=d", "m value=1").await;
    expect![[r#"400 {"error":"precision \"d\", one of ns, us, ms, s, m, h expected"}"#]]
        .assert_eq(&format!("{status} {told}"));
}

#[tokio::test]
async fn good_lines_are_stored_beside_bad_ones_and_the_first_is_told() {
    let world = World::new();
    let body =
        "good value=1 1\nbad\nbad,tag value=1\nbad value=abc\nbad value=\"open\ngood value=2";
    let (status, told) = world.write("/write?precision=ms", body).await;
    expect![[r#"400 {"error":"partial write: line 2, column 4: a space before the fields was expected, the line ends (4 samples refused)"}"#]].assert_eq(&format!("{status} {told}"));
    let (status, told) = world.write("/api/v2/write?precision=ms", "bad value=1 12:30").await;
    expect![[r#"400 {"code":"invalid","message":"partial write: line 1, column 13: a whole number was expected as the timestamp, found '1' (1 samples refused)"}"#]].assert_eq(&format!("{status} {told}"));
    expect![[r#"
        {__name__="good"} 1 @1
        {__name__="good"} 2 @1700000000000
    "#]]
    .assert_eq(&world.stored());
    let stats = world.influx.stats();
    let refused = (stats.samples_malformed.get(), stats.samples_invalid_labels.get());
    assert_eq!(refused, (5, 0), "lines that cannot be read say nothing of labels");
}

#[tokio::test]
async fn line_feeds_in_texts_are_counted_escaped_or_not() {
    let world = World::new();
    for text in ["a\nb", "a\\\nb", "a\\\"\nb", "a\n\\\\"] {
        let body = format!("m why=\"{text}\",value=1\nbad");
        let (status, told) = world.write("/write", &body).await;
        assert_eq!(status, 400);
        assert!(told.contains("line 3, column 4: "), "{text:?}: {told}");
    }
}

#[tokio::test]
async fn bodies_may_be_gzip_and_must_be_text() {
    let world = World::new();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(b"m value=1 1000000").unwrap();
    let request = |body: Vec<u8>, encoding: &str| {
        let request = Request::post("/influx/write").header("content-encoding", encoding);
        request.body(Body::from(body)).unwrap()
    };
    let gzip = gzip.finish().unwrap();
    assert_eq!(world.send(request(gzip.clone(), "gzip")).await.0, 204);
    let mut out = String::new();
    for (body, encoding) in
        [(gzip[..10].to_vec(), "gzip"), (b"m\xff value=1".to_vec(), "identity"), (gzip, "br")]
    {
        let (status, told) = world.send(request(body, encoding)).await;
        writeln!(out, "{status} {told}").unwrap();
    }
    expect![[r#"
        400 {"error":"wire: gzip: incomplete deflate stream at offset 10"}
        400 {"error":"the body is not UTF-8 at byte 1"}
        400 {"error":"content encoding `br`, gzip or identity expected"}
    "#]]
    .assert_eq(&out);
    let ping = Request::get("/ping").body(Body::empty()).unwrap();
    assert_eq!(world.send(ping).await, (204, String::new()));
}

#[tokio::test]
async fn a_database_is_made_by_doing_nothing() {
    let world = World::new();
    let mut out = String::new();
    for (q, body) in [("CREATE+DATABASE+x", ""), ("", "q=show%20databases"), ("SELECT+1", "")] {
        let request = Request::post(format!("/query?q={q}").trim_end_matches("?q="));
        let (status, told) = world.send(request.body(Body::from(body)).unwrap()).await;
        writeln!(out, "{status} {told}").unwrap();
    }
    expect![[r#"
        200 {"results":[{"statement_id":0}]}
        200 {"results":[{"series":[{"columns":["name"],"name":"databases","values":[]}],"statement_id":0}]}
        400 {"error":"of InfluxQL only CREATE DATABASE and SHOW DATABASES are answered; questions are asked in PromQL at /api/v1/query"}
    "#]].assert_eq(&out);
}

#[tokio::test(start_paused = true)]
async fn a_statement_that_does_not_arrive_whole_is_refused() {
    let world = World::new();
    let broken = broken("q=CREATE+DATABASE+x");
    let long = Body::from(format!("q=CREATE+DATABASE+{}", "x".repeat(64 << 10)));
    let mut out = String::new();
    for body in [broken, long, endless()] {
        let (status, told) = world.send(Request::post("/query").body(body).unwrap()).await;
        writeln!(out, "{status} {told}").unwrap();
    }
    expect![[r#"
        408 {"error":"cannot read the body: connection reset"}
        413 {"error":"the body is longer than 65536 bytes"}
        408 {"error":"the body did not arrive within 30 seconds"}
    "#]]
    .assert_eq(&out);
    let stats = world.influx.stats();
    assert_eq!((stats.requests_unfinished.get(), stats.requests_too_large.get()), (2, 1));
}
