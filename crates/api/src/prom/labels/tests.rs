//! Names escaped into paths; cases follow prometheus/common's `UnescapeName`.

use super::unescape;

#[test]
fn escaped_names() {
    let show = |name: &str| unescape(name).unwrap_or_else(|| format!("as it is: {name}"));
    assert_eq!(show("U__http_2e_method"), "http.method");
    assert_eq!(show("U__a__b"), "a_b");
    assert_eq!(show("U__label_20_with_20_spaces"), "label with spaces");
    assert_eq!(show("U__unicode_1f602_face"), "unicode😂face");
    assert_eq!(show("U__"), "");
    assert_eq!(show("plain_name"), "as it is: plain_name");
    for broken in ["U__a_", "U__a_2e", "U__a_xyz_", "U__a_d800_", "U__a_1234567_", "U__a_+41_"] {
        assert_eq!(show(broken), format!("as it is: {broken}"));
    }
}
