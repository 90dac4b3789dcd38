//! What histories come to, promise by promise: for each way of keeping one, ways of not keeping it.

mod address;
pub mod checks;
mod fault;
mod identity;
mod pages;
mod readiness;
mod recovery;
mod retention;
mod rows;
mod run;
mod services;
mod storage;
mod times;
mod version;
