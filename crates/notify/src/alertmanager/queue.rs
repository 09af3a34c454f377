//! Alerts that wait for one Alertmanager: bounded, the newest are kept.
//! Source: Prometheus 3.14 `notifier/sendloop.go`. Pure.

use alerts::Alert;
use std::collections::VecDeque;
use std::sync::Arc;

/// A bounded queue.
#[derive(Debug)]
pub(super) struct Queue {
    alerts: VecDeque<Arc<Alert>>,
    alerts_max: usize,
}

impl Queue {
    pub(super) fn new(alerts_max: usize) -> Self {
        Self { alerts: VecDeque::new(), alerts_max }
    }

    /// Adds alerts at the end; answers how many, the oldest ones, found no room.
    pub(super) fn add(&mut self, alerts: &[Arc<Alert>]) -> usize {
        let of_batch = alerts.len().saturating_sub(self.alerts_max);
        let alerts = &alerts[of_batch..];
        let of_queue = (self.alerts.len() + alerts.len()).saturating_sub(self.alerts_max);
        self.alerts.drain(..of_queue);
        self.alerts.extend(alerts.iter().cloned());
        of_batch + of_queue
    }

    /// Takes at most so many alerts from the beginning.
    pub(super) fn take(&mut self, most: usize) -> Vec<Arc<Alert>> {
        let count = most.min(self.alerts.len());
        self.alerts.drain(..count).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.alerts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Labels, Timestamp};

    fn alerts(names: std::ops::Range<u32>) -> Vec<Arc<Alert>> {
        let alert = |name: u32| {
            Arc::new(Alert {
                labels: Labels::from_pairs([("alertname", name.to_string())]),
                annotations: alerts::Texts::default(),
                starts_at: Timestamp::from_ms(0),
                ends_at: Timestamp::from_ms(0),
                updated_at: Timestamp::from_ms(0),
                generator_url: "".into(),
                ends_by_timeout: false,
            })
        };
        names.map(alert).collect()
    }

    fn names(alerts: &[Arc<Alert>]) -> Vec<u32> {
        let name = |alert: &Arc<Alert>| alert.labels.value("alertname").parse().expect("a number");
        alerts.iter().map(name).collect()
    }

    #[test]
    fn the_newest_are_kept() {
        let mut queue = Queue::new(4);
        assert_eq!(queue.add(&alerts(0..3)), 0);
        assert_eq!(queue.add(&alerts(3..6)), 2);
        assert_eq!(queue.len(), 4);
        assert_eq!(names(&queue.take(3)), [2, 3, 4]);
        assert_eq!(names(&queue.take(3)), [5]);
        assert_eq!(queue.take(3), []);
    }

    #[test]
    fn of_a_batch_above_the_limit_the_end_is_kept() {
        let mut queue = Queue::new(4);
        assert_eq!(queue.add(&alerts(0..1)), 0);
        assert_eq!(queue.add(&alerts(1..10)), 6);
        assert_eq!(names(&queue.take(9)), [6, 7, 8, 9]);
    }
}
