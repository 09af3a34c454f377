//! What the last probe of each target found, for people: the values beside each condition, why it
//! failed, from where. Kept by the schedule, told as JSON; nothing here is stored.

use crate::{Outcome, Unanswered};
use axum::Json;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use model::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Where they are asked for.
pub const RESULTS_PATH: &str = "/api/flyball/v1/probes";
/// Targets of one answer unless `limit` says less.
const ANSWER_MAX: usize = 10_000;
/// Conditions of one target that are kept.
const CONDITIONS_MAX: usize = 200;

/// The last results of all targets.
#[derive(Default)]
pub struct Results {
    /// Held only to add and to collect; the targets own their places.
    places: Mutex<Vec<Weak<Place>>>,
}

/// The place of one target.
pub struct Place {
    job: String,
    instance: String,
    location: Option<String>,
    last: Mutex<Value>,
}

impl Results {
    /// A place for a target; it is there as long as somebody holds it.
    pub fn place(&self, job: &str, instance: &str, location: Option<&str>) -> Arc<Place> {
        let place = Arc::new(Place {
            job: job.to_owned(),
            instance: instance.to_owned(),
            location: location.map(str::to_owned),
            last: Mutex::new(json!({ "state": "unknown" })),
        });
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() == places.capacity() {
            places.retain(|place| place.strong_count() > 0);
        }
        places.push(Arc::downgrade(&place));
        place
    }

    /// The results that a question wants, sorted.
    fn told(&self, asked: &Asked) -> Vec<Value> {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let mut places: Vec<Arc<Place>> = places.iter().filter_map(Weak::upgrade).collect();
        places.sort_by(|a, b| {
            let key =
                |place: &Place| (place.job.clone(), place.instance.clone(), place.location.clone());
            key(a).cmp(&key(b))
        });
        let limit = asked.limit.unwrap_or(ANSWER_MAX).min(ANSWER_MAX);
        let fits = |wanted: &Option<String>, found: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == found)
        };
        let wanted = places.iter().filter(|place| {
            fits(&asked.job, &place.job)
                && fits(&asked.instance, &place.instance)
                && fits(&asked.location, place.location.as_deref().unwrap_or_default())
        });
        let told = wanted.map(|place| place.told());
        told.filter(|told| fits(&asked.state, told["state"].as_str().unwrap_or_default()))
            .take(limit)
            .collect()
    }
}

impl Place {
    /// What is kept of an outcome.
    pub fn kept(outcome: &Outcome) -> Value {
        let conditions = outcome.conditions.iter().take(CONDITIONS_MAX).map(|one| {
            json!({
                "step": one.step,
                "condition": one.condition,
                "actual": one.shown,
                "success": one.holds,
            })
        });
        json!({
            "success": outcome.success,
            "reason": outcome.reason.map(crate::Reason::name),
            "why": outcome.findings.why,
            "duration_seconds": outcome.duration.as_secs_f64(),
            "conditions": conditions.collect::<Vec<_>>(),
        })
    }

    /// Keeps what a probe found; `healthy` is the verdict after it.
    pub fn note(&self, now: Timestamp, healthy: Option<bool>, mut kept: Value) {
        kept["state"] = json!(state(healthy));
        kept["last_probe"] = json!(now.ms());
        self.keep(kept);
    }

    /// Keeps that nobody could ask.
    pub fn note_unknown(&self, now: Timestamp, unanswered: &Unanswered) {
        self.keep(json!({
            "state": "unknown",
            "last_probe": now.ms(),
            "unknown": unanswered.reason.name(),
            "why": unanswered.why,
        }));
    }

    fn keep(&self, last: Value) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = last;
    }

    fn told(&self) -> Value {
        let mut told = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        told["job"] = json!(self.job);
        told["instance"] = json!(self.instance);
        told["location"] = json!(self.location);
        told
    }
}

fn state(healthy: Option<bool>) -> &'static str {
    match healthy {
        None => "unknown",
        Some(true) => "healthy",
        Some(false) => "unhealthy",
    }
}

/// What is wanted; absent: all.
#[derive(Deserialize)]
struct Asked {
    job: Option<String>,
    instance: Option<String>,
    location: Option<String>,
    state: Option<String>,
    limit: Option<usize>,
}

/// The handler of [`RESULTS_PATH`].
pub fn results_route(results: Arc<Results>) -> MethodRouter {
    get(async move |Query(asked): Query<Asked>| answer(&results, &asked))
}

fn answer(results: &Results, asked: &Asked) -> Response {
    Json(json!({ "status": "success", "data": results.told(asked) })).into_response()
}
