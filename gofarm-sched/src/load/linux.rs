//! The load of a Linux machine, from `/proc`.
//!
//! What is measured, and by what:
//!
//! | metric | from | is |
//! |---|---|---|
//! | processors | `/proc/stat` | time that was neither idle nor waiting for disks, by all time, between two samples |
//! | memory | `/proc/meminfo`, `/proc/pressure/memory` | the greater of the share that is not available and the share of time in which some task waited for memory |
//! | waiting for disks | `/proc/pressure/io`, else `/proc/stat` | the share of time in which some task waited for disks; without PSI the `iowait` share, which the kernel's own manual calls unreliable |
//! | network | `/proc/net/dev` | bytes, errors and drops per second; **no latency**, the kernel does not know it |
//!
//! Network latency and the application's round trip come from the caller's own probes: set them on the load that
//! [`Collector::sample`] returns. The processors are those of the whole machine, also in a container.
//!
//! PSI (pressure stall information) is in kernels from 4.20 on, unless switched off; see
//! `Documentation/accounting/psi.rst`. The other files: `proc_stat(5)`, `proc_meminfo(5)`, `proc_pid_net(5)`.
//!
//! Parsing is apart from reading: [`CpuTimes`], [`Memory`], [`Pressure`] and [`interfaces`] take text and give values, or
//! say in which line of which file they found what they cannot understand.

mod collector;
mod error;
mod memory;
mod net_dev;
mod pressure;
mod stat;

pub use collector::{Collector, Traffic};
pub use error::{CollectError, Flaw, ParseError, ProcFile};
pub use memory::Memory;
pub use net_dev::{Interface, interfaces};
pub use pressure::{Pressure, Stall};
pub use stat::{CpuShares, CpuTimes};
