//! The whole loop on an engine in memory, with a fault at every place. What must hold:
//!
//! - At every instant each service has at least as many serving containers as it had and will have,
//!   but for those that are down because they are replaced stop-first, and for new ones that broke
//!   by themselves after they were ready.
//! - What cannot run twice never does: of a replica that is replaced stop-first the old and the new
//!   container never run at the same time.
//! - No container that is not the plan's is touched.
//! - A run ends with every replica old, all serving under their own names, and the files unwritten;
//!   or with every replica new, and the files written; or with some of each, and says so: allowed
//!   failures (`Partial`), a pause, or stuck with everything named that is left.
//! - After a way back that got stuck, after a pause, and after the death of the process at any call,
//!   before or after its effect, `resume` reaches one of the final ends, and `abort` all old or, past
//!   the commit point, all new.
//! - A lost answer is settled by looking: if the effect happened, it counts.
//! - Once the journal can keep no record, nothing further is begun.

mod faults;
mod random;
mod scene;
mod waits;
