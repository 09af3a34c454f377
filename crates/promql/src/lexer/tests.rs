use super::*;
use std::fmt::Write;

/// The tokens as `kind(text)`, or the error with its place.
fn tokens(source: &str) -> String {
    let mut lexer = Lexer::new(source);
    let mut out = String::new();
    loop {
        let Token { kind, place } = lexer.next_token();
        if kind == TokenKind::End {
            return out.trim_end().to_owned();
        }
        if let Some(LexError { message, place }) = lexer.error() {
            write!(out, "{}..{}: {message}", place.start, place.end).unwrap();
            return out;
        }
        let kind = format!("{kind:?}");
        let kind = kind.split(['(', ')']).next().unwrap();
        write!(out, "{kind}({}) ", place.text(source)).unwrap();
    }
}

#[test]
fn words_are_reserved_in_any_case() {
    assert_eq!(tokens("SUM by"), "Aggregate(SUM) Word(by)");
    assert_eq!(tokens("And UNLESS aTan2"), "Operator(And) Operator(UNLESS) Operator(aTan2)");
    assert_eq!(tokens("inf NaN infx"), "Number(inf) Number(NaN) Identifier(infx)");
    assert_eq!(tokens("a:b :c _"), "MetricIdentifier(a:b) MetricIdentifier(:c) Identifier(_)");
    assert_eq!(
        tokens("{sum=~\"x\"}"),
        "LeftBrace({) Identifier(sum) RegexMatch(=~) String(\"x\") RightBrace(})"
    );
}

#[test]
fn fill_is_a_word_only_in_front_of_a_parenthesis() {
    assert_eq!(tokens("fill"), "Identifier(fill)");
    assert_eq!(
        tokens("fill_left\n\t("),
        "Word(fill_left) LeftParen(() 12..12: unclosed left parenthesis"
    );
    assert_eq!(tokens("fill{}"), "Identifier(fill) LeftBrace({) RightBrace(})");
}

#[test]
fn numbers_have_go_s_shapes() {
    for number in [
        "0", "1.", ".5", "1e3", "1E-3", "1e+3", "0x1f", "0X1F", "0x_1F", "1_000", "0755", "0xe",
        "0xe0",
    ] {
        assert_eq!(tokens(number), format!("Number({number})"));
    }
    for (text, shown) in [
        ("1__0", "1__"),
        ("1e", "1e"),
        // The second e counts as an exponent, even among hexadecimal digits.
        ("0xee", "0xee"),
        ("1_.5", "1_."),
        ("1e5e", "1e5e"),
        ("0x1.5", "0x1."),
        ("0xeee", "0xeee"),
        ("1x", "1"),
        ("5mm", "5mm"),
        ("5m5", "5m5"),
        ("1e_3", "1e_"),
        ("0b1", "0"),
        ("5µ", "5"),
    ] {
        let error = tokens(text);
        if text == "5µ" {
            // Not a letter of ASCII: the number ends, the character is wrong by itself.
            assert_eq!(error, "Number(5) 1..3: unexpected character: 'µ'");
        } else {
            let message = format!(": bad number or duration syntax: {shown:?}");
            assert!(error.ends_with(&message), "{text}: {error}");
        }
    }
}

#[test]
fn durations_are_told_from_numbers_by_their_unit() {
    assert_eq!(tokens("5m 1h30m 5y1hs"), "Duration(5m) Duration(1h30m) Duration(5y1hs)");
    assert_eq!(tokens("5m1y"), "0..3: bad number or duration syntax: \"5m1\"");
    assert_eq!(tokens("5min"), "0..3: bad number or duration syntax: \"5mi\"");
}

#[test]
fn strings_have_three_quotes_and_go_s_escapes() {
    assert_eq!(tokens(r#""a\"b" 'a"b' `a\`"#), r#"String("a\"b") String('a"b') String(`a\`)"#);
    assert_eq!(tokens("`a\nb`"), "String(`a\nb`)");
    for (text, message) in [
        (r#""\'""#, "unknown escape sequence U+0027 '''"),
        (r#""\z""#, "unknown escape sequence U+007A 'z'"),
        (r#""\8""#, "unknown escape sequence U+0038 '8'"),
        (r#""\xg0""#, "illegal character U+0067 'g' in escape sequence"),
        (r#""\u12""#, "illegal character U+0022 '\"' in escape sequence"),
        (r#""\400""#, "escape sequence is an invalid Unicode code point"),
        (r#""\ud800""#, "escape sequence is an invalid Unicode code point"),
        (r#""\U00110000""#, "escape sequence is an invalid Unicode code point"),
        (r#""\u00"#, "escape sequence not terminated"),
        ("\"a\nb\"", "unterminated quoted string"),
        ("'a", "unterminated quoted string"),
        ("`a", "unterminated raw string"),
    ] {
        let error = tokens(text);
        assert!(error.starts_with("0..") && error.ends_with(message), "{text}: {error}");
    }
}

#[test]
fn comments_and_spaces_separate_tokens() {
    assert_eq!(tokens("a#b\nc\r\n\t# end"), "Identifier(a) Identifier(c)");
    assert_eq!(
        tokens("{a#}\n=\"#\"}"),
        "LeftBrace({) Identifier(a) Assign(=) String(\"#\") RightBrace(})"
    );
    assert_eq!(
        tokens("a[#\n5m]"),
        "Identifier(a) LeftBracket([) 2..3: unexpected character in duration expression: '#'"
    );
    assert_eq!(tokens("a\u{a0}b"), "Identifier(a) 1..3: unexpected character: '\\u00a0'");
}

#[test]
fn brackets_know_durations_and_a_few_words() {
    assert_eq!(
        tokens("[5m:1m]"),
        "LeftBracket([) Duration(5m) Colon(:) Duration(1m) RightBracket(])"
    );
    assert_eq!(
        tokens("[ Step ( ) ]"),
        "LeftBracket([) Word(Step) LeftParen(() RightParen()) RightBracket(])"
    );
    for (text, error) in [
        ("[sum]", "1..2: unexpected character in duration expression: 's'"),
        ("[5m sum]", "4..5: unexpected character: 's', expected ':'"),
        ("[:5m]", "2..3: unexpected colon before duration in duration expression"),
        ("[5m::]", "4..5: unexpected colon ':'"),
        ("[5m", "3..3: unclosed left bracket"),
        ("[5m[", "3..4: unexpected left bracket '['"),
        ("]", "0..1: unexpected right bracket ']'"),
        ("[)", "2..2: unexpected right parenthesis ')'"),
    ] {
        let found = tokens(text);
        assert!(found.ends_with(error), "{text}: {found}");
    }
}

#[test]
fn after_an_error_every_token_is_bad() {
    let mut lexer = Lexer::new("$ up");
    for _ in 0..3 {
        assert_eq!(lexer.next_token().kind, TokenKind::Bad);
    }
    assert_eq!(lexer.error().unwrap().message, "unexpected character: '$'");
}
