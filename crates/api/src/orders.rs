//! Orders of an operator (reload, compact, delete, ...): on a blocking thread, one at a time.
//! Who comes meanwhile waits, and no longer than the client does. An order that has begun is not
//! cancelled when its client leaves: half a compaction helps nobody.

use crate::App;
use crate::reply::{ApiError, ErrorType};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Carries out one order after the other.
#[derive(Debug)]
pub(crate) struct Orders(Arc<Semaphore>);

impl Default for Orders {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

impl Orders {
    /// Waits for its turn, then for the end of the work.
    pub(crate) async fn carry_out<T, E>(
        &self,
        app: &App,
        work: impl FnOnce(&App) -> Result<T, E> + Send + 'static,
    ) -> Result<T, ApiError>
    where
        T: Send + 'static,
        E: Into<ApiError> + Send + 'static,
    {
        let turn = Arc::clone(&self.0).acquire_owned().await;
        let turn = turn.expect("the semaphore is never closed");
        let app = App::clone(app);
        let job = tokio::task::spawn_blocking(move || {
            let done = work(&app);
            drop(turn);
            done
        });
        match job.await {
            Ok(done) => done.map_err(Into::into),
            Err(error) => {
                tracing::error!(%error, "an operator's order panicked");
                Err(ApiError::new(ErrorType::Internal, "a bug in the server; see its log"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProviderError;
    use crate::test_client::{Client, run};
    use std::sync::mpsc::channel;

    #[test]
    fn one_order_after_the_other_and_none_for_clients_that_left() {
        let client = Client::new();
        let orders = Orders::default();
        run(async {
            let ((begun, began), (end, ends)) = (channel::<()>(), channel::<()>());
            let first = orders.carry_out(&client.app, move |_| {
                begun.send(()).unwrap();
                ends.recv().unwrap();
                Ok::<_, ProviderError>(1)
            });
            let (told, tell) = channel::<()>();
            let second = orders.carry_out(&client.app, move |_| {
                told.send(()).unwrap();
                Ok::<_, ProviderError>(2)
            });
            let (mut first, mut second) = (Box::pin(first), Box::pin(second));
            let began = tokio::task::spawn_blocking(move || began.recv().unwrap());
            tokio::select! {
                biased;
                _ = &mut first => panic!("the first order waits"),
                began = began => began.unwrap(),
            }
            // Asked once, it waits for its turn; then its client leaves.
            assert!(
                std::future::poll_fn(|cx| {
                    std::task::Poll::Ready(second.as_mut().poll(cx).is_pending())
                })
                .await
            );
            drop(second);
            end.send(()).unwrap();
            assert_eq!(first.await.ok(), Some(1));
            assert_eq!(
                orders.carry_out(&client.app, |_| Ok::<_, ProviderError>(3)).await.ok(),
                Some(3)
            );
            assert!(tell.try_recv().is_err(), "an order whose client left is not carried out");
        });
    }
}
