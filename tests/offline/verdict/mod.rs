//! What histories come to, promise by promise: for each way of keeping one, ways of not keeping it.

mod address;
pub mod checks;
mod crash;
mod failure;
mod fault;
mod identity;
mod order;
mod pages;
mod pause;
mod placement;
mod protection;
mod readiness;
mod recovery;
mod retention;
mod rollback;
mod rows;
mod run;
mod scaled;
mod services;
mod storage;
mod times;
mod unmet;
mod unspoken;
mod upgrade;
mod version;
