//! What connects the machines to threads, disks and links; everything here waits, and nothing here decides.
//!
//! | module | it connects |
//! |---|---|
//! | [`handle`] | many tasks with one store: one wait for the disk for all of them |
//! | [`run`](mod@run) | a replica with one peer: its session, its timers, a [`Transport`] |
//! | [`channel`] | two replicas of one process |
//! | `mqtt` | a replica with all its peers over one MQTT 5 broker (feature `mqtt`) |

pub mod channel;
pub mod handle;
#[cfg(feature = "mqtt")]
pub mod mqtt;
pub mod run;
mod traffic;
mod transport;

pub use run::run;
pub use traffic::Traffic;
pub use transport::{Arrival, Transport};
