//! The Docker engine: whether it is there and has the image.

use std::collections::HashMap;

use anyhow::{Context, Result};
use testcontainers::bollard::Docker;
use testcontainers::core::client::docker_client_instance;
use tokio::sync::OnceCell;

use super::container::within;

/// The image's name.
pub const NAME: &str = "postgres";
/// The image's tag.
pub const TAG: &str = "16-alpine";

/// An image's labels.
pub type Labels = HashMap<String, String>;

/// The engine that testcontainers talks to, for what testcontainers cannot do.
pub async fn docker() -> Result<Docker> {
    Ok(docker_client_instance().await?)
}

/// The labels of the image. It is asked for before every container, since testcontainers would otherwise pull what is
/// missing, and take its time.
pub async fn labels() -> Result<&'static Labels> {
    static LABELS: OnceCell<Labels> = OnceCell::const_new();
    let labels = LABELS.get_or_try_init(|| within("Docker's word on the image", inspect()));
    labels.await.with_context(|| {
        format!("these tests need Docker with the image {NAME}:{TAG} in it: run scripts/setup")
    })
}

/// Whether the image is one of the project's stand-ins.
pub async fn is_stand_in() -> Result<bool> {
    Ok(labels().await?.contains_key("io.stateproof.stand-in-for"))
}

async fn inspect() -> Result<Labels> {
    let image = docker().await?.inspect_image(&format!("{NAME}:{TAG}")).await?;
    Ok(image.config.and_then(|config| config.labels).unwrap_or_default())
}
