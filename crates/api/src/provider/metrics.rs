//! The process's own metrics.

/// Renders what the process measures about itself.
pub trait MetricsProvider: Send + Sync {
    /// Appends all metrics in Prometheus' text format 0.0.4.
    fn render(&self, out: &mut String);
}
