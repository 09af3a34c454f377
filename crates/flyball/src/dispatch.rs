//! Carries the effects of the alert dispatcher: one owner task, one task per delivery.
//! A loop without decisions: when and to whom, `alerts` knows; how, `notify` knows.

use crate::supervise::Stop;
use alerts::{
    Alert, Delivery, Dispatcher, DispatcherStats, Effect, Event, Moment, Notification, Receiver,
    Route, RouteError, Ticket,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use sys::Clock;
use tokio::sync::mpsc;

/// Longest sleep, so that clock jumps are noticed soon.
const SLEEP_MAX: Duration = Duration::from_secs(5);
/// Outcomes waiting for the owner; a delivery waits when it is full.
const OUTCOMES_MAX: usize = 256;

/// Delivers notifications of one receiver, one integration after another in its list.
pub(crate) trait Deliver: Send + Sync {
    /// Delivers one message within `timeout`.
    fn deliver(
        &self,
        notification: Notification,
        timeout: Duration,
    ) -> std::pin::Pin<Box<dyn Future<Output = Delivery> + Send + '_>>;
}

/// Integrations by receiver name.
pub(crate) type Integrations = HashMap<String, Vec<Arc<dyn Deliver>>>;

/// The dispatcher with what it needs to act; replaced as a whole by a reload.
pub(crate) struct Dispatch {
    dispatcher: Mutex<Dispatcher>,
    integrations: Mutex<Arc<Integrations>>,
    clock: Arc<dyn Clock>,
}

impl Dispatch {
    pub(crate) fn new(
        dispatcher: Dispatcher,
        integrations: Integrations,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let integrations = Mutex::new(Arc::new(integrations));
        Self { dispatcher: Mutex::new(dispatcher), integrations, clock }
    }

    /// Routes by another tree from now on; nothing that receivers were told is forgotten.
    pub(crate) fn replace(
        &self,
        root: Route,
        receivers: &[Receiver],
        integrations: Integrations,
    ) -> Result<(), RouteError> {
        let now = self.moment();
        let mut dispatcher = self.dispatcher.lock().unwrap_or_else(PoisonError::into_inner);
        dispatcher.reroute(now, root, receivers)?;
        *self.integrations.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(integrations);
        Ok(())
    }

    fn moment(&self) -> Moment {
        Moment { wall: self.clock.now(), monotonic: self.clock.monotonic() }
    }

    pub(crate) fn stats(&self) -> DispatcherStats {
        self.dispatcher.lock().unwrap_or_else(PoisonError::into_inner).stats()
    }

    /// Takes alerts and timers until it is time to stop.
    pub(crate) async fn run(
        self: Arc<Self>,
        inbox: Arc<tokio::sync::Mutex<mpsc::Receiver<Vec<Alert>>>>,
        mut stop: Stop,
    ) {
        let mut inbox = inbox.lock().await;
        let (report, mut outcomes) = mpsc::channel(OUTCOMES_MAX);
        while !stop.is_given() {
            let event = tokio::select! {
                Some(alerts) = inbox.recv() => Event::Alerts(alerts),
                Some((ticket, delivery)) = outcomes.recv() => Event::Delivered(ticket, delivery),
                () = tokio::time::sleep(self.until_next_wake()) => Event::Tick,
                () = stop.wait() => break,
            };
            self.step(event, &report);
        }
    }

    fn until_next_wake(&self) -> Duration {
        let wake = self.dispatcher.lock().unwrap_or_else(PoisonError::into_inner).next_wake();
        let left = wake.map(|wake| wake.saturating_sub(self.clock.monotonic()));
        left.unwrap_or(SLEEP_MAX).min(SLEEP_MAX)
    }

    fn step(&self, event: Event, report: &mpsc::Sender<(Ticket, Delivery)>) {
        let now = self.moment();
        let mut effects = Vec::new();
        self.dispatcher.lock().unwrap_or_else(PoisonError::into_inner).step(
            now,
            event,
            &mut effects,
        );
        for effect in effects {
            match effect {
                Effect::Notify { ticket, notification, timeout } => {
                    self.deliver(ticket, notification, timeout, report.clone());
                }
                Effect::GaveUp { receiver, group_key } => {
                    tracing::error!(receiver, group_key, "receiver refused a notification");
                }
            }
        }
    }

    fn deliver(
        &self,
        ticket: Ticket,
        notification: Notification,
        timeout: Duration,
        report: mpsc::Sender<(Ticket, Delivery)>,
    ) {
        let all = Arc::clone(&self.integrations.lock().unwrap_or_else(PoisonError::into_inner));
        let list = all.get(&notification.receiver);
        let integration = list.and_then(|list| list.get(notification.integration)).cloned();
        tokio::spawn(async move {
            let outcome = match integration {
                Some(integration) => integration.deliver(notification, timeout).await,
                None => Delivery::Refused,
            };
            // A closed channel means the owner has stopped: nobody is left to be told.
            drop(report.send((ticket, outcome)).await);
        });
    }
}
