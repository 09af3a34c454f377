//! Rows as series. Pure: tables of texts in, samples out; nulls and what is no number are left out.

use super::parts::Part;
use super::session::Table;
use crate::Page;
use model::MetricKind;

/// The query of the settings; names of two clouds whose values are no numbers are left out, and the
/// two settings of this session have the values that others have.
pub(super) const SETTINGS: &str = "SELECT name, CASE WHEN name IN ('statement_timeout', \
    'lock_timeout') THEN reset_val ELSE setting END AS setting, coalesce(unit, '') AS unit, \
    vartype FROM pg_settings WHERE vartype IN ('bool', 'integer', 'real') AND \
    name NOT IN ('sync_commit_cancel_wait', 'google_dataplex.max_messages')";

/// The value of a column in the first row.
pub(super) fn first<'t>(table: &'t Table, column: &str) -> Option<&'t str> {
    let index = table.columns.iter().position(|name| name == column)?;
    table.rows.first()?.get(index)?.as_deref()
}

/// Adds the series of a query.
pub(super) fn read(part: &Part, table: &Table, page: &mut Page) {
    let place = |column: &str| table.columns.iter().position(|name| name == column);
    let labels: Vec<_> = part.labels.iter().map(|label| (*label, place(label))).collect();
    for metric in part.metrics {
        let Some(column) = place(metric.column) else { continue };
        for row in &table.rows {
            let text = |index: Option<usize>| row.get(index?)?.as_deref();
            let Some(value) = text(Some(column)).and_then(number) else { continue };
            let labels: Vec<(&str, &str)> = labels
                .iter()
                .map(|(name, index)| (*name, text(*index).unwrap_or_default()))
                .collect();
            page.push(metric.name, metric.kind, metric.help, &labels, value);
        }
    }
}

fn number(text: &str) -> Option<f64> {
    match text {
        "t" => Some(1.0),
        "f" => Some(0.0),
        text => text.parse().ok(),
    }
}

/// Adds the settings: times in seconds, sizes in bytes, as the exporter has them.
pub(super) fn settings(table: &Table, page: &mut Page) {
    let place = |column: &str| table.columns.iter().position(|name| name == column);
    let columns = ["name", "setting", "unit", "vartype"].map(place);
    for row in &table.rows {
        let [name, setting, unit, kind] =
            columns.map(|index| row.get(index?)?.as_deref()).map(Option::unwrap_or_default);
        let mut metric = format!("pg_settings_{}", name.replace(['.', '-'], "_"));
        if !metric.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            continue;
        }
        let mut help = format!("Server Parameter: {name}");
        let value = if kind == "bool" {
            Some(f64::from(u8::from(setting == "on")))
        } else {
            let Some((word, factor)) = scale(unit) else { continue };
            if !word.is_empty() {
                metric = format!("{metric}_{word}");
                help = format!("{help} [Units converted to {word}.]");
            }
            // -1 stands for none or for no limit.
            let value = setting.parse::<f64>().ok();
            value.map(|value| if value == -1.0 { value } else { value * factor })
        };
        if let Some(value) = value {
            page.gauge(&metric, &help, &[], value);
        }
    }
}

/// What a unit becomes, and the factor.
fn scale(unit: &str) -> Option<(&'static str, f64)> {
    let seconds = match unit {
        "" => return Some(("", 1.0)),
        "ms" => Some(0.001),
        "s" => Some(1.0),
        "min" => Some(60.0),
        "h" => Some(3600.0),
        "d" => Some(86_400.0),
        _ => None,
    };
    if let Some(factor) = seconds {
        return Some(("seconds", factor));
    }
    let digits = unit.bytes().take_while(u8::is_ascii_digit).count();
    let count: f64 = if digits == 0 { 1.0 } else { unit[..digits].parse().ok()? };
    let bytes = match &unit[digits..] {
        "B" => 1.0,
        "kB" => 1024.0,
        "MB" => 1_048_576.0,
        "GB" => 1_073_741_824.0,
        "TB" => 1_099_511_627_776.0,
        _ => return None,
    };
    Some(("bytes", count * bytes))
}

/// Adds the version as labels.
pub(super) fn version(text: &str, number: u32, page: &mut Page) {
    let short = format!("{}.{}.0", number / 10_000, number % 10_000);
    let labels = [("version", text), ("short_version", &short)];
    let help = "Version string as reported by postgres";
    page.push("pg_static", MetricKind::Unknown, help, &labels, 1.0);
}

/// Adds what the exporter tells of itself.
pub(super) fn own(up: bool, took: f64, scrapes: f64, page: &mut Page) {
    let good = f64::from(u8::from(up));
    page.gauge(
        "pg_up",
        "Whether the last scrape of metrics from PostgreSQL was able to connect to the server \
         (1 for yes, 0 for no).",
        &[],
        good,
    );
    page.gauge(
        "pg_exporter_last_scrape_error",
        "Whether the last scrape of metrics from PostgreSQL resulted in an error (1 for error, 0 \
         for success).",
        &[],
        1.0 - good,
    );
    page.gauge(
        "pg_exporter_last_scrape_duration_seconds",
        "Duration of the last scrape of metrics from PostgreSQL.",
        &[],
        took,
    );
    page.counter(
        "pg_exporter_scrapes_total",
        "Total number of times PostgreSQL was scraped for metrics.",
        &[],
        scrapes,
    );
}

#[cfg(test)]
mod tests {
    use super::{scale, settings, version};
    use crate::Page;
    use crate::postgres::Table;
    use expect_test::expect;

    #[test]
    fn settings_have_their_unit_in_the_name() {
        let row = |texts: [&str; 5]| texts.map(|text| Some(text.to_owned())).to_vec();
        let columns = ["name", "setting", "unit", "vartype", "short_desc"];
        let table = Table {
            columns: columns.map(ToOwned::to_owned).to_vec(),
            rows: vec![
                row(["max_connections", "100", "", "integer", "d"]),
                row(["shared_buffers", "16384", "8kB", "integer", "d"]),
                row(["checkpoint_timeout", "300", "s", "integer", "d"]),
                row(["log_min_duration_statement", "-1", "ms", "integer", "d"]),
                row(["deadlock_timeout", "1500", "ms", "integer", "d"]),
                row(["ssl", "on", "", "bool", "d"]),
                row(["a.b-c", "0.5", "", "real", "d"]),
                row(["odd name", "1", "", "integer", "d"]),
                row(["odd_unit", "1", "parsec", "integer", "d"]),
                row(["odd_value", "x", "", "integer", "d"]),
            ],
        };
        let mut page = Page::default();
        settings(&table, &mut page);
        version("PostgreSQL 15.1", 150_001, &mut page);
        let text = exposition::render_text(&page.into_families());
        let help = "Server Parameter: shared_buffers [Units converted to bytes.]\n";
        assert!(text.contains(&format!("# HELP pg_settings_shared_buffers_bytes {help}")));
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("# HELP")).collect();
        expect![[r#"
            # TYPE pg_settings_a_b_c gauge
            pg_settings_a_b_c 0.5
            # TYPE pg_settings_checkpoint_timeout_seconds gauge
            pg_settings_checkpoint_timeout_seconds 300
            # TYPE pg_settings_deadlock_timeout_seconds gauge
            pg_settings_deadlock_timeout_seconds 1.5
            # TYPE pg_settings_log_min_duration_statement_seconds gauge
            pg_settings_log_min_duration_statement_seconds -1
            # TYPE pg_settings_max_connections gauge
            pg_settings_max_connections 100
            # TYPE pg_settings_shared_buffers_bytes gauge
            pg_settings_shared_buffers_bytes 1.34217728e+08
            # TYPE pg_settings_ssl gauge
            pg_settings_ssl 1
            # TYPE pg_static untyped
            pg_static{short_version="15.1.0",version="PostgreSQL 15.1"} 1
        "#]]
        .assert_eq(&(lines.join("\n") + "\n"));
        assert_eq!((scale("16MB"), scale("x16MB")), (Some(("bytes", 16_777_216.0)), None));
    }
}
