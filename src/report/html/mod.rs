//! One page that needs nothing but itself.

mod bars;
mod drill;
mod facts;
mod figure;
mod filters;
mod page;
mod recovery;
mod rounds;
mod why;

pub use page::html;
