//! Layouts of the second model on the classic grid: grids as they are, automatic grids in columns,
//! rows and tabs as rows. A tab after the first is a collapsed row, so nothing is hidden for good.

use super::{object_of, panel};
use crate::error::Error;
use crate::import::PANELS_MAX;
use crate::json::{Object, list, object, set, shown, text, truthy, whole};
use crate::report::{Report, element, member};
use serde_json::{Value, json};

/// Columns of the grid.
const COLUMNS: i64 = 24;
/// Layouts in layouts that are followed.
const NESTING_MAX: usize = 8;
/// Lowest place on the grid.
const Y_MAX: i64 = 100_000;

/// Panels of a layout, in the order of their places.
///
/// # Errors
/// When there are more than any dashboard may have.
pub(super) fn panels(
    layout: &Object,
    elements: Object,
    path: &str,
    report: &mut Report,
) -> Result<Vec<Value>, Error> {
    let mut walk = Walk { elements, report, panels: Vec::new(), y: 0, count: 0 };
    walk.layout(layout, path, 0)?;
    for name in walk.elements.keys() {
        let place = member("spec.elements", name);
        walk.report.dropped(&place, "no layout shows it");
    }
    Ok(walk.panels)
}

struct Walk<'w> {
    /// Those that no item has shown yet: each is shown once.
    elements: Object,
    report: &'w mut Report,
    panels: Vec<Value>,
    /// The first line that is free.
    y: i64,
    count: usize,
}

impl Walk<'_> {
    fn layout(&mut self, layout: &Object, path: &str, depth: usize) -> Result<(), Error> {
        let kind = text(layout, "kind").unwrap_or("GridLayout");
        let empty = Object::new();
        let spec = object(layout, "spec").unwrap_or(&empty);
        if depth > NESTING_MAX {
            self.report.dropped(path, format!("layouts nested more than {NESTING_MAX} times"));
            return Ok(());
        }
        match kind {
            "GridLayout" => self.grid(spec, path),
            "AutoGridLayout" | "ResponsiveGridLayout" => self.auto_grid(spec, path),
            "RowsLayout" => self.rows(spec, path, depth),
            "TabsLayout" => self.tabs(spec, path, depth),
            other => {
                let message = format!("layout of kind {}; its panels are lost", shown(other));
                self.report.dropped(path, message);
                Ok(())
            }
        }
    }

    fn grid(&mut self, spec: &Object, path: &str) -> Result<(), Error> {
        let top = self.y;
        let mut bottom = top;
        for (index, item) in list(spec, "items").iter().enumerate() {
            let place = element(&member(path, "spec"), "items", index);
            let Some(item_spec) = object_of(item, "spec") else { continue };
            if item.get("kind").and_then(Value::as_str) == Some("GridLayoutRow") {
                self.y = bottom.max(top + line(item_spec, "y"));
                self.grid_row(item_spec, &place)?;
                bottom = bottom.max(self.y);
                continue;
            }
            bottom = bottom.max(self.grid_item(item_spec, top, &place)?);
        }
        self.y = bottom.min(Y_MAX);
        Ok(())
    }

    /// Places one panel; gives the line below it.
    fn grid_item(&mut self, spec: &Object, top: i64, path: &str) -> Result<i64, Error> {
        let width = whole(spec.get("width"), 1..=COLUMNS).unwrap_or(COLUMNS / 2);
        let height = whole(spec.get("height"), 1..=200).unwrap_or(8);
        let x = whole(spec.get("x"), 0..=COLUMNS - 1).unwrap_or(0).min(COLUMNS - width);
        let y = top + line(spec, "y");
        let place = json!({"x": x, "y": y, "w": width, "h": height});
        if let Some(mut panel) = self.element(spec, place, path)? {
            repeat(spec, &mut panel);
            self.panels.push(Value::Object(panel));
        }
        Ok(y + height)
    }

    /// A row inside of a grid, as `v2alpha1` had it.
    fn grid_row(&mut self, spec: &Object, path: &str) -> Result<(), Error> {
        let begun = self.begin_row(spec, truthy(spec.get("collapsed")))?;
        let top = self.y;
        let mut bottom = top;
        for (index, item) in list(spec, "elements").iter().enumerate() {
            let place = element(&member(path, "spec"), "elements", index);
            let Some(spec) = object_of(item, "spec") else { continue };
            bottom = bottom.max(self.grid_item(spec, top, &place)?);
        }
        self.y = bottom;
        self.end_row(begun);
        Ok(())
    }

    /// As many columns as the layout allows, each panel equally high.
    fn auto_grid(&mut self, spec: &Object, path: &str) -> Result<(), Error> {
        let columns = whole(spec.get("maxColumnCount"), 1..=COLUMNS).unwrap_or(3);
        let items = list(spec, "items");
        let count = i64::try_from(items.len()).unwrap_or(COLUMNS).clamp(1, columns);
        let width = COLUMNS / count;
        let height = match text(spec, "rowHeightMode") {
            Some("short") => 5,
            Some("tall") => 14,
            _ => 9,
        };
        let mut column = 0;
        for (index, item) in items.iter().enumerate() {
            let place = element(&member(path, "spec"), "items", index);
            let Some(spec) = object_of(item, "spec") else { continue };
            if column == count {
                column = 0;
                self.y += height;
            }
            let at = json!({"x": column * width, "y": self.y, "w": width, "h": height});
            if let Some(mut panel) = self.element(spec, at, &place)? {
                repeat(spec, &mut panel);
                self.panels.push(Value::Object(panel));
                column += 1;
            }
        }
        if column > 0 {
            self.y = (self.y + height).min(Y_MAX);
        }
        Ok(())
    }

    fn rows(&mut self, spec: &Object, path: &str, depth: usize) -> Result<(), Error> {
        for (index, row) in list(spec, "rows").iter().enumerate() {
            let place = element(&member(path, "spec"), "rows", index);
            let Some(spec) = object_of(row, "spec") else { continue };
            self.conditions(spec, &place);
            let Some(layout) = object(spec, "layout") else { continue };
            if truthy(spec.get("hideHeader")) {
                self.layout(layout, &member(&place, "spec.layout"), depth + 1)?;
                continue;
            }
            let collapsed = truthy(spec.get("collapse")) || truthy(spec.get("collapsed"));
            let begun = self.begin_row(spec, collapsed)?;
            self.layout(layout, &member(&place, "spec.layout"), depth + 1)?;
            self.end_row(begun);
        }
        Ok(())
    }

    fn tabs(&mut self, spec: &Object, path: &str, depth: usize) -> Result<(), Error> {
        if !list(spec, "tabs").is_empty() {
            self.report.changed(path, "tabs became rows, all but the first collapsed");
        }
        for (index, tab) in list(spec, "tabs").iter().enumerate() {
            let place = element(&member(path, "spec"), "tabs", index);
            let Some(spec) = object_of(tab, "spec") else { continue };
            self.conditions(spec, &place);
            let begun = self.begin_row(spec, index > 0)?;
            if let Some(layout) = object(spec, "layout") {
                self.layout(layout, &member(&place, "spec.layout"), depth + 1)?;
            }
            self.end_row(begun);
        }
        Ok(())
    }

    /// Where a row begins; its panels come after it, or into it when it is collapsed.
    fn begin_row(&mut self, spec: &Object, collapsed: bool) -> Result<usize, Error> {
        self.count()?;
        let mut row = Object::new();
        set(&mut row, "type", "row");
        set(&mut row, "title", text(spec, "title").unwrap_or_default());
        set(&mut row, "collapsed", collapsed);
        set(&mut row, "gridPos", json!({"x": 0, "y": self.y, "w": COLUMNS, "h": 1}));
        set(&mut row, "panels", Vec::<Value>::new());
        repeat(spec, &mut row);
        self.y += 1;
        self.panels.push(Value::Object(row));
        Ok(self.panels.len())
    }

    fn end_row(&mut self, begun: usize) {
        let inner = self.panels.split_off(begun);
        let Some(row) = self.panels.last_mut() else { return };
        if row["collapsed"] == json!(false) {
            self.panels.extend(inner);
            return;
        }
        let top = row["gridPos"]["y"].as_i64().unwrap_or(self.y);
        self.y = top + 1;
        if row.get("repeat").is_some() || !inner.iter().any(is_row) {
            // Rows in a repeated row have no place: their panels stay with the outer one.
            row["panels"] = Value::Array(inner.into_iter().flat_map(flattened).collect());
            return;
        }
        let outer = self.panels.pop().unwrap_or_default();
        self.beside(outer, inner, top);
    }

    /// Rows inside of a collapsed one as collapsed rows of their own, which name it.
    fn beside(&mut self, mut outer: Value, inner: Vec<Value>, top: i64) {
        let named = outer["title"].as_str().unwrap_or_default().to_owned();
        let mut rows: Vec<Value> = Vec::new();
        for mut panel in inner {
            if is_row(&panel) {
                let own = panel["title"].as_str().unwrap_or_default();
                panel["title"] = Value::String(format!("{named}: {own}"));
                panel["collapsed"] = json!(true);
                rows.push(panel);
                continue;
            }
            let row = rows.last_mut().unwrap_or(&mut outer);
            if let Some(panels) = row["panels"].as_array_mut() {
                panels.push(panel);
            }
        }
        let has_own = outer["panels"].as_array().is_some_and(|panels| !panels.is_empty());
        self.y = top;
        for mut row in has_own.then_some(outer).into_iter().chain(rows) {
            row["gridPos"]["y"] = json!(self.y);
            self.y += 1;
            self.panels.push(row);
        }
    }

    /// The panel that an item refers to, at its place.
    fn element(
        &mut self,
        spec: &Object,
        place: Value,
        path: &str,
    ) -> Result<Option<Object>, Error> {
        self.count()?;
        self.conditions(spec, path);
        let name = object(spec, "element").and_then(|element| text(element, "name"));
        let name = name.unwrap_or_default();
        let Some(found) = self.elements.remove(name) else {
            self.report.dropped(path, format!("no element {} is left", shown(name)));
            return Ok(None);
        };
        let Some(mut panel) = panel::panel(&found, path, self.report) else { return Ok(None) };
        set(&mut panel, "gridPos", place);
        Ok(Some(panel))
    }

    fn conditions(&mut self, spec: &Object, path: &str) {
        if object(spec, "conditionalRendering").is_some() {
            let path = member(path, "spec.conditionalRendering");
            self.report.dropped(&path, "it is always shown");
        }
    }

    fn count(&mut self) -> Result<(), Error> {
        self.count += 1;
        if self.count > PANELS_MAX {
            let message = format!("the layout has more than {PANELS_MAX} panels");
            return Err(Error::invalid(message));
        }
        Ok(())
    }
}

fn is_row(panel: &Value) -> bool {
    panel["type"] == json!("row")
}

/// The panels of a row, or the panel.
fn flattened(panel: Value) -> Vec<Value> {
    match panel {
        Value::Object(mut row) if text(&row, "type") == Some("row") => {
            crate::json::take_list(&mut row, "panels")
        }
        panel => vec![panel],
    }
}

fn line(spec: &Object, key: &str) -> i64 {
    whole(spec.get(key), 0..=Y_MAX).unwrap_or(0)
}

/// Repetition for every value of a variable.
fn repeat(spec: &Object, panel: &mut Object) {
    let Some(repeat) = object(spec, "repeat") else { return };
    let Some(variable) = text(repeat, "value") else { return };
    set(panel, "repeat", variable);
    for (old, new) in [("direction", "repeatDirection"), ("maxPerRow", "maxPerRow")] {
        if let Some(value) = repeat.get(old) {
            set(panel, new, value.clone());
        }
    }
}
