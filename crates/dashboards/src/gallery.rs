//! What an export "for sharing" brings along: inputs that Grafana asks for at import, required
//! plug-ins, and library panels. Inputs get their values, library panels their places.

use crate::error::Error;
use crate::import::INPUT_BYTES_MAX;
use crate::json::{Object, filled, list, shown, take_list, take_object, text};
use crate::report::{Report, element, member};
use serde_json::{Value, json};

/// Longest value of an input that is filled in.
const INPUT_VALUE_BYTES_MAX: usize = 4 << 10;

/// What stands for an input.
enum Stand {
    /// A data source of this kind; which one, Grafana asks.
    Source(String),
    /// A text.
    Constant(String),
}

/// Inlines inputs and library panels.
///
/// # Errors
/// When that makes the dashboard larger than any may be.
pub(crate) fn inline(object: &mut Object, path: &str, report: &mut Report) -> Result<(), Error> {
    object.remove("__requires");
    let inputs = inputs(object, path, report);
    let elements = take_object(object, "__elements");
    let mut room = INPUT_BYTES_MAX;
    if !elements.is_empty() {
        place_elements(object, &elements, &mut room)?;
    }
    if inputs.is_empty() {
        return Ok(());
    }
    for (key, value) in object.iter_mut() {
        fill(value, key, &inputs, &mut room)?;
    }
    Ok(())
}

fn inputs(object: &mut Object, path: &str, report: &mut Report) -> Vec<(String, Stand)> {
    let mut inputs = Vec::new();
    for (index, input) in take_list(object, "__inputs").iter().enumerate() {
        let Some(input) = input.as_object() else { continue };
        let Some(name) = filled(input, "name") else { continue };
        let place = element(path, "__inputs", index);
        let value = text(input, "value").unwrap_or_default();
        let stand = if text(input, "type") == Some("datasource") {
            let plugin = text(input, "pluginId").unwrap_or("prometheus").to_owned();
            if plugin == "prometheus" {
                report.changed(&place, format!("{} is this server", shown(name)));
            }
            Stand::Source(plugin)
        } else if value.len() > INPUT_VALUE_BYTES_MAX {
            report.dropped(&place, format!("the value of {} is too long", shown(name)));
            continue;
        } else {
            report.changed(&place, format!("{} has the value of the export", shown(name)));
            Stand::Constant(value.to_owned())
        };
        inputs.push((format!("${{{name}}}"), stand));
    }
    inputs
}

/// Fills inputs in, everywhere below a value.
fn fill(
    value: &mut Value,
    key: &str,
    inputs: &[(String, Stand)],
    room: &mut usize,
) -> Result<(), Error> {
    match value {
        Value::String(text) if text.contains("${") => {
            if let Some(filled) = filled_text(text, key, inputs, room)? {
                *value = filled;
            }
        }
        Value::Array(list) => {
            for element in list {
                fill(element, key, inputs, room)?;
            }
        }
        Value::Object(object) => {
            // `{"uid": "${DS_X}"}` names the kind only; which one is this server.
            let stand = text(object, "uid").and_then(|uid| stand_of(uid, inputs));
            if let (Some(Stand::Source(plugin)), true) = (stand, key == "datasource") {
                *value = json!({"type": plugin});
                return Ok(());
            }
            for (key, member) in object.iter_mut() {
                fill(member, key, inputs, room)?;
            }
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    Ok(())
}

fn stand_of<'i>(text: &str, inputs: &'i [(String, Stand)]) -> Option<&'i Stand> {
    inputs.iter().find(|(name, _)| name == text).map(|(_, stand)| stand)
}

fn filled_text(
    text: &str,
    key: &str,
    inputs: &[(String, Stand)],
    room: &mut usize,
) -> Result<Option<Value>, Error> {
    if let Some(Stand::Source(plugin)) = stand_of(text, inputs) {
        return Ok((key == "datasource").then(|| json!({"type": plugin})));
    }
    let mut filled = None;
    for (name, stand) in inputs {
        let Stand::Constant(with) = stand else { continue };
        let current: &str = filled.as_deref().unwrap_or(text);
        let uses = current.matches(name.as_str()).count();
        if uses > 0 {
            take_room(room, uses * with.len())?;
            filled = Some(current.replace(name.as_str(), with));
        }
    }
    Ok(filled.map(Value::String))
}

/// Puts library panels where they are used; their place and identity stay those of the user.
fn place_elements(object: &mut Object, elements: &Object, room: &mut usize) -> Result<(), Error> {
    let Some(Value::Array(panels)) = object.get_mut("panels") else { return Ok(()) };
    for panel in panels.iter_mut().filter_map(Value::as_object_mut) {
        place_element(panel, elements, room)?;
        let Some(Value::Array(inner)) = panel.get_mut("panels") else { continue };
        for panel in inner.iter_mut().filter_map(Value::as_object_mut) {
            place_element(panel, elements, room)?;
        }
    }
    Ok(())
}

fn place_element(panel: &mut Object, elements: &Object, room: &mut usize) -> Result<(), Error> {
    let uid = panel.get("libraryPanel").and_then(|library| library.get("uid"));
    let Some(uid) = uid.and_then(Value::as_str) else { return Ok(()) };
    let Some(model) = elements.get(uid).and_then(|element| element.get("model")) else {
        return Ok(());
    };
    let Some(model) = model.as_object() else { return Ok(()) };
    take_room(room, model_bytes(model))?;
    let mut placed = model.clone();
    for key in ["id", "gridPos", "title"] {
        if let Some(own) = panel.get(key) {
            placed.insert(key.to_owned(), own.clone());
        }
    }
    placed.remove("libraryPanel");
    *panel = placed;
    Ok(())
}

fn model_bytes(model: &Object) -> usize {
    serde_json::to_string(model).map_or(0, |text| text.len())
}

fn take_room(room: &mut usize, bytes: usize) -> Result<(), Error> {
    *room = room.checked_sub(bytes).ok_or_else(|| {
        let path = member("", "__inputs");
        Error::invalid(format!("{path} and __elements make more than {INPUT_BYTES_MAX} bytes"))
    })?;
    Ok(())
}

/// Is a panel a library panel whose content is not in the file?
pub(crate) fn is_absent_library_panel(panel: &Object) -> bool {
    let kind = text(panel, "type");
    panel.contains_key("libraryPanel")
        && list(panel, "targets").is_empty()
        && kind.is_none_or(|kind| matches!(kind, "library-panel-ref" | "table"))
}
