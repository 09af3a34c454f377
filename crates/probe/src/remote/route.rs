//! The worker's side: `GET /probe` as the exporter answers it, `POST /probe` for a batch. It keeps
//! nothing: modules are its own, everything else comes with the question.

use super::wire::{Answered, Answers, Batch, Question, ToldOutcome};
use crate::route::{PLAIN, TIMEOUT_MAX, answer};
use crate::{Modules, Service, World, check, plans};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use exposition::{Family, TEXT_CONTENT_TYPE, render_text};
use std::sync::Arc;
use std::time::Duration;
use sys::Clock;
use tokio::task::JoinSet;

/// Probes of one request at most.
const PROBES_MAX: usize = 100;
/// Bytes of a request at most, and the time in which it must be there.
const REQUEST_BYTES_MAX: usize = 1 << 20;
const REQUEST_TIME_MAX: Duration = Duration::from_secs(10);

/// What a worker needs.
#[derive(Clone)]
pub struct Worker {
    /// Answers single probes, and counts all; its modules are those of batches as well.
    pub service: Arc<Service>,
    /// The way to targets.
    pub world: World,
    /// What certificates are compared with.
    pub clock: Arc<dyn Clock>,
}

/// The handlers of a worker at [`crate::PROBE_PATH`].
pub fn worker_route(worker: Worker) -> MethodRouter {
    let service = Arc::clone(&worker.service);
    get(move |uri, headers| answer(Arc::clone(&service), uri, headers))
        .post(move |request: Request<Body>| batch(worker.clone(), request))
}

/// What a worker counts, as text, with what `more` gives.
pub fn worker_metrics(
    service: Arc<Service>,
    more: impl Fn() -> Vec<Family> + Clone + Send + Sync + 'static,
) -> MethodRouter {
    get(async move || {
        let mut families = service.families();
        families.extend(more());
        ([(header::CONTENT_TYPE, TEXT_CONTENT_TYPE)], render_text(&families))
    })
}

type Refusal = (StatusCode, String);

async fn batch(worker: Worker, request: Request<Body>) -> Response {
    let answered = async {
        let questions = read(request.into_body()).await?;
        worker.all(questions).await
    };
    match answered.await {
        Ok(answers) => axum::Json(answers).into_response(),
        Err((status, text)) => {
            (status, [(header::CONTENT_TYPE, PLAIN)], format!("{text}\n")).into_response()
        }
    }
}

async fn read(body: Body) -> Result<Vec<Question>, Refusal> {
    let body =
        tokio::time::timeout(REQUEST_TIME_MAX, axum::body::to_bytes(body, REQUEST_BYTES_MAX));
    let late = |_elapsed| {
        let text = format!("the request was not there within {REQUEST_TIME_MAX:?}");
        (StatusCode::REQUEST_TIMEOUT, text)
    };
    let bytes = body.await.map_err(late)?.map_err(|error| {
        let text = format!("a request has at most {REQUEST_BYTES_MAX} bytes: {error}");
        (StatusCode::PAYLOAD_TOO_LARGE, text)
    })?;
    let bad = |text: String| (StatusCode::BAD_REQUEST, text);
    let batch: Batch =
        serde_json::from_slice(&bytes).map_err(|error| bad(format!("no request: {error}")))?;
    if batch.probes.len() > PROBES_MAX {
        return Err(bad(format!("more than {PROBES_MAX} probes in one request")));
    }
    Ok(batch.probes)
}

impl Worker {
    /// Makes all probes at the same time; they end with the request.
    async fn all(&self, questions: Vec<Question>) -> Result<Answers, Refusal> {
        let Some(modules) = self.service.modules() else {
            return Err((StatusCode::NOT_FOUND, "this worker has no modules".to_owned()));
        };
        let count = u32::try_from(questions.len()).unwrap_or(u32::MAX);
        let Ok(_places) = self.service.places(count) else {
            let text = "too many probes are under way".to_owned();
            return Err((StatusCode::SERVICE_UNAVAILABLE, text));
        };
        let mut results = Vec::new();
        results.resize_with(questions.len(), Answered::default);
        let mut under_way = JoinSet::new();
        for (index, question) in questions.into_iter().enumerate() {
            let (worker, modules) = (self.clone(), Arc::clone(&modules));
            under_way.spawn(async move { (index, Box::pin(worker.one(question, &modules)).await) });
        }
        while let Some(ended) = under_way.join_next().await {
            if let Ok((index, answered)) = ended {
                results[index] = answered;
            }
        }
        // One that panicked has neither an outcome nor an error yet.
        for lost in results.iter_mut().filter(|one| one.outcome.is_none() && one.error.is_none()) {
            lost.error = Some("a bug in the worker; see its log".to_owned());
        }
        Ok(Answers { results })
    }

    async fn one(&self, question: Question, modules: &Modules) -> Answered {
        let error = |text: String| Answered { error: Some(text), outcome: None };
        let timeout = question.timeout();
        if timeout.is_zero() || timeout > TIMEOUT_MAX {
            return error(format!("`timeout_ms` is above 0 and at most {TIMEOUT_MAX:?}"));
        }
        let job = question.into_job();
        if let Some((_, mistake)) = check(&job).into_iter().next() {
            return error(mistake);
        }
        let of_steps = job.steps.iter().filter_map(|step| step.module.as_ref());
        let missing = job.module.iter().chain(of_steps).find(|module| !modules.has(module));
        if let Some(missing) = missing {
            return error(format!("this worker has no module {}", model::quote(missing)));
        }
        let plan = plans(&job, &self.world).and_then(|plans| {
            plans.into_iter().next().ok_or_else(|| "a probe needs `target` or `steps`".to_owned())
        });
        let mut plan = match plan {
            Ok((_, plan)) => plan,
            Err(why) => return error(why),
        };
        match plan.turn(modules, self.clock.now()).await {
            Ok(outcome) => {
                self.service.count(outcome.success);
                Answered { error: None, outcome: Some(ToldOutcome::of(&outcome)) }
            }
            Err(why) => error(why.to_string()),
        }
    }
}
