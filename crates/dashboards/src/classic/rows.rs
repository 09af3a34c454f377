//! From rows with panels of a share of the width (schema below 16) to panels on a grid of 24
//! columns, and rows that hold panels although they are open to rows that are followed by them.

use crate::json::{Object, list_mut, number, set, take_list, take_object, text, truthy, whole};
use crate::report::{Report, element};
use serde_json::{Value, json};

/// Columns of the grid.
pub(crate) const COLUMNS: i64 = 24;
/// The same, for the length of a list.
const COLUMN_COUNT: usize = 24;
/// Columns of the former grid.
const SPANS: i64 = 12;
/// Pixels of a unit of height, margin included.
const UNIT_PIXELS: f64 = 38.0;
/// Lowest row, in pixels.
const HEIGHT_PIXELS_MIN: f64 = 90.0;
/// Height of rows that name none, in pixels.
const HEIGHT_PIXELS: f64 = 250.0;
/// Width of panels that name none, in former columns.
const SPAN: i64 = 4;
/// Lowest place on the grid.
const Y_MAX: i64 = 100_000;

/// Gives every panel its place on the grid and leaves no `rows`.
pub(crate) fn flatten(object: &mut Object, path: &str, report: &mut Report) {
    let rows = take_list(object, "rows");
    let mut panels = take_list(object, "panels");
    if !rows.is_empty() {
        let mut grid = Grid { y: bottom(&panels), panels: Vec::new() };
        let rows: Vec<Object> = rows.into_iter().filter_map(into_object).collect();
        let shows_rows = rows.iter().any(|row| {
            truthy(row.get("collapse")) || truthy(row.get("showTitle")) || truthy(row.get("repeat"))
        });
        for (index, row) in rows.into_iter().enumerate() {
            if row.get("repeatIteration").is_some() {
                report.dropped(&element(path, "rows", index), "a repetition; it is made anew");
                continue;
            }
            grid.add_row(row, shows_rows);
        }
        panels.append(&mut grid.panels);
    }
    set(object, "panels", hoisted(panels));
}

fn into_object(value: Value) -> Option<Object> {
    match value {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

struct Grid {
    y: i64,
    panels: Vec<Value>,
}

impl Grid {
    fn add_row(&mut self, mut row: Object, shows_rows: bool) {
        let height = units(row.get("height"));
        let collapsed = truthy(row.get("collapse"));
        let row_y = self.y;
        if shows_rows {
            self.y += 1;
        }
        let mut shelf = Shelf::new(height, self.y);
        let mut placed = Vec::new();
        for panel in take_list(&mut row, "panels") {
            let Some(mut panel) = into_object(panel) else { continue };
            shelf.place(&mut panel);
            placed.push(Value::Object(panel));
        }
        if !collapsed || !shows_rows {
            self.y = (shelf.y + height).min(Y_MAX);
        }
        if !shows_rows {
            self.panels.append(&mut placed);
            return;
        }
        let mut panel = json!({
            "type": "row",
            "title": text(&row, "title").unwrap_or_default(),
            "collapsed": collapsed,
            "gridPos": {"x": 0, "y": row_y, "w": COLUMNS, "h": 1},
            "panels": [],
        });
        if let Some(repeat) = row.remove("repeat").filter(|repeat| truthy(Some(repeat))) {
            panel["repeat"] = repeat;
        }
        let beside = if collapsed {
            panel["panels"] = Value::Array(placed);
            Vec::new()
        } else {
            placed
        };
        self.panels.push(panel);
        self.panels.extend(beside);
    }
}

/// A row while it is filled: panels flow from left to right into what is free.
struct Shelf {
    height: i64,
    y: i64,
    /// Units that are taken in each column.
    taken: [i64; COLUMN_COUNT],
}

impl Shelf {
    fn new(height: i64, y: i64) -> Self {
        Self { height, y, taken: [0; COLUMN_COUNT] }
    }

    fn place(&mut self, panel: &mut Object) {
        // Version 14 counts in twelfths; a width that is no number has the usual one.
        let span = whole(panel.get("span"), 0..=SPANS).filter(|span| *span > 0).unwrap_or(SPAN);
        let width = span * (COLUMNS / SPANS);
        let height = match panel.get("height") {
            Some(height) if truthy(Some(height)) => units(Some(height)),
            _ => self.height,
        };
        if let Some(span) = whole(panel.get("minSpan"), 1..=SPANS) {
            set(panel, "minSpan", span * (COLUMNS / SPANS));
        }
        let (x, y) = self.free(width).unwrap_or_else(|| {
            self.y = (self.y + self.height).min(Y_MAX);
            self.taken = [0; COLUMN_COUNT];
            (0, 0)
        });
        let columns = self.taken.iter_mut().skip(usize::try_from(x).unwrap_or(0));
        for column in columns.take(usize::try_from(width).unwrap_or(0)) {
            *column = y + height;
        }
        let place = json!({"x": x, "y": self.y + y, "w": width, "h": height});
        set(panel, "gridPos", place);
        panel.remove("span");
        panel.remove("height");
    }

    /// The free stretch at the right end: columns below the row's height, descending to the right.
    fn free(&self, width: i64) -> Option<(i64, i64)> {
        let mut start = self.taken.len();
        for column in (0..self.taken.len()).rev() {
            let is_step_down =
                column + 1 < self.taken.len() && self.taken[column] > self.taken[column + 1];
            if self.taken[column] >= self.height || is_step_down {
                break;
            }
            start = column;
        }
        let stretch = &self.taken[start..];
        let is_wide = i64::try_from(stretch.len()).is_ok_and(|columns| columns >= width);
        let y = stretch.iter().copied().max()?;
        is_wide.then(|| (i64::try_from(start).unwrap_or(0), y))
    }
}

/// Units of the grid for `250`, `"250px"` and nothing.
fn units(height: Option<&Value>) -> i64 {
    let pixels = match height {
        Some(Value::String(text)) => {
            let digits = text.trim().trim_end_matches("px");
            number(Some(&Value::from(digits)))
        }
        other => number(other),
    };
    let pixels = pixels.filter(|pixels| *pixels > 0.0).unwrap_or(HEIGHT_PIXELS);
    #[expect(clippy::cast_possible_truncation, reason = "clamped")]
    let units = (pixels.max(HEIGHT_PIXELS_MIN) / UNIT_PIXELS).ceil().clamp(1.0, 200.0) as i64;
    units
}

/// The first free line below all panels.
fn bottom(panels: &[Value]) -> i64 {
    let ends = panels.iter().filter_map(|panel| panel.get("gridPos")).map(|place| {
        let at = |key| whole(place.get(key), 0..=Y_MAX).unwrap_or(0);
        at("y") + at("h")
    });
    ends.max().unwrap_or(0)
}

/// Open rows hold nothing: their panels follow them.
fn hoisted(panels: Vec<Value>) -> Vec<Value> {
    let mut flat = Vec::new();
    for panel in panels {
        let Value::Object(mut panel) = panel else { continue };
        if text(&panel, "type") != Some("row") {
            flat.push(Value::Object(panel));
            continue;
        }
        let collapsed = truthy(panel.get("collapsed"));
        set(&mut panel, "collapsed", collapsed);
        let inner = std::mem::take(list_mut(&mut panel, "panels"));
        let inner = inner.into_iter().filter(Value::is_object).collect::<Vec<_>>();
        if collapsed {
            set(&mut panel, "panels", inner);
            flat.push(Value::Object(panel));
        } else {
            set(&mut panel, "panels", Value::Array(Vec::new()));
            flat.push(Value::Object(panel));
            flat.extend(inner);
        }
    }
    let mut below = bottom(&flat);
    flat.into_iter().map(|panel| placed(panel, &mut below)).collect()
}

/// A panel whose place is whole numbers within the grid; one without place comes last.
fn placed(panel: Value, below: &mut i64) -> Value {
    let Value::Object(mut panel) = panel else { return panel };
    let is_row = text(&panel, "type") == Some("row");
    let place = take_object(&mut panel, "gridPos");
    let width = if is_row { COLUMNS } else { COLUMNS / 2 };
    let width = whole(place.get("w"), 1..=COLUMNS).unwrap_or(width);
    let x = whole(place.get("x"), 0..=COLUMNS - 1).unwrap_or(0).min(COLUMNS - width);
    let height = whole(place.get("h"), 1..=200).unwrap_or(if is_row { 1 } else { 8 });
    let y = whole(place.get("y"), 0..=Y_MAX).unwrap_or_else(|| {
        *below += height;
        *below - height
    });
    set(&mut panel, "gridPos", json!({"x": x, "y": y, "w": width, "h": height}));
    if let Some(Value::Array(inner)) = panel.remove("panels") {
        let inner = inner.into_iter().map(|panel| placed(panel, below)).collect::<Vec<_>>();
        set(&mut panel, "panels", inner);
    }
    Value::Object(panel)
}
