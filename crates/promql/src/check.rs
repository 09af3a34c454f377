//! Type checks on a finished tree, bottom-up and in upstream's order; the first error wins.
//! Source of semantics: Prometheus 3.14, `checkAST`. It also settles what only types decide:
//! vector matching exists between vectors only, set operators match many to many.

#[cfg(test)]
mod tests;

use crate::ast::{
    AggregateExpr, AggregateOp, BinaryExpr, BinaryOp, Call, Cardinality, Expr, ExprKind, Place,
    SubqueryExpr, ValueType, VectorMatching, VectorSelector,
};
use crate::{ErrorKind, ParseError, suggest};
use model::METRIC_NAME;

/// Checks the tree and returns the type of its value.
pub(crate) fn check(expr: &mut Expr, source: &str) -> Result<ValueType, ParseError> {
    Checker { source }.expr(expr)
}

struct Checker<'a> {
    source: &'a str,
}

impl Checker<'_> {
    fn error(&self, place: Place, message: impl Into<String>) -> ParseError {
        ParseError::new(ErrorKind::Meaning, self.source, place, message)
    }

    fn expr(&self, expr: &mut Expr) -> Result<ValueType, ParseError> {
        let place = expr.place;
        match &mut expr.kind {
            ExprKind::Number(_) => Ok(ValueType::Scalar),
            ExprKind::String(_) => Ok(ValueType::String),
            ExprKind::Paren(inner) => self.expr(inner),
            ExprKind::Unary(_, inner) => self.unary(place, inner),
            ExprKind::Binary(binary) => self.binary(place, binary),
            ExprKind::Aggregate(aggregate) => self.aggregate(aggregate),
            ExprKind::Call(call) => self.call(place, call),
            ExprKind::Vector(selector) => {
                self.selector(place, selector)?;
                Ok(ValueType::InstantVector)
            }
            ExprKind::Matrix(matrix) => {
                self.selector(matrix.selector_place, &matrix.selector)?;
                Ok(ValueType::RangeVector)
            }
            ExprKind::Subquery(subquery) => self.subquery(place, subquery),
        }
    }

    fn unary(&self, place: Place, inner: &mut Expr) -> Result<ValueType, ParseError> {
        let found = self.expr(inner)?;
        if is_operand(found) {
            return Ok(found);
        }
        let message = format!(
            "unary expression only allowed on expressions of type scalar or instant vector, got \
             {:?}",
            found.describe()
        );
        Err(self.error(place, message))
    }

    fn subquery(&self, place: Place, subquery: &mut SubqueryExpr) -> Result<ValueType, ParseError> {
        let found = match self.expr(&mut subquery.expr)? {
            ValueType::InstantVector => return Ok(ValueType::RangeVector),
            // Upstream's internal names, only here.
            ValueType::Scalar => "scalar",
            ValueType::String => "string",
            ValueType::RangeVector => "matrix",
        };
        let message = format!("subquery is only allowed on instant vector, got {found} instead");
        Err(self.error(place, message))
    }

    fn aggregate(&self, aggregate: &mut AggregateExpr) -> Result<ValueType, ParseError> {
        let vector = ValueType::InstantVector;
        self.expect(&mut aggregate.expr, vector, "aggregation expression")?;
        let names_label = aggregate.op == AggregateOp::CountValues;
        let wanted = if names_label { ValueType::String } else { ValueType::Scalar };
        if let Some(parameter) = &mut aggregate.parameter {
            self.expect(parameter, wanted, "aggregation parameter")?;
        }
        Ok(ValueType::InstantVector)
    }

    fn expect(&self, expr: &mut Expr, wanted: ValueType, context: &str) -> Result<(), ParseError> {
        let found = self.expr(expr)?;
        if found == wanted {
            return Ok(());
        }
        let message = format!("expected type {wanted} in {context}, got {found}");
        Err(self.error(expr.place, message))
    }

    fn selector(&self, place: Place, selector: &VectorSelector) -> Result<(), ParseError> {
        let Some(name) = &selector.name else {
            if selector.matchers.iter().any(|matcher| !matcher.matches_empty()) {
                return Ok(());
            }
            let message = "vector selector must contain at least one non-empty matcher";
            return Err(self.error(place, message));
        };
        // The last matcher is the one made of the name in front of the braces.
        let inside = selector.matchers.split_last().map_or(&[][..], |(_, inside)| inside);
        let Some(second) = inside.iter().find(|matcher| matcher.name() == METRIC_NAME) else {
            return Ok(());
        };
        let (name, second) = (model::quote(name), model::quote(second.value()));
        let message = format!("metric name must not be set twice: {name} or {second}");
        Err(self.error(place, message))
    }

    fn call(&self, place: Place, call: &mut Call) -> Result<ValueType, ParseError> {
        let function = call.function;
        self.argument_count(place, call)?;
        if function.name == "info" {
            self.info_selector(place, call)?;
        }
        for (index, arg) in call.args.iter_mut().enumerate() {
            let is_info_selector = function.name == "info" && index == 1;
            if is_info_selector {
                // Checked above; it may match anything.
                continue;
            }
            let Some(wanted) = function.args.get(index).or(function.args.last()) else { continue };
            let found = self.expr(arg)?;
            if found != *wanted {
                let name = function.name;
                let message =
                    format!("expected type {wanted} in call to function {name:?}, got {found}");
                let hint = suggest::for_argument(*wanted, arg, place, self.source);
                return Err(self.error(arg.place, message).suggest(hint));
            }
        }
        Ok(function.returns)
    }

    fn argument_count(&self, place: Place, call: &Call) -> Result<(), ParseError> {
        let (function, found) = (call.function, call.args.len());
        let (least, most) = function.argument_count();
        let (bound, wanted) = if function.variadic == 0 && found != least {
            ("", least)
        } else if found < least {
            ("at least ", least)
        } else if let Some(most) = most
            && found > most
        {
            ("at most ", most)
        } else {
            return Ok(());
        };
        let name = function.name;
        let message =
            format!("expected {bound}{wanted} argument(s) in call to {name:?}, got {found}");
        Err(self.error(place, message))
    }

    /// The second argument of `info` is a list of label matchers in the form of a selector.
    fn info_selector(&self, place: Place, call: &Call) -> Result<(), ParseError> {
        let Some(selector) = call.args.get(1) else { return Ok(()) };
        let found = selector.value_type();
        if found != ValueType::InstantVector {
            let wanted = ValueType::InstantVector;
            let message =
                format!("expected type {wanted} in call to function \"info\", got {found}");
            return Err(self.error(place, message));
        }
        let ExprKind::Vector(labels) = &selector.kind else {
            return Err(self.error(selector.place, "expected label selectors only"));
        };
        if labels.name.is_none() {
            return Ok(());
        }
        let message = "expected label selectors only, got vector selector instead";
        Err(self.error(selector.place, message))
    }

    fn binary(&self, place: Place, binary: &mut BinaryExpr) -> Result<ValueType, ParseError> {
        let left = self.expr(&mut binary.left)?;
        let right = self.expr(&mut binary.right)?;
        let matching = binary.matching.take().unwrap_or_default();
        self.binary_modifiers(binary, &matching, left, right)?;
        for (operand, found) in [(&binary.left, left), (&binary.right, right)] {
            if !is_operand(found) {
                let message = "binary expression must contain only scalar and instant vector types";
                return Err(self.error(operand.place, message));
            }
        }
        if left == ValueType::Scalar || right == ValueType::Scalar {
            self.without_matching(place, binary.op, &matching)?;
            let both = left == right;
            return Ok(if both { ValueType::Scalar } else { ValueType::InstantVector });
        }
        binary.matching = Some(self.between_vectors(place, binary.op, matching)?);
        Ok(ValueType::InstantVector)
    }

    fn binary_modifiers(
        &self,
        binary: &BinaryExpr,
        matching: &VectorMatching,
        left: ValueType,
        right: ValueType,
    ) -> Result<(), ParseError> {
        let comparison = binary.op.is_comparison();
        if binary.return_bool && !comparison {
            let message = "bool modifier can only be used on comparison operators";
            return Err(self.error(self.operator_place(binary), message));
        }
        let scalars = left == ValueType::Scalar && right == ValueType::Scalar;
        if comparison && !binary.return_bool && scalars {
            let message = "comparisons between scalars must use BOOL modifier";
            let hint = suggest::bool_modifier(binary, self.source);
            return Err(self.error(self.operator_place(binary), message).suggest(hint));
        }
        let twice = matching.labels.iter().find(|label| matching.include.contains(label));
        if let Some(label) = twice.filter(|_| matching.on) {
            let label = model::quote(label);
            let message = format!("label {label} must not occur in ON and GROUP clause at once");
            return Err(self.error(self.operator_place(binary), message));
        }
        Ok(())
    }

    /// At least one operand is a scalar: there is nothing to match.
    fn without_matching(
        &self,
        place: Place,
        op: BinaryOp,
        matching: &VectorMatching,
    ) -> Result<(), ParseError> {
        if !matching.labels.is_empty() {
            let message = "vector matching only allowed between instant vectors";
            return Err(self.error(place, message));
        }
        if matching.fill_left.is_some() || matching.fill_right.is_some() {
            let message = "filling in missing series only allowed between instant vectors";
            return Err(self.error(place, message));
        }
        if op.is_set_operator() {
            let op = op.as_str();
            let message = format!("set operator {op:?} not allowed in binary scalar expression");
            return Err(self.error(place, message));
        }
        Ok(())
    }

    fn between_vectors(
        &self,
        place: Place,
        op: BinaryOp,
        mut matching: VectorMatching,
    ) -> Result<VectorMatching, ParseError> {
        if !op.is_set_operator() {
            return Ok(matching);
        }
        if matching.cardinality != Cardinality::OneToOne {
            let message = format!("no grouping allowed for {:?} operation", op.as_str());
            return Err(self.error(place, message));
        }
        if matching.fill_left.is_some() || matching.fill_right.is_some() {
            let message = "filling in missing series not allowed for set operators";
            return Err(self.error(place, message));
        }
        matching.cardinality = Cardinality::ManyToMany;
        Ok(matching)
    }

    /// The text between the operands: operator and modifiers, without spaces around.
    fn operator_place(&self, binary: &BinaryExpr) -> Place {
        let between = Place { start: binary.left.place.end, end: binary.right.place.start };
        let text = between.text(self.source);
        let start = between.start + (text.len() - text.trim_start().len());
        Place { start, end: start + text.trim().len() }
    }
}

const fn is_operand(value: ValueType) -> bool {
    matches!(value, ValueType::Scalar | ValueType::InstantVector)
}
