//! `composeup config` against real Compose 2.40.

mod corpus;
mod details;
mod invalid;
