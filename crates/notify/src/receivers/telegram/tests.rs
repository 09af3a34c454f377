//! How long a text is for Telegram.

use super::*;

#[test]
fn only_visible_characters_count() {
    for (html, expected) in [
        ("", 0),
        ("abc", 3),
        ("<b>abc</b>", 3),
        (r#"<a href="http://example.org/a/long/link">x</a>y"#, 2),
        ("a &lt; b &amp b &quot;", 11),
        ("&nbsp;", 6),
        ("&#65;&#x41;&#0;", 6),
        ("1 < 2", 5),
        ("<b broken", 9),
        ("äö<i>ü</i>", 3),
    ] {
        assert_eq!(visible_chars(html), expected, "{html}");
    }
}
