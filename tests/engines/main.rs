//! The engine adapters, and the images they are proven with, against single containers.
//!
//! They need Docker with the image; `scripts/setup` provides both.

mod container;
mod docker;
mod initialisation;
mod interrupt;
mod loopback;
mod mongo_server;
mod mongodb;
mod postgres;
mod server;
mod stand_in;
