//! Selectors, ranges, and functions that give instant vectors.

use super::{COUNTERS, GAUGES, LABELS, Questions};

const MATHS: &[&str] = &[
    "abs", "ceil", "floor", "sqrt", "exp", "ln", "log2", "log10", "sin", "cos", "tan", "asin",
    "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "deg", "rad", "sgn",
    "round",
];
const DATES: &[&str] = &[
    "minute",
    "hour",
    "day_of_week",
    "day_of_month",
    "day_of_year",
    "days_in_month",
    "month",
    "year",
];
const RATES: &[&str] = &["rate", "increase", "irate", "rate", "increase", "resets", "changes"];
const OVER_TIME: &[&str] = &[
    "avg_over_time",
    "min_over_time",
    "max_over_time",
    "sum_over_time",
    "count_over_time",
    "stddev_over_time",
    "stdvar_over_time",
    "last_over_time",
    "present_over_time",
    "delta",
    "idelta",
    "deriv",
    "changes",
    "resets",
    "absent_over_time",
];
const EXPERIMENTAL_OVER_TIME: &[&str] = &[
    "first_over_time",
    "mad_over_time",
    "ts_of_first_over_time",
    "ts_of_last_over_time",
    "ts_of_min_over_time",
    "ts_of_max_over_time",
];
const MATCHERS: &[&str] = &[
    "job=\"a\"",
    "job=\"b\"",
    "job!=\"a\"",
    "instance=\"1\"",
    "instance=~\"1|3\"",
    "instance!~\"2.*\"",
    "path=\"/\"",
    "path=~\".+\"",
    "path=\"\"",
    "le=~\"0.5|2\"",
    "version=~\"1.*\"",
    "nowhere=\"\"",
    "job=~\".*\"",
];

impl Questions<'_> {
    /// An expression that gives an instant vector.
    pub(super) fn vector(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.selector();
        }
        match self.random.index(100) {
            0..12 => self.selector(),
            12..34 => self.range_call(depth),
            34..52 => self.aggregation(depth),
            52..72 => self.binary(depth),
            72..84 => self.call(depth),
            84..90 => self.histogram_call(depth),
            90..94 => format!("-{}", self.operand(depth - 1)),
            94..98 => self.label_call(depth),
            98 => format!("vector({})", self.scalar(depth - 1)),
            _ => format!("absent({})", self.vector(depth - 1)),
        }
    }

    /// A vector that can stand beside an operator.
    pub(super) fn operand(&mut self, depth: usize) -> String {
        format!("({})", self.vector(depth))
    }

    /// Native histograms, where they are known.
    fn native(&mut self) -> &'static str {
        if self.is_full() {
            self.pick(&["rtt_seconds", "size_bytes", "mixed"])
        } else {
            self.pick(COUNTERS)
        }
    }

    fn selector(&mut self) -> String {
        let name = match self.random.index(20) {
            0..9 => self.pick(GAUGES),
            9..16 => self.pick(COUNTERS),
            16..18 => self.native(),
            18 if self.one_in(4) => "nothing",
            18 => "requests_total",
            _ => return self.selector_of_many(),
        };
        self.selector_of(name)
    }

    fn selector_of(&mut self, name: &str) -> String {
        format!("{name}{}{}", self.matchers(), self.modifiers())
    }

    fn selector_of_many(&mut self) -> String {
        let names = self.pick(&[
            "temperature|ratio",
            "requests_total|latency_seconds_count",
            "latency_seconds_.+",
            "up|state|temperature",
        ]);
        format!("{{__name__=~\"{names}\"}}{}", self.modifiers())
    }

    fn matchers(&mut self) -> String {
        let count = [0, 0, 0, 0, 0, 1, 1, 2][self.random.index(8)];
        let matchers: Vec<&str> = (0..count).map(|_| self.pick(MATCHERS)).collect();
        if matchers.is_empty() { String::new() } else { format!("{{{}}}", matchers.join(", ")) }
    }

    /// `offset` and `@`, seldom.
    fn modifiers(&mut self) -> String {
        let mut text = String::new();
        if self.one_in(10) {
            text.push_str(" offset ");
            text.push_str(&self.offset());
        }
        if self.one_in(15) {
            let at = match self.random.index(4) {
                0 => "start()".to_owned(),
                1 => "end()".to_owned(),
                _ => format!("{}", self.instant() as f64 / 1000.0),
            };
            text.push_str(" @ ");
            text.push_str(&at);
        }
        text
    }

    /// A range vector, of these series where they are given.
    fn range(&mut self, depth: usize, name: Option<&str>) -> String {
        if depth > 1 && self.one_in(4) {
            let range = self.duration(60, 600);
            let step = if self.one_in(6) { String::new() } else { self.duration(0, 60) };
            let inner = match name {
                Some(name) if self.one_in(2) => self.selector_of(name),
                _ => self.vector(depth - 2),
            };
            return format!("({inner})[{range}:{step}]{}", self.modifiers());
        }
        let native: &[&'static str] = if self.is_full() { &["rtt_seconds"] } else { &[] };
        let all = [GAUGES, COUNTERS, native].concat();
        let name = name.map_or_else(|| self.pick(&all).to_owned(), str::to_owned);
        let matchers = self.matchers();
        // Mostly long enough for two samples.
        let shortest = if self.one_in(6) { 0 } else { 60 };
        format!("{name}{matchers}[{}]{}", self.duration(shortest, 420), self.modifiers())
    }

    fn range_call(&mut self, depth: usize) -> String {
        if self.one_in(2) {
            let name = match self.random.index(8) {
                0 => self.native(),
                1 => self.pick(GAUGES),
                _ => self.pick(COUNTERS),
            };
            return format!("{}({})", self.pick(RATES), self.range(depth, Some(name)));
        }
        match self.random.index(if self.is_full() { 14 } else { 10 }) {
            0 => format!("quantile_over_time({}, {})", self.quantile(), self.range(depth, None)),
            1 => {
                let range = self.range(depth, None);
                format!("predict_linear({range}, {})", self.scalar(depth - 1))
            }
            2..10 => format!("{}({})", self.pick(OVER_TIME), self.range(depth, None)),
            10 => {
                let factors = self.pick(&["0.5, 0.5", "0.1, 0.9", "0.9, 0.3", "0, 0.5"]);
                format!("double_exponential_smoothing({}, {factors})", self.range(depth, None))
            }
            11 => {
                let name = self.native();
                format!("{}({})", self.pick(OVER_TIME), self.range(depth, Some(name)))
            }
            _ => format!("{}({})", self.pick(EXPERIMENTAL_OVER_TIME), self.range(depth, None)),
        }
    }

    fn call(&mut self, depth: usize) -> String {
        let vector = self.vector(depth - 1);
        match self.random.index(12) {
            0..5 => format!("{}({vector})", self.pick(MATHS)),
            5 => format!("round({vector}, {})", self.number()),
            6 => format!("clamp({vector}, {}, {})", self.scalar(0), self.scalar(depth - 1)),
            7 => {
                format!("{}({vector}, {})", self.pick(&["clamp_min", "clamp_max"]), self.scalar(0))
            }
            8 => format!("timestamp({vector})"),
            9 if self.one_in(2) => format!("{}()", self.pick(DATES)),
            9 => format!("{}({vector} * 1e5)", self.pick(DATES)),
            10 => format!("timestamp({})", self.selector()),
            _ => format!("absent({})", self.selector()),
        }
    }

    fn label_call(&mut self, depth: usize) -> String {
        let vector = self.vector(depth - 1);
        let target = self.pick(&["x", "job", "instance", "path", "le", "y"]);
        if self.one_in(2) {
            let source = self.pick(LABELS);
            let template = self.pick(&["$1", "v-$1", "", "${1}x", "$2-$1"]);
            let pattern = self.pick(&["(.*)", "(.)(.*)", "a", "(1|2)", "", "(.+)"]);
            return format!(
                "label_replace({vector}, \"{target}\", \"{template}\", \"{source}\", \"{pattern}\")"
            );
        }
        let separator = self.pick(&["-", "", ", "]);
        let sources: Vec<String> =
            (0..=self.random.index(2)).map(|_| format!("\"{}\"", self.pick(LABELS))).collect();
        format!("label_join({vector}, \"{target}\", \"{separator}\", {})", sources.join(", "))
    }

    fn histogram_call(&mut self, depth: usize) -> String {
        if self.is_full() && self.one_in(2) {
            return self.native_call(depth);
        }
        let quantile = self.quantile();
        let range = self.range(1, Some("latency_seconds_bucket"));
        match self.random.index(if self.is_full() { 5 } else { 3 }) {
            0 => {
                let selector = self.selector_of("latency_seconds_bucket");
                format!("histogram_quantile({quantile}, {selector})")
            }
            1 => format!("histogram_quantile({quantile}, rate({range}))"),
            2 => {
                let by = self.pick(&["le", "le, job", "job, le, instance", "instance, le"]);
                format!("histogram_quantile({quantile}, sum by ({by}) (rate({range})))")
            }
            3 => {
                let (label, quantiles) = (self.pick(LABELS), self.quantiles());
                format!("histogram_quantiles(rate({range}), \"{label}\", {quantiles})")
            }
            _ => {
                let (lower, upper) = (self.number(), self.number());
                format!("histogram_fraction({lower}, {upper}, rate({range}))")
            }
        }
    }

    /// Different ones, as each makes a series.
    fn quantiles(&mut self) -> &'static str {
        self.pick(&["0.5", "0.25, 0.99", "1, 0.5, 0", "-1, 0.1, 2", "0.9, 1e-3"])
    }

    fn native_call(&mut self, depth: usize) -> String {
        let name = self.native();
        let native = match self.random.index(5) {
            0 => self.selector_of(name),
            1 => {
                let function = self.pick(&["rate", "increase"]);
                format!("{function}({})", self.range(1, Some(name)))
            }
            2 => {
                let range = self.range(1, Some(name));
                format!("sum{} (rate({range}))", self.grouping())
            }
            3 => {
                let op = self.pick(&["</", ">/"]);
                format!("{} {op} {}", self.selector_of(name), self.number())
            }
            _ => self.vector(depth - 1),
        };
        match self.random.index(5) {
            0 => format!("histogram_quantile({}, {native})", self.quantile()),
            2 => {
                let quantiles = self.quantiles();
                format!("histogram_quantiles({native}, \"quantile\", {quantiles})")
            }
            1 => format!("histogram_fraction({}, {}, {native})", self.number(), self.number()),
            _ => {
                let function = self.pick(&[
                    "histogram_count",
                    "histogram_sum",
                    "histogram_avg",
                    "histogram_stddev",
                    "histogram_stdvar",
                ]);
                format!("{function}({native})")
            }
        }
    }
}
