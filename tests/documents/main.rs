//! The documents' claims, each proven on a real cluster: a file a document, a test a claim.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, in which a panic is a failure"
)]

#[path = "../support/mod.rs"]
mod support;

mod db_mysql;
mod db_postgres;
mod grade_submission_mongodb;
mod minikube_mysql;
mod odd_passwords;
mod sfs_nginx;
mod volume_directory;
mod wealist_postgres;
mod wealist_postgres_deployment;
mod wealist_postgres_replicas;
mod wealist_postgres_storage;
