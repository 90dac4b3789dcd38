use std::io;
use std::thread;

use tokio::sync::oneshot;

/// Waits on a thread of its own, not the runtime's: a runtime that ends waits for its blocking threads, and an
/// interrupt must not wait for somebody else. When nobody asks any more, the thread's answer is dropped.
pub(super) async fn on_a_thread<T: Send + 'static>(
    wait: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (send, receive) = oneshot::channel();
    thread::Builder::new()
        .name("stateproof-wait".to_owned())
        .spawn(move || drop(send.send(wait())))?;
    receive
        .await
        .unwrap_or_else(|_| Err(io::Error::other("the waiting thread ended")))
}
