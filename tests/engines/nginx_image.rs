//! What the image `nginx:latest` promises.

use anyhow::{Result, ensure};

use super::container::{Container, request};
use super::docker::NGINX;

const PAGE: &str = "Welcome to nginx!";

#[tokio::test]
async fn it_serves_its_page_logs_and_has_what_the_documents_run_in_it() -> Result<()> {
    let mut container = Container::start(request(NGINX)).await?;
    // A port that is not open yet cannot be watched, only tried.
    let page = container
        .output("curl --silent --retry 50 --retry-delay 1 --retry-connrefused localhost")
        .await?;
    ensure!(page.contains(PAGE), "{page}");
    container.says("\"GET / HTTP/1.1\" 200").await?;
    let missing = "curl --silent --output /dev/null --write-out '%{http_code}' localhost/none";
    assert_eq!(container.output(missing).await?, "404");
    ensure!(
        container.log().await?.contains("/none\" failed (2: No such file"),
        "no error in its log"
    );

    // As an exercise of a document does, whose files are read with their checksums.
    let sum = "bash -c 'echo 1 >/usr/share/nginx/html/a.txt && curl --silent localhost/a.txt | sha256sum'";
    let expected = "4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865  -";
    assert_eq!(container.output(sum).await?, expected);
    let tools = container.output("sha256sum --version && ls --version").await?;
    ensure!(tools.contains("GNU coreutils"), "{tools}");

    container.stop().await?;
    assert_eq!(container.ended().await?, 0);
    let log = container.log().await?;
    ensure!(
        log.contains("SIGQUIT") && log.contains("gracefully shutting down"),
        "{log}"
    );

    container.start_again().await?;
    let kept = "curl --silent --retry 50 --retry-delay 1 --retry-connrefused localhost/a.txt";
    assert_eq!(container.output(kept).await?, "1");
    Ok(())
}
