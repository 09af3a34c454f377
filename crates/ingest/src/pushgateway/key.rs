//! The grouping key in a path: `/metrics/job/JOB/LABEL/VALUE...`; a name with `@base64` has its
//! value in URL-safe base64, where `=` alone is the empty value.
//! Rules: Pushgateway 1.11, README "URL".

use model::{JOB_LABEL, Labels, LabelsBuilder, METRIC_NAME, is_legacy_label_name};

/// What says that a value is encoded.
const ENCODED: &str = "@base64";
/// Most labels of a key.
const LABELS_MAX: usize = 32;

/// The labels of the group that a path names.
pub(super) fn of_path(path: &str) -> Result<Labels, String> {
    let begin = path.find("/metrics/job").ok_or("no job in the path")?;
    let parts: Vec<&str> =
        path[begin + "/metrics/".len()..].trim_end_matches('/').split('/').collect();
    let (pairs, rest) = parts.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(format!("label {:?} in the path has no value", rest[0]));
    }
    let mut labels = LabelsBuilder::default();
    for [name, value] in pairs {
        let name = decoded(name)?;
        let (name, value) = match name.strip_suffix(ENCODED) {
            Some(name) => (name.to_owned(), unpacked(value)?),
            None => (name.clone(), decoded(value)?),
        };
        if !is_legacy_label_name(&name) || name == METRIC_NAME {
            return Err(format!("invalid label name {name:?} in the path"));
        }
        if labels.get(&name).is_some() {
            return Err(format!("label {name:?} is in the path twice"));
        }
        labels.set(&name, &value);
    }
    if labels.get(JOB_LABEL).is_none() {
        return Err("job name is required".to_owned());
    }
    if labels.iter().len() > LABELS_MAX {
        return Err(format!("more than {LABELS_MAX} labels in the path"));
    }
    Ok(labels.build())
}

/// Per-cent signs taken off.
fn decoded(text: &str) -> Result<String, String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = text.get(at + 1..at + 3).filter(|_| byte == b'%');
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            out.push(byte);
            at += 3;
        } else {
            out.push(byte);
            at += 1;
        }
    }
    String::from_utf8(out).map_err(|error| format!("the path is not UTF-8: {error}"))
}

/// URL-safe base64 (RFC 4648, 5), with or without padding.
fn unpacked(text: &str) -> Result<String, String> {
    let wrong = || format!("invalid base64 {text:?} in the path");
    let text = decoded(text)?;
    let (mut bits, mut count, mut out) = (0_u32, 0, Vec::new());
    for c in text.trim_end_matches('=').bytes() {
        let digit = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return Err(wrong()),
        };
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count).to_le_bytes()[0]);
            bits &= (1 << count) - 1;
        }
    }
    if count >= 6 {
        return Err(wrong());
    }
    String::from_utf8(out).map_err(|error| format!("a label in the path is not UTF-8: {error}"))
}

#[cfg(test)]
mod tests {
    use super::of_path;

    #[test]
    fn paths_name_groups() {
        for (path, expected) in [
            ("/metrics/job/some_job", r#"{job="some_job"}"#),
            ("/metrics/job/a/instance/b/", r#"{instance="b", job="a"}"#),
            ("/prefix/metrics/job/a%2Fb/x/%C3%BC", r#"{job="a/b", x="ü"}"#),
            ("/metrics/job/titan/name/%CE%A0%CF%81", r#"{job="titan", name="Πρ"}"#),
            ("/metrics/job/titan/name@base64/zqDPgQ", r#"{job="titan", name="Πρ"}"#),
            ("/metrics/job@base64/L3Zhci90bXA/first_label@base64/=", r#"{job="/var/tmp"}"#),
            ("/metrics/job@base64/L3Zhci90bXA=", r#"{job="/var/tmp"}"#),
        ] {
            assert_eq!(of_path(path).unwrap().to_string(), expected, "{path}");
        }
    }

    #[test]
    fn paths_that_name_none_are_refused() {
        for (path, expected) in [
            ("/metrics/job/", "label \"job\" in the path has no value"),
            ("/metrics/job@base64/=", "job name is required"),
            ("/metrics/job/a/b", "label \"b\" in the path has no value"),
            ("/metrics/job/a/b-c/d", "invalid label name \"b-c\""),
            ("/metrics/job/a/__name__/d", "invalid label name \"__name__\""),
            ("/metrics/job/a/b/c/b/c", "label \"b\" is in the path twice"),
            ("/metrics/job@base64/a", "invalid base64"),
            ("/metrics/job@base64/a+b", "invalid base64"),
            ("/metrics/job/%ff", "the path is not UTF-8"),
        ] {
            let error = of_path(path).unwrap_err();
            assert!(error.starts_with(expected), "{path}: {error}");
        }
        let many = (0..40).map(|n| format!("/l{n}/v")).collect::<Vec<_>>().concat();
        assert!(of_path(&format!("/metrics/job/a{many}")).unwrap_err().starts_with("more than 32"));
    }
}
