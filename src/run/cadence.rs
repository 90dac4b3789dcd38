use std::time::Duration;

/// How often something that cannot be watched is tried again: a name's answer, the first accepted connection. It is
/// the measurement's error, and stated as such.
pub const CADENCE: Duration = Duration::from_millis(50);

/// Waits for the next try. The only place that sleeps.
pub async fn next_try() {
    tokio::time::sleep(CADENCE).await;
}
