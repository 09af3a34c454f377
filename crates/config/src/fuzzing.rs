//! Properties that hold for any bytes as a file; called by the fuzz targets and by the tests that
//! replay their corpus. No input makes a loader panic; what is shown of a file reads back.

use crate::{
    Error, Loaded, Outside, PrometheusConfig, alertmanager, flyball, prometheus, rules, web,
};
use relabel::NameScheme;

/// Any bytes as prometheus.yml, a rule file, a target file, alertmanager.yml or web-config.yml.
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
    if let Some(shown) = check(text, alertmanager::load("f.yml", text)) {
        let again = alertmanager::load("f.yml", &shown).map(|loaded| loaded.redacted);
        let again = again.expect("what is shown of a valid file is a valid file");
        assert_eq!(again, shown, "what is shown is shown the same again");
    }
    check(text, web::load("f.yml", text));
}

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
            assert!(
                loaded.warnings.iter().all(|warning| (1..=lines).contains(&warning.place.line))
            );
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
