use std::time::Duration;

use super::{Vantage, VantageError};

/// Tries again and again in the vantage itself: to begin a command there costs the cluster more than the connection, and
/// takes longer than the pause between two of them (docs/adr/0005). Nothing is said over the connection that is made.
const UNTIL_CONNECTED: &str = r#"
end=$(($(date +%s) + $3))
until nc -w 2 "$1" "$2" -e true; do
  [ "$(date +%s)" -lt "$end" ] || exit 1
  sleep "$4"
done
"#;

/// How long the vantage tries by itself. Nobody can end a command there, so it ends by itself soon.
const PATIENCE_SECONDS: &str = "3";

/// Connections that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failed {
    /// How many.
    pub attempts: u32,
    /// What `nc` said of the last.
    pub last: Option<String>,
}

impl Vantage {
    /// Waits until something takes a connection, or for a few seconds, and gives the attempts that failed meanwhile, each so
    /// long after the one before.
    ///
    /// # Errors
    /// [`VantageError`] when the vantage could not be asked.
    pub async fn await_listener(
        &self,
        host: &str,
        port: u16,
        pause: Duration,
    ) -> Result<Failed, VantageError> {
        let (port, pause) = (port.to_string(), pause.as_secs_f64().to_string());
        let command = [
            "sh",
            "-c",
            UNTIL_CONNECTED,
            "sh",
            host,
            &port,
            PATIENCE_SECONDS,
            &pause,
        ];
        let (_, err) = self.run(&command).await?;
        Ok(failed(&err))
    }
}

/// What `nc` says: a line for each attempt that failed.
fn failed(said: &str) -> Failed {
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    Failed {
        attempts: u32::try_from(lines().count()).unwrap_or(u32::MAX),
        last: lines().next_back().map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::{Failed, failed};

    #[test]
    fn each_line_is_an_attempt() {
        let said = "nc: bad address 'postgres-0'\r\nnc: can't connect to remote host (10.0.0.7): Connection refused\r\n";
        let expected = Failed {
            attempts: 2,
            last: Some("nc: can't connect to remote host (10.0.0.7): Connection refused".to_owned()),
        };
        assert_eq!(failed(said), expected);
    }

    #[test]
    fn a_connection_at_once_has_no_failure_before_it() {
        assert_eq!(failed(""), Failed::default());
    }
}
