//! The engine adapters, and the images they are proven with, against single containers.
//!
//! They need Docker with the images; `scripts/setup` provides both.

#[path = "../support/certificates.rs"]
mod certificates;
mod container;
mod docker;
mod exec;
mod http;
mod initialisation;
mod interrupt;
mod least_privilege;
mod loopback;
mod mongo_image;
mod mongo_server;
mod mongodb;
mod mysql;
mod mysql_image;
mod mysql_server;
mod nginx_image;
mod postgres;
mod postgres_15;
mod rows;
mod server;
mod stand_in;
mod tls;
