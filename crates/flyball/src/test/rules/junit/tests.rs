//! The document of two files.

use super::*;

#[test]
fn a_report_names_files_tests_failures_and_errors() {
    let mut report = Report::default();
    report.begin_file("a.yml", "2026-01-02T03:04:05".into());
    report.add_test("good", &[]);
    report.add_test("bad", &["exp: <1>\n got: \"2\"".into(), "\u{1}".into()]);
    report.begin_file("b.yml", String::new());
    report.abort("no such file");
    expect_test::expect![[
        r#"<testsuites><testsuite name="a.yml" tests="2" failures="2" errors="0" skipped="0" timestamp="2026-01-02T03:04:05"><testcase name="good"></testcase><testcase name="bad"><failure>exp: &lt;1&gt;&#xA; got: &#34;2&#34;</failure><failure>�</failure></testcase></testsuite><testsuite name="b.yml" tests="1" failures="0" errors="1" skipped="0" timestamp=""><testcase name="unknown"><error>no such file</error></testcase></testsuite></testsuites>
"#
    ]]
    .assert_eq(&report.render());
}
