//! A farm that goes on for 72 hours without a link: what is decided where, and what to do about each thing that fails.
//!
//! Your gateway loses its uplink on Friday evening. Until Monday the valves must open and close, people must be able to
//! change the plan at the panel, and in the cloud somebody changes it too. On Monday everything must agree, and nothing
//! that was done may be lost or done twice. That is not a property of a database but of the design around it. This
//! guide is the list of decisions, each with what this crate does about it.
//!
//! # What to replicate, and what never
//!
//! Ask of each piece of data what happens if it arrives two days late. If it is still true, or is
//! replaced by something truer, it is state. If it does harm, it is not.
//!
//! | data | where | why |
//! |---|---|---|
//! | plan, set points, names, who is on duty | a field ([which?](super::choosing_a_type)) | true until changed |
//! | what a valve *is*, litres in all, the last command's end | a field that its own node writes | nobody else knows |
//! | **a command**: open, dose, start | [`gofarm_core::command`], never a field that says `open: true` | a merged wish would open a valve two days later |
//! | **a close** | the device itself, at the lease's end; sent directly, never queued behind a sync | it must not wait for anything |
//! | an effect outside: a mail, an order | the [`Outbox`](crate::journal::Outbox), in the same commit | exactly once, or known not to be known |
//! | raw readings, traces, metrics | a queue that may drop its oldest (gofarm-otel's spool, an uplink queue) | each commit rewrites flash |
//! | the last good reading of each probe | an `LwwMap`, written every few minutes | a controller elsewhere can go on |
//! | an alarm | [`EnableWinsFlag`](crate::EnableWinsFlag), watched with [`never_held`](crate::watch::WatchOptions::never_held) | no clock may hide it |
//! | keys, passwords | nowhere here | nothing is encrypted at rest |
//!
//! Where a small node has one line only, an order may travel as a *value* that has a command's id, expiry and lease in it;
//! the node hands it to its `Lease`, which decides. What protects the field is then still the lease, not the merge.
//!
//! # Three days, in a test
//!
//! Write locally, commit, meet later. Two replicas are alone for 72 hours; the field's has no wall time for the first
//! day, and its radio loses each third frame when they meet:
//!
//! ```
//! # #[cfg(feature = "std")] {
//! use gofarm_core::time::{Instant, UnixMillis, hours, secs};
//! use gofarm_crdt::clock::Now;
//! use gofarm_crdt::dot::ReplicaId;
//! use gofarm_crdt::store::MemoryStore; // on a gateway: RedbStore
//! use gofarm_crdt::sync::{Limits, PeerIdentity, Session};
//! use gofarm_crdt::{GCounter, Lww, Replica, Replicated};
//!
//! #[derive(Replicated, Default)]
//! struct Plot { stop_at: Lww<u8>, litres: GCounter }
//!
//! let (field, cloud) = (ReplicaId::new(7), ReplicaId::new(1));
//! let friday = UnixMillis::new(1_790_000_000_000);
//! let wall_of = |hour: u64| (hour >= 24).then(|| friday + hours(hour)); // the field's clock chip was empty
//!
//! let start = Now::new(Instant::ZERO, None);
//! let mut here = Replica::open(MemoryStore::new(field, 42), start)?;
//! let mut there = Replica::open(MemoryStore::new(cloud, 43), start)?;
//! let plot_here = here.register::<Plot>("plot/7")?;
//! let plot_there = there.register::<Plot>("plot/7")?;
//!
//! for hour in 0..72 {
//!     let instant = Instant::ZERO + hours(hour);
//!     here.update(Now::new(instant, wall_of(hour)), &plot_here, |plot| plot.litres.add(100));
//!     here.commit()?; // durable; the field goes on
//!     if hour == 60 {
//!         there.update(Now::new(instant, Some(friday + hours(hour))), &plot_there, |plot| plot.stop_at.set(55));
//!         there.commit()?;
//!     }
//! }
//!
//! let mut near = Session::new(PeerIdentity::own_only(cloud), Limits::lora(), 0x5eed);
//! let mut far = Session::new(PeerIdentity::own_only(field), Limits::lora(), 0xfeed);
//! let (mut frame, mut sent, mut bytes) = ([0; 48], 0, 0);
//! for second in 0..1_200 {
//!     let now = Now::new(Instant::ZERO + hours(72) + secs(second), Some(friday + hours(72) + secs(second)));
//!     while let Some(len) = near.poll_transmit(&mut here, now, &mut frame) {
//!         (sent, bytes) = (sent + 1, bytes + len);
//!         if sent % 3 != 0 { far.handle_input(&mut there, now, &frame[..len])?; there.commit()?; }
//!     }
//!     while let Some(len) = far.poll_transmit(&mut there, now, &mut frame) {
//!         (sent, bytes) = (sent + 1, bytes + len);
//!         if sent % 3 != 0 { near.handle_input(&mut here, now, &frame[..len])?; here.commit()?; }
//!     }
//! }
//! assert_eq!(there.read(&plot_there).litres.value(), 7_200);
//! assert_eq!(here.read(&plot_here).stop_at.get(), Some(&55));
//! println!("{sent} frames, {bytes} bytes");
//! assert!(bytes < 1_000); // the state of now is sent, not three days of writes
//! # }
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # When to commit
//!
//! A commit is the promise: before it nothing is sent or acknowledged, after it a power cut takes nothing. Commit at once
//! what a person or a peer must be able to rely on; gather the rest for seconds. On flash the *number* of commits wears,
//! not their size: one small commit into a `RedbStore` of 1 000 records writes 24 KB, 2.1 GB a day at one a
//! second, 35 MB at one a minute. [`WriteMeter`](crate::store::WriteMeter) shows yours. One commit takes 4 ms (p50) to 9 ms
//! (p99) on the disk that BENCHMARKS.md was measured on; many tasks share one wait with `driver::handle` (feature `tokio`).
//!
//! # Time that nobody knows
//!
//! Give [`Now`](crate::clock::Now) both clocks, and `None` for wall time while you do not know it; never a guess, never
//! 1970. Writes go on, in order. What happens to a clock that is wrong is in the table of [`clock`](crate::clock); you do two
//! things:
//!
//! - On [`Event::RestampNeeded`](crate::sync::Event::RestampNeeded) (a peer says that writes are from the future: more than
//!   60 s ahead) put the clock right, then call [`Replica::restamp`](crate::Replica::restamp) and commit.
//! - Choose types that need no clock where a wrong order would do harm ([guide](super::choosing_a_type#ask-first)).
//!
//! A device without wall time refuses opening *commands* and still closes; plan how it gets the time (the gateway sends it,
//! a GNSS receiver, a clock chip with a battery).
//!
//! # Names and identity
//!
//! - A [`ReplicaId`](crate::dot::ReplicaId) is the device's for life: [`ReplicaId::of`](crate::dot::ReplicaId::of) makes it
//!   from the `DeviceId`. A replaced board that takes over the id is the same replica; one with a new id is a new one.
//! - Each opening of a store draws a new *incarnation*, so a restored backup or a lost write can never number two writes the
//!   same. On a [`Board`](crate::Board) you give 32 random bits, used if its memory is gone.
//! - **Never let two programs run on copies of one store**: a cloned SD card is two writers under one name.
//!   [`Event::Impostor`](crate::sync::Event::Impostor) tells; stop one, or [`reincarnate`](crate::Replica::reincarnate) it.
//! - Say for whom a peer may speak: [`PeerIdentity::own_only`](crate::sync::PeerIdentity::own_only) for a node,
//!   [`relay_of`](crate::sync::PeerIdentity::relay_of) or [`relay`](crate::sync::PeerIdentity::relay) for a gateway. Who it is,
//!   the driver has to know: TLS, a radio's key, a cable.
//! - Name states by what is watched and granted together: `valve-control/7`, not `all`.
//!
//! # A disk that is full, slow or gone
//!
//! A commit that fails leaves the writes in memory: readers see them, the farm goes on, nobody is told that they are safe.
//! Commit again when the store is better, and tell a person in the meantime:
//!
//! ```
//! # #[cfg(feature = "std")] {
//! use gofarm_core::time::Instant;
//! use gofarm_crdt::clock::Now;
//! use gofarm_crdt::dot::ReplicaId;
//! use gofarm_crdt::store::MemoryStore;
//! use gofarm_crdt::store::fault::{Cut, FaultyStore};
//! use gofarm_crdt::{Lww, Replica, Replicated};
//!
//! #[derive(Replicated, Default)]
//! struct Plot { stop_at: Lww<u8> }
//!
//! let now = Now::new(Instant::ZERO, None);
//! let mut store = FaultyStore::new(MemoryStore::new(ReplicaId::new(7), 42));
//! store.cut_at(1, Cut::Before); // the first commit fails, and all after it
//! let mut replica = Replica::open(store, now)?;
//! let plot = replica.register::<Plot>("plot/7")?;
//!
//! replica.update(now, &plot, |plot| plot.stop_at.set(55));
//! assert!(replica.commit().is_err());                          // alarm; the kind of the error says what it was
//! assert_eq!(replica.read(&plot).stop_at.get(), Some(&55));    // and irrigation goes on
//!
//! let store = replica.into_store().into_inner().restored(44);  // the power goes before it got better
//! let mut replica = Replica::open(store, now)?;
//! let plot = replica.register::<Plot>("plot/7")?;
//! assert_eq!(replica.read(&plot).stop_at.get(), None);         // no peer ever saw it either
//! # }
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! Keep what may be dropped (telemetry, logs) on another partition, or bounded, so that it cannot take the room of what
//! may not. Create the store when the device is commissioned and only *open* it afterwards: `open_or_create` on a card that is
//! not mounted makes an empty farm without a word. A damaged file is an error at opening and nothing is written to it: put it
//! aside, create a new one, and let a peer fill it.
//!
//! # A new replica, and one that was away
//!
//! A new one needs an id, a store, the names of its states and a session with anybody who has them; the first sync brings
//! everything. Nothing has to be announced to the others. That peer must be a relay in its eyes: one that may bring only
//! its own writes brings only those. This holds for a node too that lost its store and wants its own old writes back.
//!
//! Call [`Replica::maintain`](crate::Replica::maintain) every minute or so, with a period of 6 hours: removed elements are
//! forgotten when every replica heard of in 14 days ([`HORIZON`](crate::replica::HORIZON)) has seen the removal. A
//! replica that was away for longer is given the full state and writes anew what nobody had seen of its own
//! ([`Event::AdoptionBegun`](crate::sync::Event::AdoptionBegun), `AdoptionEnded`). So a node in the barn over winter comes back by
//! itself, and one that is scrapped needs no farewell: after 14 days nobody waits for it.
//!
//! A node that others believe only about itself cannot give anybody the full state. Open it with
//! [`own_only`](crate::Replica::own_only): it then remembers removals for as long as a gateway that it knows may have missed
//! them. A gateway that lost its store and has no other to ask finds that out by
//! [`Event::FullStateNotGranted`](crate::sync::Event::FullStateNotGranted): believe the node as a
//! [`relay`](crate::sync::PeerIdentity::relay) for one session, and it hands over all that it has.
//!
//! # Backups
//!
//! Every peer with the same states is a backup already. For a file: stop the program and copy it, or take a snapshot of the
//! volume, which is what a power cut would leave. A copy made while the program writes is neither. A restored store opens with
//! a new incarnation; what its peers have comes back by itself, what only it had since the backup is lost. Leave the journal
//! of a *lease* out of backups: an old one has forgotten which commands ran, an empty one knows that it does not know, and
//! refuses.
//!
//! # On a radio
//!
//! | what | figure (BENCHMARKS.md) |
//! |---|---|
//! | smallest frame | 48 bytes |
//! | a record {bool, 9 bytes, f32} of a known cell, with headers and acknowledgements, in frames of 1 400 bytes | below 24.7 bytes |
//! | two equal replicas after a restart | at most 4 greetings of 41 bytes |
//! | silence otherwise: one keep-alive in | 1 h ([`Limits::lora`](crate::sync::Limits::lora)), 5 min ([`mqtt`](crate::sync::Limits::mqtt)), 30 s ([`lan`](crate::sync::Limits::lan)) |
//! | `season`: one field, 145 days, 37 restarts, frames of 48 bytes | 75 404 frames, 2.7 MB: 18 KB a day |
//! | a valve of 4 fields as a `Board` for 8 writers, Cortex-M0+ | 2 584 bytes of RAM |
//! | a session without heap, 16 writers, on a 64-bit machine | 9 088 bytes of RAM |
//!
//! A cell that was written a hundred times while the link was down is sent once. What counts on a slow link is therefore how
//! many *different* cells change in a day, and how often: round what jitters (a moisture to 0.01), and write a field when
//! it has changed, not when it was measured. The session does not limit airtime: a driver with a duty cycle polls later
//! (`gofarm_hal::lorawan` has the account).
//!
//! # Before you ship
//!
//! - [ ] Pull the uplink for a night; open, close and change the plan on both sides.
//! - [ ] Cut the power in the middle of a run: the valve closes first, the state is what was committed.
//! - [ ] Boot without a network, without wall time; then with the year 2099.
//! - [ ] Fill the disk. Somebody is told, the field goes on.
//! - [ ] Somebody looks at [`conflicts`](crate::Replica::conflicts) (each replica lists what met *there*) and at the session's events.
//! - [ ] `sync` and `store` are in the dashboards: gofarm-otel writes them from the lists of instruments.
