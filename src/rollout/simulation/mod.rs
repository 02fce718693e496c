//! The whole loop on an engine in memory, with a fault at every place. What must hold:
//!
//! - At every instant each service has at least as many serving containers as it had and will have.
//!   Excepted are, of a service replaced stop-first, as many as its parallelism allows to be down;
//!   those that live in a container that is replaced stop-first; and new ones that broke by
//!   themselves after they were ready, with those that live in them.
//! - What cannot run twice never does: of a replica that is replaced stop-first the old and the new
//!   container never run at the same time, and while the new one runs no restart of the engine starts
//!   the old one. An old container that serves again has its restart policy again.
//! - Who lives in another container's network is started only while that one runs, and never stays
//!   behind in one that goes.
//! - A proxy that the user's command points at containers points at those that serve, at every
//!   instant; in the end its file names containers there are.
//! - No container that is not the plan's is touched.
//! - A run ends with every replica old, all serving under their own names, and the files unwritten;
//!   or with every replica new, and the files written; or with some of each, and says so: allowed
//!   failures (`Partial`), a pause, or stuck with everything named that is left. What it says to have
//!   changed is what changed.
//! - After a way back that got stuck, after a pause, and after the death of the process at any call,
//!   before or after its effect, and after any record, `resume` reaches one of the final ends, and
//!   `abort` all old or, past the commit point, all new.
//! - A lost answer is settled by looking: if the effect happened, it counts. So are files of which
//!   nobody knows whether they were written.
//! - Once the journal can keep no record, nothing further is begun.
//!
//! Plans have 1 to 4 services, independent, in need of each other, or one in the other's network; 1
//! to 12 replicas each, of which the last may be added or removed; both orders and every policy;
//! with and without the steps that lead requests. Nobody else is on their network, so that there
//! are no helpers: what those do is held in `cutover` and on a real engine.

mod faults;
mod random;
mod requests;
mod scene;
mod signpost;
mod switching;
mod waits;
