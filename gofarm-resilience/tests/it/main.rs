//! Behaviour that users rely on, a file for each subject.

mod bulkhead;
mod hedge;
mod retry;
mod token_bucket;
