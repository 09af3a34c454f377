//! Binary operators with all ways of matching, and aggregations.

use super::{GAUGES, LABELS, Questions};

impl Questions<'_> {
    pub(super) fn arithmetic(&mut self) -> &'static str {
        self.pick(&["+", "-", "*", "/", "%", "^", "atan2"])
    }

    pub(super) fn comparison(&mut self) -> &'static str {
        self.pick(&["==", "!=", ">", "<", ">=", "<="])
    }

    /// An operator between vectors that is no set operator, maybe with `bool`.
    fn operator(&mut self) -> String {
        if self.one_in(2) {
            return self.arithmetic().to_owned();
        }
        let bool = if self.one_in(3) { " bool" } else { "" };
        format!("{}{bool}", self.comparison())
    }

    pub(super) fn binary(&mut self, depth: usize) -> String {
        match self.random.index(10) {
            0 | 1 => {
                let (vector, op) = (self.operand(depth - 1), self.operator());
                format!("{vector} {op} {}", self.scalar(depth - 1))
            }
            2 => {
                let (scalar, op) = (self.scalar(depth - 1), self.operator());
                format!("{scalar} {op} {}", self.operand(depth - 1))
            }
            3 | 4 => {
                let (left, right) = (self.operand(depth - 1), self.operand(depth - 1));
                let op = self.pick(&["and", "or", "unless"]);
                format!("{left} {op}{} {right}", self.matching())
            }
            5 => {
                let (left, right) = (self.pick(GAUGES), self.pick(GAUGES));
                let op = self.operator();
                format!("{left} {op}{} {right}", self.fill())
            }
            6 => self.many_to_one(depth),
            7 => {
                let grouping = self.grouping();
                let (left, right) = (self.operand(depth - 1), self.operand(depth - 1));
                let (a, b) = (self.reducer(), self.reducer());
                let op = self.operator();
                let fill = self.fill();
                format!("{a}{grouping} {left} {op}{fill} {b}{grouping} {right}")
            }
            8 => {
                let vector = self.operand(depth - 1);
                format!("{vector} {} {vector}", self.operator())
            }
            _ => {
                let (left, right) = (self.operand(depth - 1), self.operand(depth - 1));
                let (op, matching) = (self.operator(), self.matching());
                format!("{left} {op}{matching} {right}")
            }
        }
    }

    /// Several series of one side with one of the other.
    fn many_to_one(&mut self, depth: usize) -> String {
        let one = format!("max by (job, instance) {}", self.operand(depth - 1));
        let many = if self.one_in(2) {
            self.pick(&["requests_total", "latency_seconds_bucket", "temperature"]).to_owned()
        } else {
            self.operand(depth - 1)
        };
        let op = self.operator();
        // Without a list the parenthesis of an operand would be taken for one.
        let include = self.pick(&[" ()", " ()", " (version)", " (path, version)"]);
        let fill = self.fill();
        match self.random.index(3) {
            0 => format!("{one} {op} on (job, instance) group_right{include}{fill} {many}"),
            1 => {
                format!("{many} {op} ignoring (path, le, version) group_left{include}{fill} {one}")
            }
            _ => format!("{many} {op} on (job, instance) group_left{include}{fill} {one}"),
        }
    }

    fn matching(&mut self) -> String {
        let word = self.pick(&["", " on", " ignoring", " on"]);
        if word.is_empty() { String::new() } else { format!("{word} ({})", self.label_list()) }
    }

    fn fill(&mut self) -> &'static str {
        if self.is_full() && self.one_in(5) {
            self.pick(&[
                " fill (0)",
                " fill_left (1)",
                " fill_right (2)",
                " fill_left (1) fill_right (3)",
            ])
        } else {
            ""
        }
    }

    fn label_list(&mut self) -> String {
        let count = self.random.index(3);
        (0..=count).map(|_| self.pick(LABELS)).collect::<Vec<_>>().join(", ")
    }

    /// ` by (job)`, ` without (le)` or nothing.
    pub(super) fn grouping(&mut self) -> String {
        match self.random.index(5) {
            0 => String::new(),
            1 | 2 => format!(" by ({})", self.label_list()),
            3 => " by (job, instance)".to_owned(),
            _ => format!(" without ({})", self.label_list()),
        }
    }

    fn reducer(&mut self) -> &'static str {
        self.pick(&["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"])
    }

    pub(super) fn aggregation(&mut self, depth: usize) -> String {
        let (vector, grouping) = (self.vector(depth - 1), self.grouping());
        match self.random.index(12) {
            0 | 1 => {
                let op = self.pick(&["topk", "bottomk"]);
                let count = self.pick(&["1", "2", "3", "0", "-1", "100"]);
                format!("{op}{grouping} ({count}, {vector})")
            }
            2 => format!("quantile{grouping} ({}, {vector})", self.quantile()),
            3 => {
                // Prometheus 2.42 groups wrongly when the label sorts before one of the grouping.
                let label =
                    if self.is_full() { self.pick(&["value", "job", "le"]) } else { "zone" };
                let inner = self.pick(&["state", "up", "resets(requests_total[5m])"]);
                format!("count_values{grouping} (\"{label}\", {inner})")
            }
            4 if self.is_full() => {
                let name = self.pick(GAUGES);
                format!("limitk{grouping} ({}, {name})", self.pick(&["1", "2", "5"]))
            }
            _ => format!("{}{grouping} ({vector})", self.reducer()),
        }
    }
}
