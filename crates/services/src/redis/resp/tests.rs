use super::{Decoder, REPLY_BYTES_MAX, RespError, Value, request};

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// Decodes bytes that arrive in pieces of this size.
fn decode(bytes: &[u8], piece: usize) -> Result<Vec<Value>, RespError> {
    let (mut decoder, mut out) = (Decoder::default(), Vec::new());
    for part in bytes.chunks(piece) {
        decoder.push(part);
        while let Some(value) = decoder.reply()? {
            out.push(value);
        }
    }
    Ok(out)
}

#[test]
fn replies_are_the_same_however_they_arrive() {
    let bytes = b"+OK\r\n:-12\r\n$5\r\na\r\nbc\r\n$-1\r\n*-1\r\n*0\r\n-ERR no\r\n\
                  *2\r\n*1\r\n+x\r\n*2\r\n:1\r\n$0\r\n\r\n+end\r\n";
    let nested = Value::Array(vec![
        Value::Array(vec![text("x")]),
        Value::Array(vec![Value::Integer(1), text("")]),
    ]);
    let expected = vec![
        text("OK"),
        Value::Integer(-12),
        text("a\r\nbc"),
        Value::Null,
        Value::Null,
        Value::Array(Vec::new()),
        Value::Error("ERR no".to_owned()),
        nested,
        text("end"),
    ];
    for piece in 1..=bytes.len() {
        assert_eq!(decode(bytes, piece).as_ref(), Ok(&expected), "pieces of {piece}");
    }
}

#[test]
fn what_is_no_reply_is_told() {
    let cases = [
        ("?\r\n", "a reply begins with `?`; expected one of `+-:$*`"),
        ("HTTP/1.1 400 Bad Request\r\n", "a reply begins with `H`; expected one of `+-:$*`"),
        ("+OK\n", "a line of the reply ends without a carriage return"),
        ("\r\n", "a line of the reply is empty"),
        (":12x\r\n", "`12x` in a reply is no number"),
        ("$2\r\nabc\r\n", "a string of the reply does not end where its length says"),
        ("$16777217\r\n", "the reply has more than 16 MiB"),
        ("*200001\r\n", "the reply has more than 200,000 values"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(decode(bytes.as_bytes(), 64).unwrap_err().to_string(), expected, "{bytes:?}");
    }
    let error = decode(b"$-2\r\n", 64).unwrap_err().to_string();
    assert!(error.starts_with("the length -2:"), "{error}");
}

#[test]
fn bounds_hold_for_a_reply_as_a_whole() {
    let deep = b"*1\r\n".repeat(9);
    assert_eq!(decode(&deep, 64), Err(RespError::TooLarge("arrays more than 8 deep")));
    let long = vec![b'+'; 70_000];
    assert_eq!(decode(&long, 4096), Err(RespError::TooLarge("a line of more than 64 KiB")));
    let half = REPLY_BYTES_MAX / 2 + 1;
    let mut two = b"*2\r\n".to_vec();
    for _ in 0..2 {
        two.extend_from_slice(format!("${half}\r\n").as_bytes());
        two.extend(std::iter::repeat_n(b'x', half));
        two.extend_from_slice(b"\r\n");
    }
    assert_eq!(decode(&two, 1 << 20), Err(RespError::TooLarge("more than 16 MiB")));
    let mut many = b"*2\r\n*150000\r\n".to_vec();
    many.extend(b":1\r\n".repeat(150_000));
    many.extend_from_slice(b"*60000\r\n");
    many.extend(b":1\r\n".repeat(60_000));
    assert_eq!(decode(&many, 1 << 16), Err(RespError::TooLarge("more than 200,000 values")));
}

#[test]
fn the_bounds_begin_anew_with_each_reply() {
    let mut bytes = Vec::new();
    for _ in 0..3 {
        bytes.extend_from_slice(b"*90000\r\n");
        bytes.extend(b":1\r\n".repeat(90_000));
    }
    assert_eq!(decode(&bytes, 1 << 16).unwrap().len(), 3);
}

#[test]
fn requests_are_arrays_of_strings() {
    assert_eq!(request(&["SCAN", "0", "ä"]), b"*3\r\n$4\r\nSCAN\r\n$1\r\n0\r\n$2\r\n\xc3\xa4\r\n");
}

#[test]
fn numbers_and_pairs_are_read_from_both_forms() {
    assert_eq!(text("7").integer(), Some(7));
    assert_eq!(Value::Null.integer(), None);
    let list = Value::Array(vec![text("a"), Value::Integer(1), Value::Null, text("x"), text("b")]);
    let pairs: Vec<_> = list.pairs().collect();
    assert_eq!(pairs, [("a", &Value::Integer(1))], "an unnamed and a lone one are left out");
}
