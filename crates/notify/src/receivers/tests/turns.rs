//! Many messages at once to one receiver: they take turns, and nobody waits beyond the deadline.

use super::*;
use crate::Integration;
use config::WebhookConfig;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use tokio::task::JoinSet;

const MESSAGES: usize = 40;

fn webhook(site: &Site) -> Arc<Integration> {
    let config = WebhookConfig { url: secret(url(site, "/")), ..WebhookConfig::default() };
    let kind = IntegrationKind::Webhook(Box::new(config));
    let config = config::Integration { send_resolved: true, index: 0, kind };
    Arc::new(Integration::new(&config, None, &Arc::new(around(Templates::default()))))
}

/// Begins to deliver messages, all at the same time.
fn begin(
    integration: &Arc<Integration>,
    messages: usize,
) -> JoinSet<Result<Stored, DeliveryError>> {
    let mut tasks = JoinSet::new();
    for _ in 0..messages {
        let integration = Arc::clone(integration);
        let minute = Duration::from_mins(1);
        tasks.spawn(async move { integration.deliver(&firing(), minute).await });
    }
    tasks
}

#[tokio::test]
async fn few_messages_are_under_way_at_once_and_all_arrive() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (here, top) = (Arc::clone(&now), Arc::clone(&most));
    let site = Site::start(move |_: &Asked| {
        top.fetch_max(here.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        thread::sleep(Duration::from_millis(5));
        here.fetch_sub(1, Ordering::SeqCst);
        Scripted::from((200, "ok".to_owned()))
    });
    let told = begin(&webhook(&site), MESSAGES).join_all().await;
    assert!(told.iter().all(Result::is_ok), "{told:?}");
    assert_eq!(site.asked().len(), MESSAGES);
    let most = most.load(Ordering::SeqCst);
    assert!((2..=8).contains(&most), "{most} at once");
}

#[tokio::test]
async fn who_waits_for_a_turn_in_vain_is_tried_again() {
    let (open, gate) = mpsc::channel::<()>();
    let (gate, arrived) = (Mutex::new(gate), Arc::new(AtomicUsize::new(0)));
    let here = Arc::clone(&arrived);
    let site = Site::start(move |_: &Asked| {
        here.fetch_add(1, Ordering::SeqCst);
        // Answers nobody before the test is over.
        let _closed = gate.lock().unwrap_or_else(PoisonError::into_inner).recv();
        Scripted::from((200, "ok".to_owned()))
    });
    let integration = webhook(&site);
    let underway = begin(&integration, 8);
    while arrived.load(Ordering::SeqCst) < 8 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let error = integration.deliver(&firing(), Duration::from_millis(50)).await.unwrap_err();
    assert!(error.is_retryable());
    let words = "8 messages to this webhook are under way, and none of them ended within 0.05 s";
    assert_eq!(error.to_string(), words);
    drop((open, underway));
}
