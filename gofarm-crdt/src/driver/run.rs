//! [`run`]: one task per peer that does what a session asks for.
//!
//! A session is a plain value: it says what to send and when to ask again, and somebody must do it in the right order.
//! The order matters: what came may be acknowledged only when it is durable, and a local write must go out
//! when it is committed and not when some timer next runs out. Here it is, in turns. A turn takes what has arrived,
//! all of it, merges it on the thread that owns the replica, has it committed together with whatever else
//! waits there, and collects the frames that are due after that commit, before anything else can
//! change the replica. A turn begins when something arrived, when something was committed, or when the session's timer
//! is due.
//!
//! ```
//! use gofarm_core::time::{Clock, Instant, SystemClock, SystemWallClock, UnixMillis, WallClock};
//! use gofarm_crdt::clock::Now;
//! use gofarm_crdt::counter::GCounter;
//! use gofarm_crdt::dot::ReplicaId;
//! use gofarm_crdt::driver::handle::Handle;
//! use gofarm_crdt::driver::run::{Notice, run};
//! use gofarm_crdt::driver::channel;
//! use gofarm_crdt::store::MemoryStore;
//! use gofarm_crdt::sync::{Event, Limits, PeerIdentity, Session};
//! use gofarm_crdt::{Replica, Replicated};
//!
//! #[derive(Clone)]
//! struct Clocks(SystemClock);
//! impl Clock for Clocks {
//!     fn now(&self) -> Instant {
//!         self.0.now()
//!     }
//! }
//! impl WallClock for Clocks {
//!     fn unix(&self) -> Option<UnixMillis> {
//!         SystemWallClock.unix()
//!     }
//! }
//!
//! #[derive(Replicated, Debug, Default)]
//! struct Valve {
//!     litres: GCounter,
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! let (gateway, valve) = (ReplicaId::new(1), ReplicaId::new(2));
//! let clock = Clocks(SystemClock::new());
//! let now = Now::new(clock.now(), clock.unix());
//! let (to_valve, to_gateway) = channel::pair(128);
//! let (synced, mut is_synced) = tokio::sync::mpsc::unbounded_channel();
//!
//! let here = Handle::start(Replica::open(MemoryStore::new(gateway, 1), now)?)?;
//! let session = Session::new(PeerIdentity::relay(valve), Limits::lan(), 0x5eed_0001);
//! tokio::spawn(run(here.clone(), session, to_valve, clock.clone(), core::future::pending(), |_| ()));
//!
//! let there = Handle::start(Replica::open(MemoryStore::new(valve, 2), now)?)?;
//! let session = Session::new(PeerIdentity::relay(gateway), Limits::lan(), 0x5eed_0002);
//! tokio::spawn(run(there.clone(), session, to_gateway, clock, core::future::pending(), move |notice| {
//!     if notice == Notice::Session(Event::Synced) {
//!         synced.send(()).ok();
//!     }
//! }));
//!
//! there.update(move |replica| {
//!     let valve = replica.register::<Valve>("valve/7")?;
//!     replica.update(now, &valve, |valve| valve.litres.add(120));
//!     Ok::<(), gofarm_crdt::replica::RegisterError>(())
//! }).await??;
//! is_synced.recv().await;
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! Dropping the future, or the process, loses nothing that was committed or acknowledged: the next session greets and
//! finds out what is missing.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use std::sync::{Mutex, PoisonError};

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Clock, Instant, WallClock, millis};

use crate::capacity::Growing;
use crate::clock::Now;
use crate::ledger::Ledger;
use crate::sync::{Event, FrameError, Session};

use super::handle::{Durable, Handle, HandleError};
use super::transport::{Arrival, Transport};

/// How many arrivals one turn takes.
const ARRIVALS: usize = 256;
/// How many frames one turn sends: the largest window, and answers.
const FRAMES: usize = 160;
/// The shortest wait for a timer, should the two clocks disagree about when it is due.
const SHORTEST: Duration = millis(1);

/// Drives a session until `until` is ready or the replica or the link is over.
///
/// `clock` says what time it is, tokio's timers only wake this task; so with tokio's clock paused and a `clock` that
/// follows it, a test runs through days. `notice` is called for everything that happened and must not block. When
/// `until` is ready, what has arrived is still merged, committed and answered. One such task runs for each peer; all
/// share the handle.
///
/// See the [module](self) for an example.
///
/// # Errors
/// [`RunError`]; the session is gone then, and nothing that was committed or acknowledged is lost. Begin a new one,
/// with a new number, when the cause is removed.
pub async fn run<L, X, C>(
    handle: Handle<L>,
    session: Session,
    mut transport: X,
    clock: C,
    until: impl Future<Output = ()> + Send,
    mut notice: impl FnMut(Notice) + Send,
) -> Result<(), RunError<L::Error, X::Error>>
where
    L: Durable + Ledger<Capacity = Growing>,
    X: Transport,
    C: Clock + WallClock + Send + Sync + 'static,
{
    let mut commits = handle.commits();
    let peer = Arc::new(Peer {
        session: Mutex::new(session),
        clock,
    });
    let mut until = pin!(until);
    let mut arrivals = Vec::new();
    let mut is_over = false;
    loop {
        gather(&mut transport, &mut arrivals)
            .await
            .map_err(RunError::Transport)?;
        let outcome = turn(&handle, &peer, &mut arrivals).await?;
        for frame in &outcome.frames {
            transport.send(frame).await.map_err(RunError::Transport)?;
        }
        outcome.notices.into_iter().for_each(&mut notice);
        if outcome.is_unfinished {
            continue;
        }
        if is_over {
            return Ok(());
        }
        let sleep = outcome.wake.saturating_since(peer.clock.now());
        tokio::select! {
            () = &mut until => is_over = true,
            arrival = transport.receive() => arrivals.push(arrival.map_err(RunError::Transport)?),
            is_running = commits.other_than(outcome.revision) => {
                if !is_running {
                    return Err(RunError::Replica(HandleError::Stopped));
                }
            }
            () = tokio::time::sleep(sleep.max(SHORTEST)) => {}
        }
    }
}

/// Takes what has arrived, without waiting.
async fn gather<X: Transport>(
    transport: &mut X,
    arrivals: &mut Vec<Arrival>,
) -> Result<(), X::Error> {
    while arrivals.len() < ARRIVALS {
        let mut receive = pin!(transport.receive());
        match poll_fn(|context| Poll::Ready(receive.as_mut().poll(context))).await {
            Poll::Ready(arrival) => arrivals.push(arrival?),
            Poll::Pending => break,
        }
    }
    Ok(())
}

/// What a task and the thread that owns the replica share.
struct Peer<C> {
    session: Mutex<Session>,
    clock: C,
}

impl<C: Clock + WallClock> Peer<C> {
    fn now(&self) -> Now {
        Now::new(self.clock.now(), self.clock.unix())
    }
}

struct Outcome {
    frames: Vec<Vec<u8>>,
    notices: Vec<Notice>,
    wake: Instant,
    /// Of the commit after which the frames were collected.
    revision: u64,
    /// There is more to send, or the session changed what is not durable yet.
    is_unfinished: bool,
}

async fn turn<L, C, E>(
    handle: &Handle<L>,
    peer: &Arc<Peer<C>>,
    arrivals: &mut Vec<Arrival>,
) -> Result<Outcome, RunError<L::Error, E>>
where
    L: Durable + Ledger<Capacity = Growing>,
    C: Clock + WallClock + Send + Sync + 'static,
{
    let arrivals = core::mem::take(arrivals);
    let (merging, sending) = (Arc::clone(peer), Arc::clone(peer));
    handle
        .update_then(
            move |ledger| merge(ledger, &merging, arrivals),
            move |ledger, notices| send(ledger, &sending, notices),
        )
        .await
        .map_err(RunError::Replica)
}

fn merge<L, C>(ledger: &mut L, peer: &Peer<C>, arrivals: Vec<Arrival>) -> Vec<Notice>
where
    L: Ledger<Capacity = Growing>,
    C: Clock + WallClock,
{
    let mut session = peer.session.lock().unwrap_or_else(PoisonError::into_inner);
    let now = peer.now();
    let mut notices = Vec::new();
    for arrival in arrivals {
        match arrival {
            Arrival::Returned => session.greet(),
            Arrival::Frame(frame) => {
                if let Err(error) = session.handle_input(ledger, now, &frame) {
                    notices.push(Notice::BadFrame(error));
                }
            }
        }
        notices.extend(core::iter::from_fn(|| session.poll_event()).map(Notice::Session));
    }
    notices
}

fn send<L, C>(ledger: &mut L, peer: &Peer<C>, mut notices: Vec<Notice>) -> Outcome
where
    L: Ledger<Capacity = Growing>,
    C: Clock + WallClock,
{
    let mut session = peer.session.lock().unwrap_or_else(PoisonError::into_inner);
    let now = peer.now();
    let mut frames = Vec::new();
    let mut buf = vec![0; usize::from(session.limits().max_frame())];
    while frames.len() < FRAMES
        && let Some(frame) = session
            .poll_transmit(ledger, now, &mut buf)
            .and_then(|len| buf.get(..len))
    {
        frames.push(frame.to_vec());
    }
    notices.extend(core::iter::from_fn(|| session.poll_event()).map(Notice::Session));
    Outcome {
        is_unfinished: frames.len() == FRAMES || !ledger.is_durable(),
        frames,
        notices,
        wake: session.poll_timeout(),
        revision: Ledger::revision(ledger),
    }
}

/// What happened between a replica and a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The session says so.
    Session(Event),
    /// A frame came that was refused; it changed nothing. One now and then is damage; many are a peer of another
    /// version or somebody else at its place.
    BadFrame(FrameError),
}

/// Why [`run`] has ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError<R, X> {
    /// The replica could not make durable what came, or its thread has ended.
    #[error(transparent)]
    Replica(HandleError<R>),
    /// The link is over for good.
    #[error("the link is over: {0}")]
    Transport(X),
}

impl<R: Classify, X: Classify> Classify for RunError<R, X> {
    fn kind(&self) -> Kind {
        match self {
            Self::Replica(error) => error.kind(),
            Self::Transport(error) => error.kind(),
        }
    }
}
