use super::*;

const UNITS: Units = Units { ticks_per_second: 100.0, page_bytes: 4096.0 };

#[test]
fn names_with_parentheses_do_not_shift_fields() {
    let stat = "7 (a) b) S 1 7 7 0 -1 4194304 1 0 0 0 150 50 0 0 20 0 9 0 1000 8192 3 0 0";
    let stat = parse_stat(stat, Some("cpu 1\nbtime 1700000000\n"), UNITS).expect("parses");
    assert_eq!(stat.cpu_seconds, 2.0);
    assert_eq!(stat.threads, 9);
    assert_eq!(stat.start_seconds, Some(1_700_000_010.0));
    assert_eq!((stat.virtual_bytes, stat.resident_bytes), (8192.0, 12_288.0));
}

#[test]
fn short_lines_give_nothing() {
    assert!(parse_stat("7 (a) S 1", None, UNITS).is_none());
    assert!(parse_stat("", None, UNITS).is_none());
}

#[test]
fn limits_give_the_soft_one() {
    let text = "Limit   Soft Limit  Hard Limit  Units\nMax open files  1024  4096  files\n";
    assert_eq!(max_fds(text), Some(1024.0));
    assert_eq!(max_fds("Max open files unlimited unlimited files"), None);
}
