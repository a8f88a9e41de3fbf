//! Behaviour that users rely on, a file for each subject.

mod adaptive;
mod bulkhead;
mod fallback;
mod flow;
mod health;
mod hedge;
mod retry;
mod semaphore;
mod token_bucket;
mod zone;
