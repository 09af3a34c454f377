use super::canonical_header;

#[test]
fn header_names_are_canonical() {
    assert_eq!(canonical_header("x-scope-orgid"), "X-Scope-Orgid");
    assert_eq!(canonical_header("CONTENT-type"), "Content-Type");
    assert_eq!(canonical_header("no header"), "no header");
}
