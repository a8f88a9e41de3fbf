//! Behaviour that users rely on, a file for each subject.

mod breaker;
