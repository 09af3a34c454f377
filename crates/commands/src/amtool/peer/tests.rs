use super::*;

#[test]
fn servers_are_understood_as_people_write_them() {
    let cases = [
        ("localhost:9093", "http://localhost:9093/"),
        ("https://a/am/", "https://a/am"),
        ("http://a:1/am/api/v2/alerts?active=true", "http://a:1/am"),
        ("http://a:1/#/alerts", "http://a:1/"),
    ];
    for (text, url) in cases {
        assert_eq!(base_url(text).map(String::from).as_deref(), Ok(url), "{text}");
    }
    assert!(base_url("ftp://a").unwrap_err().contains("neither scheme http nor https"));
    assert!(base_url("").is_err());
}

#[test]
fn refusals_are_told_in_the_words_of_the_server() {
    assert_eq!(said(br#""bad matcher format: x""#), "bad matcher format: x");
    assert_eq!(
        said(br#"{"code":602,"message":"labels in body is required"}"#),
        "labels in body is required"
    );
    assert_eq!(said(br#"{"status":"error","error":"no"}"#), "no");
    assert_eq!(said(b"Forbidden\n"), "Forbidden");
    assert_eq!(said(b""), "");
}
