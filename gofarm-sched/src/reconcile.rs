//! A level-triggered work queue.
