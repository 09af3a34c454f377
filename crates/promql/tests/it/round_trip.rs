//! What the printers print parses to the same tree again: upstream's queries and generated ones.

use crate::generate::{Random, expression};
use crate::{compliance, promqltest};
use promql::ast::{ExprKind, MatrixSelector};
use promql::{Expr, ParserOptions, Place, ValueType, parse_with};

/// The tree without places, as text: NaN is not equal to itself, its text is.
fn shape(expr: &Expr) -> String {
    let mut expr = expr.clone();
    strip(&mut expr);
    format!("{expr:?}")
}

fn strip(expr: &mut Expr) {
    expr.place = Place::default();
    match &mut expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) => {}
        ExprKind::Vector(selector) => sort(selector),
        ExprKind::Matrix(MatrixSelector { selector, selector_place, .. }) => {
            *selector_place = Place::default();
            sort(selector);
        }
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) => strip(inner),
        ExprKind::Binary(binary) => {
            strip(&mut binary.left);
            strip(&mut binary.right);
        }
        ExprKind::Aggregate(aggregate) => {
            aggregate.parameter.iter_mut().for_each(strip);
            strip(&mut aggregate.expr);
        }
        ExprKind::Call(call) => call.args.iter_mut().for_each(strip),
        ExprKind::Subquery(subquery) => strip(&mut subquery.expr),
    }
}

/// The printers sort matchers, as upstream; their order has no meaning.
fn sort(selector: &mut promql::ast::VectorSelector) {
    selector.matchers.sort_by_key(ToString::to_string);
}

fn parse(text: &str) -> Expr {
    parse_with(text, &ParserOptions::ALL)
        .unwrap_or_else(|error| panic!("{text:?}\n{}", error.render(text)))
}

fn check(text: &str) {
    let expr = parse(text);
    let line = expr.to_string();
    let again = parse(&line);
    assert_eq!(shape(&expr), shape(&again), "{text:?} printed as {line:?}");
    assert_eq!(line, again.to_string(), "{text:?}: the second print differs");
    let pretty = promql::pretty(&expr);
    assert_eq!(shape(&expr), shape(&parse(&pretty)), "{text:?} indented as {pretty:?}");
}

#[test]
fn upstream_s_queries_survive_printing() {
    let Some(evals) = promqltest::evals() else { return };
    let texts = evals.into_iter().map(|eval| eval.query);
    let parse = |text: &String| parse_with(text, &ParserOptions::ALL).is_ok();
    let printed: Vec<String> = texts.filter(parse).collect();
    assert_eq!(printed.len(), 2212);
    for text in &printed {
        check(text);
    }
}

#[test]
fn the_compliance_queries_survive_printing() {
    let Some(queries) = compliance::queries() else { return };
    for query in queries.iter().filter(|query| promql::parse(query).is_ok()) {
        check(query);
    }
}

#[test]
fn generated_expressions_survive_printing() {
    for seed in 0..4000 {
        let random = &mut Random(seed);
        let values = [ValueType::Scalar, ValueType::InstantVector, ValueType::RangeVector];
        let value = values[random.below(values.len())];
        let depth = random.below(5);
        let text = expression(random, value, depth);
        let outcome = std::panic::catch_unwind(|| check(&text));
        assert!(outcome.is_ok(), "seed {seed}: {text:?}");
        assert_eq!(parse(&text).value_type(), value, "seed {seed}: {text:?}");
    }
}

#[test]
fn places_of_parts_lie_within_the_whole_and_cover_their_text() {
    for seed in 0..1000 {
        let text = expression(&mut Random(seed), ValueType::InstantVector, 3);
        let expr = parse(&text);
        expr.walk(&mut |part| {
            let Place { start, end } = part.place;
            assert!(start < end && end <= text.len(), "seed {seed}: {part} in {text:?}");
            for child in part.children() {
                assert!(start <= child.place.start, "seed {seed}: {child} in {part}");
                assert!(child.place.end <= end, "seed {seed}: {child} in {part}");
            }
        });
    }
}
