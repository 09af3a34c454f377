//! Properties that hold for any bytes as a file; called by the fuzz targets and by the tests that
//! replay their corpus. No input makes a loader panic; what is shown of a file reads back.

use crate::{
    Error, Loaded, MatcherMode, Outside, PrometheusConfig, alertmanager, flyball, prometheus,
    rules, web,
};
use relabel::NameScheme;

/// Any bytes as prometheus.yml, a rule file, a target file or web-config.yml.
///
/// # Panics
/// When a property does not hold.
pub fn check_prometheus(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let outside = Outside::nothing();
    let load = |text: &str| prometheus::load("f.yml", text, &outside);
    if let Some(shown) = check(text, load(text)) {
        let again = load(&shown).map(|loaded| loaded.redacted);
        let again = again.expect("what is shown of a valid file is a valid file");
        assert_eq!(again, shown, "what is shown is shown the same again");
    }
    check(
        text,
        prometheus::load_scrape_configs("f.yml", text, &PrometheusConfig::default(), &outside),
    );
    check(text, rules::load("f.yml", text, NameScheme::Legacy));
    check(text, crate::load_target_groups("f.yml", text));
    check(text, web::load("f.yml", text));
}

/// Any bytes as alertmanager.yml, in each mode of matchers.
///
/// # Panics
/// When a property does not hold.
pub fn check_alertmanager(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for mode in MODES {
        let load = |text: &str| alertmanager::load_in(mode, "f.yml", text);
        if let Some(shown) = check(text, load(text)) {
            let again = load(&shown).map(|loaded| loaded.redacted);
            let again = again.expect("what is shown of a valid file is a valid file");
            assert_eq!(again, shown, "what is shown is shown the same again");
        }
    }
}

/// Any bytes as matchers, in each mode: what is read reads back, and both
/// grammars together read whatever one of them reads.
///
/// # Panics
/// When a property does not hold.
pub fn check_matchers(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let both = MatcherMode::Fallback.matchers(text);
    for mode in MODES {
        let read = mode.matchers(text);
        assert!(read.is_err() || both.is_ok(), "one grammar reads what both do not");
        let Ok(matchers) = read else { continue };
        let written: Vec<String> = matchers.iter().map(ToString::to_string).collect();
        // Of escapes like \u0001 the classic grammar knows nothing.
        let again = MatcherMode::Utf8Strict.matchers(&written.join(","));
        let again: Vec<String> =
            again.expect("what is written reads back").iter().map(ToString::to_string).collect();
        assert_eq!(again, written);
    }
    for mode in MODES {
        if let Ok(one) = mode.matcher(text) {
            let again = MatcherMode::Utf8Strict.matcher(&one.to_string());
            assert_eq!(again.map(|again| again.to_string()), Ok(one.to_string()));
        }
    }
}

const MODES: [MatcherMode; 3] =
    [MatcherMode::Fallback, MatcherMode::Classic, MatcherMode::Utf8Strict];

/// Any bytes as flyball.yml, with variables that are set.
///
/// # Panics
/// When a property does not hold.
pub fn check_flyball(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let env = |name: &str| (name.len() < 8).then(|| name.to_lowercase());
    let file = |path: &str| match path.len() {
        0..16 => Ok(path.to_owned()),
        _ => Err(std::io::ErrorKind::NotFound.into()),
    };
    let outside = Outside::new(&env, &file);
    check(text, flyball::load("f.yml", text, &outside));
    check(text, flyball::load_any("f.yml", text, &outside));
}

/// Problems and warnings stand within the file; returns the redacted form of a valid one.
fn check<T>(text: &str, loaded: Result<Loaded<T>, Error>) -> Option<String> {
    let lines = crate::problem::lines(text).count();
    match loaded {
        Ok(loaded) => {
            let mut places = loaded.warnings.iter().filter_map(|warning| warning.place);
            assert!(places.all(|place| (1..=lines).contains(&place.line)));
            Some(loaded.redacted)
        }
        Err(error) => {
            assert!(!error.problems().is_empty(), "an error has a problem");
            for problem in error.problems() {
                assert!((1..=lines).contains(&problem.place.line), "{problem}");
                assert!(problem.place.column >= 1, "{problem}");
            }
            None
        }
    }
}
