use crate::limits::Limits;
use crate::notifications::FUNCTIONS;
use crate::{Library, Output, Templates, Value};

/// The two functions that mark texts as safe.
struct Safe;

impl Library for Safe {
    fn call(&mut self, name: &str, arguments: &[Value], _: usize) -> Result<Value, String> {
        let kind = if name == "safeHtml" { crate::SafeType::Html } else { crate::SafeType::Url };
        Ok(Value::Safe(kind, arguments[0].as_str().unwrap_or_default().into()))
    }
}

fn render(template: &str) -> Result<String, String> {
    let mut templates = Templates::new(FUNCTIONS);
    templates.add("", template).map_err(|error| error.to_string())?;
    let data = Value::string_map([
        ("t", "<b>&'\"+</b>"),
        ("u", "http://h/a b?x=1&y=<z>"),
        ("j", "javascript:alert(1)"),
        ("s", "x' onclick=\"y\" z"),
        ("c", "red"),
        ("e", ""),
    ]);
    let rendered = templates.render("", &data, Output::Html, &mut Safe, Limits::default());
    rendered.map_err(|error| error.to_string())
}

/// Outputs of Go's html/template.
#[test]
fn values_are_escaped_as_their_place_asks_for() {
    let cases = [
        ("{{.t}}", "&lt;b&gt;&amp;&#39;&#34;&#43;&lt;/b&gt;"),
        ("<p title=\"{{.t}}\">", "<p title=\"&lt;b&gt;&amp;&#39;&#34;&#43;&lt;/b&gt;\">"),
        ("<p title={{.s}}>", "<p title=x&#39;&#32;onclick&#61;&#34;y&#34;&#32;z>"),
        ("<p title={{.e}}>", "<p title=ZgotmplZ>"),
        ("<a href=\"{{.u}}\">", "<a href=\"http://h/a%20b?x=1&amp;y=%3cz%3e\">"),
        (
            "<a href=\"/p?q={{.u}}\">",
            "<a href=\"/p?q=http%3a%2f%2fh%2fa%20b%3fx%3d1%26y%3d%3cz%3e\">",
        ),
        ("<a href='{{.j}}'>", "<a href='#ZgotmplZ'>"),
        ("<a href=\"{{.j | safeUrl}}\">", "<a href=\"javascript:alert%281%29\">"),
        ("<p style=\"color:{{.c}}\">", "<p style=\"color:red\">"),
        ("<p style=\"color:{{.j}}\">", "<p style=\"color:ZgotmplZ\">"),
        (
            "<script>var a={{.t}};</script>",
            "<script>var a=\"\\u003cb\\u003e\\u0026'\\\"+\\u003c/b\\u003e\";</script>",
        ),
        (
            "<script>f('{{.s}}')</script>",
            "<script>f('x\\u0027 onclick=\\u0022y\\u0022 z')</script>",
        ),
        ("<p onclick=\"f({{.c}})\">", "<p onclick=\"f(&#34;red&#34;)\">"),
        ("{{.t | safeHtml}}", "<b>&'\"+</b>"),
        ("<p title=\"{{.t | safeHtml}}\">", "<p title=\"&&#39;&#34;&#43;\">"),
        ("<title>{{.t}}</title>", "<title>&lt;b&gt;&amp;&#39;&#34;&#43;&lt;/b&gt;</title>"),
        ("a<!-- {{.t}} -->b", "ab"),
        ("1 < 2 <!DOCTYPE html>", "1 &lt; 2 <!DOCTYPE html>"),
        ("{{.t | html}}", "&lt;b&gt;&amp;&#39;&#34;+&lt;/b&gt;"),
        ("<p {{.c}}=1>", "<p red=1>"),
        ("<p {{.s}}=1>", "<p ZgotmplZ=1>"),
        ("<style>p { color: {{.c}} /* {{.c}} */ }</style>", "<style>p { color: red    }</style>"),
        ("{{.missing}}|", "|"),
    ];
    for (template, expected) in cases {
        assert_eq!(render(template).as_deref(), Ok(expected), "{template}");
    }
}

#[test]
fn documents_that_cannot_be_followed_are_refused() {
    let cases = [
        ("<a href=\"{{.u}}", "html/template: ends in a non-text context: inside an attribute"),
        ("<script>", "html/template: ends in a non-text context: inside a script"),
        ("<p a=b\"c>", "html/template: \"\\\"\" in unquoted attr: \"b\\\"c\""),
        ("<p a\"b>", "html/template: \"\\\"\" in attribute name: \" a\\\"b>\""),
        (
            "{{.t | html | print}}",
            "html/template::1:2: predefined escaper \"html\" disallowed in template",
        ),
        (
            "<script>`{{.t}}`</script>",
            "html/template::1:11: {{.t}} appears in a JS template literal",
        ),
        ("{{template \"x\"}}", "html/template::1:11: no such template \"x\""),
    ];
    for (template, expected) in cases {
        assert_eq!(render(template).unwrap_err(), expected, "{template}");
    }
}
