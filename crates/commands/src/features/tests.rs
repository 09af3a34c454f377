use super::*;

fn named(names: &str) -> Features {
    Features::named(&names.split(',').map(str::to_owned).collect::<Vec<_>>())
}

#[test]
fn every_name_switches_something() {
    let all = named(&PROMQL.join(","));
    assert_eq!((all.syntax, all.unknown.len()), (ParserOptions::ALL, 0));
    let mut options = EngineOptions::default();
    all.apply(&mut options);
    assert!(options.use_start_timestamps && options.delayed_name_removal);
    for name in PROMQL {
        assert_ne!(named(name), Features::default(), "{name}");
    }
    assert_eq!(named(&ALWAYS_ON.join(",")), Features::default());
    assert_eq!(named(""), Features::default());
}

#[test]
fn matchers_have_one_mode() {
    let mode = |names: &str| named(names).languages().map(|syntax| syntax.matchers);
    assert_eq!(mode(""), Ok(MatcherMode::Fallback));
    assert_eq!(mode(CLASSIC), Ok(MatcherMode::Classic));
    assert_eq!(mode("promql-at-modifier, utf8-strict-mode"), Ok(MatcherMode::Utf8Strict));
    let error = mode("classic-mode,utf8-strict-mode").unwrap_err();
    assert!(error.ends_with("exclude one another"), "{error}");
}

#[test]
fn other_names_are_told() {
    let complaints: Vec<String> = named("old-ui, use-start-timestamps").complaints().collect();
    assert_eq!(complaints.len(), 1);
    assert!(complaints[0].starts_with("--enable-feature=old-ui: there is no such feature"));
}
