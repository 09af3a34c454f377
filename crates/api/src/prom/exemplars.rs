//! `query_exemplars`: exemplars of the series that an expression selects.

use super::query::time_range;
use crate::App;
use crate::openapi::ExemplarSeriesBody;
use crate::params::Params;
use crate::queries::{Caller, QueryKind, Ticket};
use crate::render::exemplar_series;
use crate::reply::{ApiError, ErrorBody, Success, stream};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use model::{LabelQuery, Matcher};
use promql::ast::{Expr, ExprKind};

/// Exemplars of the series that the selectors of an expression match.
#[utoipa::path(method(get, post), path = "/api/v1/query_exemplars", tag = "query",
    params(
        ("query" = String, Query, description = "PromQL expression; its selectors count"),
        ("start" = Option<String>, Query, description = "Seconds or RFC 3339"),
        ("end" = Option<String>, Query, description = "Seconds or RFC 3339")),
    responses((status = 200, description = "By series", body = Success<Vec<ExemplarSeriesBody>>),
        (status = 204, description = "The expression selects nothing"),
        (status = "default", description = "No answer", body = ErrorBody)))]
pub(crate) async fn query(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let (start, end) = time_range(&params)?;
    if end < start {
        let reason = "end timestamp must not be before start timestamp";
        return Err(ApiError::bad_data(reason));
    }
    let text = params.expression()?;
    let question = caller.asks(QueryKind::Exemplars, &text);
    let inner = App::clone(&app);
    let work = move |ticket: &Ticket| {
        // Unlike the other routes, upstream gives the bare sentence here.
        let expr = promql::parse_with(&text, &inner.state.syntax)
            .map_err(|error| ApiError::bad_data(error.to_string()))?;
        let mut selectors = Vec::new();
        collect_selectors(&expr, &mut selectors);
        if selectors.is_empty() {
            return Ok(None);
        }
        let meter = inner.state.engine.meter(ticket.cancel());
        let query = LabelQuery { start, end, selectors: &selectors, limit: None, watch: &meter };
        let found = inner.state.querier.exemplars(&query)?;
        Ok(Some((found, meter.keep())))
    };
    Ok(match app.pool.run(question, None, work).await? {
        Some((found, memory)) => stream(exemplar_series(found), &[], memory),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

/// Matchers of all selectors in an expression; the parser bounds the depth.
fn collect_selectors(expr: &Expr, into: &mut Vec<Vec<Matcher>>) {
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) => {}
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) => collect_selectors(inner, into),
        ExprKind::Binary(binary) => {
            collect_selectors(&binary.left, into);
            collect_selectors(&binary.right, into);
        }
        ExprKind::Aggregate(aggregate) => {
            if let Some(parameter) = &aggregate.parameter {
                collect_selectors(parameter, into);
            }
            collect_selectors(&aggregate.expr, into);
        }
        ExprKind::Call(call) => call.args.iter().for_each(|arg| collect_selectors(arg, into)),
        ExprKind::Vector(selector) => into.push(selector.matchers.clone()),
        ExprKind::Matrix(matrix) => into.push(matrix.selector.matchers.clone()),
        ExprKind::Subquery(subquery) => collect_selectors(&subquery.expr, into),
    }
}
