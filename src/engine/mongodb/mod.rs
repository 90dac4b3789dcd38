//! MongoDB, through the `mongodb` crate over a SOCKS5 proxy of its own that leads to the vantage, and through bare
//! `OP_MSG` where the driver would ask otherwise than it is told to.

mod client;
mod facts;
mod fate;
mod hello;
mod proxy;
mod server;
mod session;
mod wire;
mod writes;

pub use hello::{Hello, TopologyVersion};
pub use server::{Configuration, Server};
pub use session::Session;
pub use wire::{Answer, Connection};
