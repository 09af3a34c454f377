//! A small world: targets, alerts and parts as values, samples in a store of their own.

use axum::body::Body;
use axum::http::Request;
use config::Outside;
use health::Reach;
use http_body_util::BodyExt as _;
use model::{Labels, METRIC_NAME, Timestamp, Value};
use query::{Engine, MemoryQuerier};
use serde_json::Value as Json;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use sys::Clock;
use sys::sim::SimClock;
use tower::ServiceExt as _;
use vitals::{Asked, FiringAlert, OwnPart, Settings, TargetState, Vitals, World};

/// When everything is judged.
pub(crate) const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);

#[derive(Clone, Default)]
pub(crate) struct Town {
    pub(crate) targets: Vec<TargetState>,
    /// Labels and annotations.
    pub(crate) alerts: Vec<(Labels, Vec<(String, String)>)>,
    pub(crate) parts: Vec<OwnPart>,
    samples: Vec<(Labels, Duration, f64)>,
    settings: Settings,
}

struct Seen(Arc<Mutex<Town>>);

impl World for Seen {
    fn targets(&self) -> Vec<TargetState> {
        self.0.lock().unwrap().targets.clone()
    }

    fn alerts(&self, see: &mut dyn FnMut(&FiringAlert<'_>)) {
        for (labels, texts) in &self.0.lock().unwrap().alerts {
            let found = |name: &str| texts.iter().find(|(known, _)| known == name);
            let annotation = |name: &str| found(name).map(|(_, text)| text.clone());
            see(&FiringAlert { labels, annotation: &annotation });
        }
    }

    fn parts(&self) -> Vec<OwnPart> {
        self.0.lock().unwrap().parts.clone()
    }
}

impl Town {
    /// With a section `health`, as text.
    pub(crate) fn with(text: &str) -> Self {
        let loaded = config::load_any("flyball.yml", text, &Outside::nothing()).unwrap();
        let config::ConfigFile::Flyball(flyball) = loaded.config else { panic!("{text}") };
        let options = promql::ParserOptions::default();
        let settings = Settings::read(&flyball.health, &options).unwrap();
        Self { settings, ..Self::default() }
    }

    /// A target that was scraped a second ago; with an error, in vain.
    pub(crate) fn target(&mut self, job: &str, instance: &str, error: &str) -> &mut TargetState {
        self.targets.push(TargetState {
            labels: Labels::from_pairs([("job", job), ("instance", instance)]),
            reach: if error.is_empty() { Reach::Up } else { Reach::Down },
            error: error.to_owned(),
            last_scrape: Some(NOW.saturating_sub(Duration::from_secs(1))),
            interval: Duration::from_secs(15),
            is_probe: false,
        });
        self.targets.last_mut().unwrap()
    }

    /// A sample as of now.
    pub(crate) fn sample(&mut self, name: &str, pairs: &[(&str, &str)], value: f64) {
        self.sample_before(Duration::from_secs(1), name, pairs, value);
    }

    /// A sample from before; older ones of a series come first.
    pub(crate) fn sample_before(
        &mut self,
        ago: Duration,
        name: &str,
        pairs: &[(&str, &str)],
        value: f64,
    ) {
        let labels = pairs.iter().copied().chain([(METRIC_NAME, name)]);
        self.samples.push((Labels::from_pairs(labels), ago, value));
    }

    pub(crate) fn alert(&mut self, labels: &[(&str, &str)], texts: &[(&str, &str)]) {
        let text = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        let labels = Labels::from_pairs(labels.iter().copied());
        self.alerts.push((labels, texts.iter().map(text).collect()));
    }

    /// Nothing is judged yet; with the town that it sees, which goes on changing.
    pub(crate) fn watched(&self) -> (Arc<Vitals>, Arc<SimClock>, Arc<Mutex<Self>>) {
        let clock = Arc::new(SimClock::new(NOW));
        let mut store = MemoryQuerier::new();
        for (labels, ago, value) in &self.samples {
            store.push(labels, NOW.saturating_sub(*ago), Value::Float(*value));
        }
        let asked = Asked {
            engine: Arc::new(Engine::default()),
            querier: Arc::new(store),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
        };
        let town = Arc::new(Mutex::new(self.clone()));
        let vitals = Vitals::new(asked, Box::new(Seen(Arc::clone(&town))));
        vitals.configure(self.settings.clone());
        (Arc::new(vitals), clock, town)
    }

    /// Judged once, `late` before it is looked at.
    pub(crate) fn judged(&self, late: Duration) -> Arc<Vitals> {
        let (vitals, clock, _) = self.watched();
        vitals.judge();
        clock.advance(late);
        vitals
    }

    /// Status and JSON of an answer.
    pub(crate) fn asked(&self, path: &str, late: Duration) -> (u16, Json) {
        let vitals = self.judged(late);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(answer(vitals, path))
    }

    /// A component's score, and its deductions as `points kind subject: reason | remedy`.
    pub(crate) fn component(&self, name: &str) -> (Json, Vec<String>) {
        let (_, body) = self.asked(vitals::HEALTH_PATH, Duration::ZERO);
        if name == "system" {
            return (body["score"].clone(), told(&body["deductions"]));
        }
        let all = body["components"].as_array().unwrap();
        let found = all.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{body}"));
        (found["score"].clone(), told(&found["deductions"]))
    }
}

/// Status and JSON of an answer as it is now.
pub(crate) async fn answer(vitals: Arc<Vitals>, path: &str) -> (u16, Json) {
    let router = axum::Router::new()
        .route(vitals::HEALTH_PATH, vitals::health_route(Arc::clone(&vitals)))
        .route(vitals::LATEST_PATH, vitals::latest_route(Arc::clone(&vitals)))
        .route(vitals::PAGE_PATH, vitals::page_route(vitals));
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap())
}

fn told(deductions: &Json) -> Vec<String> {
    let text = |one: &Json, key: &str| one[key].as_str().unwrap().to_owned();
    let line = |one: &Json| {
        let [kind, subject, reason, remedy] =
            ["kind", "subject", "reason", "remedy"].map(|key| text(one, key));
        format!("{} {kind} {subject}: {reason} | {remedy}", one["points"])
    };
    deductions.as_array().unwrap().iter().map(line).collect()
}
