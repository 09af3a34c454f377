use crate::{Outside, flyball};
use expect_test::{Expect, expect};

fn check(value: &str, expected: &Expect) {
    let env = |name: &str| match name {
        "HOME" => Some("/home/me".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    };
    let file = |path: &str| match path {
        "/run/secrets/x" | "/etc/near" => Ok("hunter2\n".to_owned()),
        _ => Err(std::io::Error::from(std::io::ErrorKind::NotFound)),
    };
    let outside = Outside::new(&env, &file);
    let text = format!("prometheus: {value}");
    let out = match flyball::load("/etc/flyball.yml", &text, &outside) {
        Ok(loaded) => format!("{:?}\n{}", loaded.config.prometheus, loaded.redacted),
        Err(error) => {
            let lines: Vec<String> =
                error.problems().iter().map(|p| format!("{}: {}", p.place, p.message)).collect();
            lines.join("\n")
        }
    };
    expected.assert_eq(&out);
}

#[test]
fn variables_files_and_defaults_are_filled_in() {
    check(
        "${HOME}/p.yml",
        &expect![[r#"
        Some("/home/me/p.yml")
        prometheus: ${HOME}/p.yml
    "#]],
    );
    check(
        "/a/${NOPE:-b}/${EMPTY:-c}",
        &expect![[r#"
        Some("/a/b/c")
        prometheus: /a/${NOPE:-b}/${EMPTY:-c}
    "#]],
    );
    check(
        "/${file:/run/secrets/x}",
        &expect![[r#"
        Some("/hunter2")
        prometheus: /${file:/run/secrets/x}
    "#]],
    );
    check(
        "/${file:near}",
        &expect![[r#"
        Some("/hunter2")
        prometheus: /${file:near}
    "#]],
    );
    check(
        "'/$${HOME}/$HOME/$'",
        &expect![[r#"
        Some("/${HOME}/$HOME/$")
        prometheus: /$${HOME}/$HOME/$
    "#]],
    );
    check(
        "${EMPTY}",
        &expect![[r"
        None
        prometheus: ${EMPTY}
    "]],
    );
    check(
        "${NOPE:-}",
        &expect![[r"
        None
        prometheus: ${NOPE:-}
    "]],
    );
}

#[test]
fn a_variable_may_hold_a_number_even_in_quotes() {
    let env = |_: &str| Some("7".to_owned());
    let none = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    let outside = Outside::new(&env, &none);
    let text = "query: {max_samples: '${N}'}\nlimits:\n  series_max: ${N}0\n";
    let config = flyball::load("f", text, &outside).unwrap().config;
    assert_eq!(config.query.samples_max, Some(7));
    assert_eq!(config.limits.series_max, Some(70));
}

#[test]
fn inv_70_contents_of_files_stay_out_of_messages() {
    let file = |_: &str| Ok("hunter2".to_owned());
    let none = |_: &str| None;
    let outside = Outside::new(&none, &file);
    for text in ["log: {level: '${file:x}'}", "storage: {retention: {time: 'a${file:x}b'}}"] {
        let error = flyball::load("f", text, &outside).unwrap_err().to_string();
        assert!(error.contains("<secret>") && !error.contains("hunter2"), "{error}");
    }
    let text = "notify: {webhooks: [{url: 'http://h/${file:x}'}, {url: 'http://h/plain'}]}";
    let loaded = flyball::load("f", text, &outside).unwrap();
    assert_eq!(loaded.redacted.matches("<secret>").count(), 2, "{}", loaded.redacted);
    assert!(!format!("{loaded:?}").contains("plain"));
}

#[test]
fn what_cannot_be_filled_in_is_a_problem() {
    check(
        "${NOPE}",
        &expect!["1:13: environment variable `NOPE` is not set; `${NOPE:-...}` gives a default"],
    );
    check("${file:/nowhere}", &expect!["1:13: cannot read `/nowhere`: entity not found"]);
    check("a${HOME", &expect!["1:13: `${` without a closing `}`"]);
    check("${}", &expect![[r#"1:13: "" is no name of a variable"#]]);
    check("${a b}", &expect![[r#"1:13: "a b" is no name of a variable"#]]);
}
