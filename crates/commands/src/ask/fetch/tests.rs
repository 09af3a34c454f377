use super::*;

#[test]
fn servers_are_understood_as_people_write_them() {
    let cases = [
        ("localhost:9090", "http://localhost:9090/"),
        ("http://a:1/", "http://a:1/"),
        ("https://a/prom/", "https://a/prom"),
        ("http://a:1/api/v1/query?query=up", "http://a:1/"),
        ("a", "http://a/"),
    ];
    for (text, url) in cases {
        assert_eq!(server_url(text).map(String::from).as_deref(), Ok(url), "{text}");
    }
    assert!(server_url("ftp://a").unwrap_err().contains("neither scheme http nor https"));
    assert!(server_url("").is_err());
    assert!(server_url("a b").is_err());
}

#[test]
fn headers_need_a_name_and_a_value() {
    let map = header_map(&["X-Scope-OrgID=a=b".to_owned(), "A: c".to_owned()]).unwrap();
    assert_eq!(map["x-scope-orgid"], "a=b");
    assert_eq!(map["a"], "c");
    assert!(header_map(&["alone".to_owned()]).is_err());
    assert!(header_map(&["bad name=1".to_owned()]).is_err());
}

#[test]
fn label_names_are_one_part_of_the_path() {
    let question = Question::labels("a/b", Vec::new());
    assert_eq!(question.path, ["api", "v1", "label", "a/b", "values"]);
}
