//! What connects the machines to threads, disks and links; everything here waits, and nothing here decides.

pub mod handle;
