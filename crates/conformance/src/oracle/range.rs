//! Functions of range vectors: which windows they see, what becomes of names and series.
//! The computation over one window is in `window`.

use super::select::Pin;
use super::window::{Arguments, evaluate};
use super::{Element, Operand, Oracle, Point, Refusal, fails};
use crate::changes::Change;
use model::Labels;
use promql::ast::{Call, Expr, ExprKind};
use std::collections::BTreeMap;

/// Does a range vector stand among the arguments?
pub(super) fn range_argument(call: &Call) -> Option<&Expr> {
    let is_range = |expr: &&Expr| {
        matches!(expr.without_parens().kind, ExprKind::Matrix(_) | ExprKind::Subquery(_))
    };
    call.args.iter().find(is_range)
}

impl Oracle<'_> {
    pub(super) fn call_over_range(
        &self,
        call: &Call,
        range: &Expr,
        times: &[i64],
    ) -> Result<Operand, Refusal> {
        let mut scalars = Vec::new();
        for arg in call.args.iter().filter(|arg| !std::ptr::eq(*arg, range)) {
            scalars.push(self.scalar(arg, times)?);
        }
        let name = call.function.name;
        let drifts = name == "predict_linear" && self.semantics.is_old(Change::PinnedPrediction);
        let pin = if drifts { Pin::Drifts } else { Pin::Holds };
        let windows = self.windows_of(range, times, pin)?;
        if name == "absent_over_time" {
            let labels = super::call::absent_labels(range);
            let absent = windows.iter().map(|windows| {
                let value = Point::Float(1.0);
                let one = Element { labels: labels.clone(), drop_name: true, value };
                if windows.is_empty() { vec![one] } else { Vec::new() }
            });
            return Ok(Operand::Vector(absent.collect()));
        }
        let keeps_name = matches!(name, "last_over_time" | "first_over_time");
        let mut steps = Vec::new();
        let mut sources: BTreeMap<Labels, Labels> = BTreeMap::new();
        for (index, windows) in windows.into_iter().enumerate() {
            let mut elements = Vec::new();
            for window in windows {
                let scalars = scalars.iter().map(|values| values[index]).collect();
                let arguments = Arguments { at: times[index], scalars };
                let Some(value) = evaluate(self, name, &window, &arguments)? else { continue };
                let source = window.labels.clone();
                let drop_name = window.drop_name;
                let mut element = Element { labels: window.labels, drop_name, value };
                if !keeps_name {
                    self.drop_name(&mut element);
                }
                // Names that go at once make two series one: refused although they never meet.
                let first = sources.entry(element.labels.clone()).or_insert(source.clone());
                if *first != source && !self.semantics.delayed_name_removal {
                    return Err(fails("vector cannot contain metrics with the same labelset"));
                }
                elements.push(element);
            }
            steps.push(elements);
        }
        Ok(Operand::Vector(steps))
    }
}
