use super::*;
use std::sync::atomic::{AtomicU32, Ordering};

#[tokio::test(start_paused = true)]
async fn inv_60_a_panic_restarts_its_part_and_stops_no_other() {
    let runs = Arc::new(AtomicU32::new(0));
    let mut supervisor = Supervisor::new();
    let counted = Arc::clone(&runs);
    supervisor.start("shaky", move |mut stop| {
        let run = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            assert!(run >= 3, "the first three runs fail");
            stop.wait().await;
        }
    });
    let (told, mut hears) = watch::channel(0_u32);
    supervisor.start("steady", move |mut stop| {
        let told = told.clone();
        async move {
            told.send_replace(1);
            stop.wait().await;
            told.send_replace(2);
        }
    });
    let panics = supervisor.panic_counts();
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(runs.load(Ordering::SeqCst), 4);
    assert_eq!(panics.snapshot(), BTreeMap::from([("shaky", 3), ("steady", 0)]));
    assert_eq!(*hears.borrow_and_update(), 1);
    assert_eq!(supervisor.stop(Duration::from_secs(5)).await, Vec::<String>::new());
    assert_eq!(*hears.borrow_and_update(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_part_that_does_not_stop_is_reported() {
    let mut supervisor = Supervisor::new();
    supervisor.start("deaf", |_| std::future::pending());
    tokio::time::sleep(Duration::from_secs(1)).await;
    let late = supervisor.stop(Duration::from_secs(5)).await;
    assert_eq!(late, ["1 parts did not stop within 5s"]);
}
