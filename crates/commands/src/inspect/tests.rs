use super::{instant, parse_selectors, per_sample, refuse_directory, segments_table, size};
use expect_test::expect;
use std::fs;
use tsdb::inspect::SegmentInfo;

#[test]
fn sizes_have_one_digit_and_a_unit() {
    let cases = [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (5 << 20, "5.0 MiB"),
        (3 << 40, "3.0 TiB"),
        (u64::MAX, "16777216.0 TiB"),
    ];
    for (bytes, text) in cases {
        assert_eq!(size(bytes), text);
    }
    assert_eq!(per_sample(1, 0), "-");
    assert_eq!(per_sample(99, 100), "0.99");
    assert_eq!(per_sample(u64::MAX, 1), "18446744073709551615.00");
}

#[test]
fn instants_beyond_the_calendar_stay_numbers() {
    assert_eq!(instant(1_700_000_000_000), "2023-11-14T22:13:20Z");
    assert_eq!(instant(i64::MAX), "9223372036854775807 ms");
}

#[test]
fn segments_stand_in_columns() {
    let segment = SegmentInfo {
        id: 7,
        age: 3,
        first_ms: 1_700_000_000_000,
        last_ms: 1_700_007_199_000,
        series: 1000,
        samples: 480_000,
        blocks: 4000,
        bytes: 600_000,
    };
    expect![[r"
        SEGMENT  FIRST                 LAST                  DURATION  SERIES  SAMPLES  BLOCKS       SIZE  BYTES/SAMPLE
              7  2023-11-14T22:13:20Z  2023-11-15T00:13:19Z  1h59m59s    1000   480000    4000  585.9 KiB          1.25"]]
    .assert_eq(&segments_table(&[segment]).to_string());
}

#[test]
fn directories_of_others_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = |name: &str| refuse_directory(&folder.path().join(name)).unwrap_err();
    for name in ["empty", "prometheus/wal", "outer/flyball-data"] {
        fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("file"), "").unwrap();
    fs::write(folder.path().join("outer/flyball-data/FORMAT"), "").unwrap();
    assert!(refusal("none").ends_with("no such directory; give the path of --storage.path"));
    assert!(refusal("file").ends_with("it is a file, expected a data directory"));
    assert!(refusal("empty").contains("it is no data directory of flyball"));
    assert!(refusal("prometheus").contains("it holds a Prometheus database"));
    assert!(refusal("outer").contains("outer/flyball-data is one"));
    assert_eq!(refuse_directory(&folder.path().join("outer/flyball-data")), Ok(()));
    fs::create_dir(folder.path().join("outer/flyball-data/tenants")).unwrap();
    assert!(refusal("outer/flyball-data/tenants").contains("it is inside a data directory"));
}

#[test]
fn selectors_are_read_as_promql() {
    assert_eq!(parse_selectors(&["up".to_owned(), "{a=\"b\"}".to_owned()]).unwrap().len(), 2);
    assert!(parse_selectors(&["{".to_owned()]).unwrap_err().starts_with("--match={: "));
}
