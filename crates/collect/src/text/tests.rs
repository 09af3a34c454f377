use super::*;

#[test]
fn lines_are_numbered_from_one_and_the_last_end_is_optional() {
    let collect = |text: &'static str| lines(text.as_bytes()).collect::<Vec<_>>();
    assert!(collect("").is_empty());
    assert_eq!(collect("a\n\nb\n"), [(1, &b"a"[..]), (2, b""), (3, b"b")]);
    assert_eq!(collect("a\n\nb"), collect("a\n\nb\n"));
}

#[test]
fn numbers_stop_at_their_borders() {
    assert_eq!(uint(b"18446744073709551615", 1).unwrap(), u64::MAX);
    for bad in ["", "18446744073709551616", "-1", "+1", "1.5", "1 ", "0x10", "\u{661}"] {
        assert!(uint(bad.as_bytes(), 1).is_err(), "{bad:?}");
    }
    assert_eq!(hex(b"0x1303", 1).unwrap(), 0x1303);
    assert_eq!(hex(b"ffffffff", 1).unwrap(), 0xffff_ffff);
    for bad in ["", "0x", "+1", "0x+1", "g", "10000000000000000"] {
        assert!(hex(bad.as_bytes(), 1).is_err(), "{bad:?}");
    }
    assert_eq!(float(b"-1", 1).unwrap(), -1.0);
    assert_eq!(float(b"0.37", 1).unwrap(), 0.37);
    assert!(float(b"", 1).is_err());
}

#[test]
fn errors_carry_line_and_file_and_shorten_what_they_show() {
    let error = uint(&[b'x'; 500], 7).unwrap_err().at(std::path::Path::new("/proc/stat"));
    let text = error.to_string();
    assert!(text.starts_with("/proc/stat:7: expected an unsigned integer, found \"xxx"), "{text}");
    assert!(text.len() < 130, "{text}");
}
