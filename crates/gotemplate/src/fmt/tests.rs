use super::{Sink, is_print, print, printf, println, quote, show};
use crate::types::IntType;
use crate::value::Value;

fn sprintf(format: &str, values: &[Value]) -> String {
    let mut out = Sink::new(4096);
    printf(&mut out, format, values);
    out.finish().expect("fits")
}

/// Outputs of Go's fmt.
#[test]
fn floats_print_as_in_go() {
    let cases: [(&str, f64, &str); 30] = [
        ("%v", 1_234_567.891, "1.234567891e+06"),
        ("%v", 3e9, "3e+09"),
        ("%v", 0.0001, "0.0001"),
        ("%v", 0.00001, "1e-05"),
        ("%v", 100_000.0, "100000"),
        ("%v", 1e20, "1e+20"),
        ("%v", -0.0, "-0"),
        ("%v", f64::INFINITY, "+Inf"),
        ("%v", f64::NEG_INFINITY, "-Inf"),
        ("%v", f64::NAN, "NaN"),
        ("%6.2f|", f64::NAN, "   NaN|"),
        ("%06.1f", f64::INFINITY, "  +Inf"),
        ("%.2f", 2.675, "2.67"),
        ("%.0f", 2.5, "2"),
        ("%8.3f|", -1.5, "  -1.500|"),
        ("%-8.1f|", 1.5, "1.5     |"),
        ("%08.1f", 1_234_567.891, "1234567.9"),
        ("%+08.2f", 1.5, "+0001.50"),
        ("% .1f", 1.5, " 1.5"),
        ("%e", 1_234_567.891, "1.234568e+06"),
        ("%.3E", 0.000_123_4, "1.234E-04"),
        ("%g", 1e-7, "1e-07"),
        ("%.4g", 1000.0, "1000"),
        ("%.4g", 100_000.0, "1e+05"),
        ("%.3g", 1234.5, "1.23e+03"),
        ("%G", 1e21, "1E+21"),
        ("%x", 1.5, "0x1.8p+00"),
        ("%X", -0.1, "-0X1.999999999999AP-04"),
        ("%.2x", 1.999_999, "0x1.00p+01"),
        ("%b", 1.0, "4503599627370496p-52"),
    ];
    for (format, value, expected) in cases {
        assert_eq!(sprintf(format, &[Value::Float(value)]), expected, "{format} of {value}");
    }
}

#[test]
fn integers_print_as_in_go() {
    let cases = [
        ("%d", 42, "42"),
        ("%+d", 42, "+42"),
        ("% d", 42, " 42"),
        ("%5d|", 42, "   42|"),
        ("%-5d|", 42, "42   |"),
        ("%05d", -42, "-0042"),
        ("%.4d", 42, "0042"),
        ("%.0d", 0, ""),
        ("%x", 255, "ff"),
        ("%#X", 255, "0XFF"),
        ("%o", 8, "10"),
        ("%#o", 8, "010"),
        ("%O", 8, "0o10"),
        ("%b", 5, "101"),
        ("%#b", 5, "0b101"),
        ("%c", 0x1f600, "\u{1f600}"),
        ("%q", 120, "'x'"),
        ("%U", 0x1f600, "U+1F600"),
        ("%#U", 65, "U+0041 'A'"),
        ("%08b", -5, "-0000101"),
        ("%s", 5, "%!s(int=5)"),
        ("%z", 5, "%!z(int=5)"),
    ];
    for (format, value, expected) in cases {
        assert_eq!(sprintf(format, &[Value::int(value)]), expected, "{format} of {value}");
    }
}

#[test]
fn texts_print_as_in_go() {
    let cases = [
        ("%s", "a", "a"),
        ("%5s|", "é", "    é|"),
        ("%-5s|", "ab", "ab   |"),
        ("%.2s", "héllo", "hé"),
        ("%q", "a\"b\n\u{200b}", r#""a\"b\n\u200b""#),
        ("%+q", "é", r#""\u00e9""#),
        ("%#q", "a`b", "\"a`b\""),
        ("%#q", "ab", "`ab`"),
        ("%x", "hi", "6869"),
        ("% X", "hi", "68 69"),
        ("%# x", "hi", "0x68 0x69"),
        ("%#v", "a", "\"a\""),
        ("%d", "a", "%!d(string=a)"),
        ("%T", "a", "string"),
    ];
    for (format, value, expected) in cases {
        assert_eq!(sprintf(format, &[Value::from(value)]), expected, "{format} of {value}");
    }
}

#[test]
fn mistakes_are_written_into_the_output() {
    let one = [Value::int(1)];
    let cases: [(&str, &[Value], &str); 16] = [
        ("%d %d", &one, "1 %!d(MISSING)"),
        ("x", &one, "x%!(EXTRA int=1)"),
        ("%", &one, "%!(NOVERB)%!(EXTRA int=1)"),
        ("%%", &[], "%"),
        ("%d", &[Value::Float(1.5)], "%!d(float64=1.5)"),
        ("%v", &[Value::Nil], "<nil>"),
        ("%d", &[Value::Nil], "%!d(<nil>)"),
        ("%t", &one, "%!t(int=1)"),
        ("%[2]d", &one, "%!d(BADINDEX)"),
        ("%[1]d %[1]d", &one, "1 1"),
        ("%[x]d", &one, "%!d(BADINDEX)"),
        ("%*d", &[Value::from("a"), Value::int(1)], "%!(BADWIDTH)1"),
        ("%.*f", &[Value::int(2), Value::Float(1.0)], "1.00"),
        ("%-*d|", &[Value::int(4), Value::int(1)], "1   |"),
        ("%*d|", &[Value::int(-4), Value::int(1)], "1   |"),
        ("%2000000d", &one, "%!(NOVERB)%!(EXTRA int=1)"),
    ];
    for (format, values, expected) in cases {
        assert_eq!(sprintf(format, values), expected, "{format}");
    }
}

#[test]
fn lists_and_maps_print_their_elements() {
    let map = Value::string_map([("b", "2"), ("a", "1")]);
    let list = Value::strings(["x", "y"]);
    let any = Value::any_list(vec![Value::Nil, Value::Float(1e6), Value::Bool(true)]);
    assert_eq!(sprintf("%v", std::slice::from_ref(&map)), "map[a:1 b:2]");
    assert_eq!(sprintf("%#v", &[map]), r#"map[string]string{"a":"1", "b":"2"}"#);
    assert_eq!(
        sprintf("%v %q %d", &[list.clone(), list.clone(), list]),
        "[x y] [\"x\" \"y\"] [%!d(string=x) %!d(string=y)]"
    );
    assert_eq!(sprintf("%v", &[any]), "[<nil> 1e+06 true]");
}

#[test]
fn types_made_of_integers_know_words() {
    let duration = Value::duration(1_500_000_000);
    let month = Value::Int(IntType::Month, 11);
    assert_eq!(
        sprintf("%v %d %s", &[duration.clone(), duration.clone(), duration]),
        "1.5s 1500000000 1.5s"
    );
    assert_eq!(sprintf("%v %d", &[month.clone(), month]), "November 11");
}

#[test]
fn print_puts_spaces_between_values_that_are_no_texts() {
    let values = [Value::int(1), Value::int(2), Value::from("a"), Value::int(3), Value::Nil];
    let mut out = Sink::new(100);
    print(&mut out, &values);
    assert_eq!(out.finish().as_deref(), Some("1 2a3 <nil>"));
    let mut out = Sink::new(100);
    println(&mut out, &values);
    assert_eq!(out.finish().as_deref(), Some("1 2 a 3 <nil>\n"));
    let mut out = Sink::new(100);
    show(&mut out, &Value::Nil);
    assert_eq!(out.finish().as_deref(), Some("<no value>"));
}

#[test]
fn a_full_sink_takes_nothing_more() {
    let mut out = Sink::new(3);
    out.push("ab");
    out.push("cd");
    out.push("e");
    assert_eq!(out.cut(), "ab...");
    let mut out = Sink::new(10);
    printf(&mut out, "%999999d", &[Value::int(1)]);
    assert_eq!(out.finish(), None);
}

#[test]
fn quotes_escape_what_has_no_shape() {
    assert_eq!(quote("a\x01\u{e000}\u{1f600}é\\"), "\"a\\x01\\ue000\u{1f600}é\\\\\"");
    assert!(is_print('é') && is_print(' ') && !is_print('\u{a0}') && !is_print('\x7f'));
}
