use std::net::IpAddr;

use super::{Vantage, VantageError};

impl Vantage {
    /// Asks the cluster's DNS for a name; empty when it does not resolve.
    ///
    /// # Errors
    /// [`VantageError`] when the vantage could not ask.
    pub async fn resolve(&self, name: &str) -> Result<Vec<String>, VantageError> {
        let (out, _) = self.run(&["nslookup", name]).await?;
        Ok(answers(&out))
    }
}

/// The addresses in what busybox' `nslookup` prints.
///
/// Its first block is the server that was asked; the answers follow a blank line, as `Address: A` or, in older
/// versions, `Address 1: A NAME`.
fn answers(output: &str) -> Vec<String> {
    let mut addresses: Vec<_> = output
        .lines()
        .skip_while(|line| !line.trim().is_empty())
        .filter_map(|line| line.trim().strip_prefix("Address"))
        .filter_map(|line| {
            line.split_once(':')?
                .1
                .split_whitespace()
                .next()?
                .parse::<IpAddr>()
                .ok()
        })
        .map(|address| address.to_string())
        .collect();
    addresses.sort();
    addresses.dedup();
    addresses
}

#[cfg(test)]
mod tests {
    use super::answers;

    #[test]
    fn the_servers_own_address_is_no_answer() {
        let output = "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\n\
                      Name:\tpostgres-0.postgres-service.db.svc.cluster.local\nAddress: 10.244.0.7\n\n";
        assert_eq!(answers(output), ["10.244.0.7"]);
    }

    #[test]
    fn several_answers_come_sorted_and_once() {
        let output = "Server: 10.96.0.10\nAddress: 10.96.0.10:53\n\nName: a\nAddress: 10.0.0.9\nName: a\n\
                      Address: 10.0.0.3\nName: a\nAddress: 10.0.0.9\n";
        assert_eq!(answers(output), ["10.0.0.3", "10.0.0.9"]);
    }

    #[test]
    fn the_older_form_is_read_too() {
        let output =
            "Server:    10.96.0.10\nAddress 1: 10.96.0.10 kube-dns\n\nName:      a\nAddress 1: 10.0.0.3 a\n";
        assert_eq!(answers(output), ["10.0.0.3"]);
    }

    #[test]
    fn a_name_that_does_not_exist_has_none() {
        let output = "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\n** server can't find a: NXDOMAIN\n\n";
        assert!(answers(output).is_empty());
    }
}
