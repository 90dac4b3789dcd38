//! A database that a Deployment runs: what it is found to be, what is done to it, and what that comes to.

mod discovery;
mod drills;
mod manifests;
mod tape;
mod verdict;
