//! `format_query`, `parse_query`: what an expression is, without evaluating it.
//! Both run on the query threads: compiling the regular expressions of a selector takes its time.

#[cfg(test)]
mod tests;
mod tree;

use super::query::parse;
use crate::App;
use crate::params::Params;
use crate::queries::{Caller, QueryKind, Ticket};
use crate::reply::{ApiError, ErrorBody, Success, success};
use axum::extract::State;
use axum::response::Response;
use tree::Node;

/// Prints an expression in the usual layout.
#[utoipa::path(method(get, post), path = "/api/v1/format_query", tag = "query",
    params(("query" = String, Query, description = "PromQL expression")),
    responses((status = 200, description = "The expression", body = Success<String>),
        (status = "default", description = "Not an expression", body = ErrorBody)))]
pub(crate) async fn format(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let text = params.expression()?;
    let question = caller.asks(QueryKind::Syntax, &text);
    let inner = App::clone(&app);
    let work = move |_: &Ticket| Ok(success(promql::pretty(&parse(&inner, &text)?)));
    app.pool.run(question, None, work).await
}

/// Tells what an expression consists of.
#[utoipa::path(method(get, post), path = "/api/v1/parse_query", tag = "query",
    params(("query" = String, Query, description = "PromQL expression")),
    responses((status = 200, description = "The syntax tree", body = Success<Node>),
        (status = "default", description = "Not an expression", body = ErrorBody)))]
pub(crate) async fn tree(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let text = params.expression()?;
    let question = caller.asks(QueryKind::Syntax, &text);
    let inner = App::clone(&app);
    let work = move |_: &Ticket| Ok(success(Node::new(&parse(&inner, &text)?)));
    app.pool.run(question, None, work).await
}
