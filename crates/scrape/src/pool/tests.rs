use super::{Command, Pool, Running};
use crate::pools::tests::{context, job};
use crate::view::{PoolEntry, Shared};
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

#[tokio::test(start_paused = true)]
async fn a_loop_that_hangs_does_not_keep_the_server_from_stopping() {
    let mut pool = Pool::new(context(), PoolEntry::new("j"), job());
    let (commands, _receiver) = watch::channel(Command::End);
    let (task, shared) = (tokio::spawn(pending()), Arc::new(Shared::default()));
    pool.running.insert(1, Running { commands, task, shared, ending: false });
    tokio::time::timeout(Duration::from_mins(1), pool.stop()).await.unwrap();
}
