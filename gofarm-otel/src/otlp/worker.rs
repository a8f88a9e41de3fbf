//! What keeps an exporter going: [`Worker`], and the [`Handle`] by which it is fed.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::pin::pin;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::io;
use std::thread::{self, JoinHandle};

use gofarm_core::observe::Observer;
use tokio::sync::{mpsc, oneshot};

use super::Client;
use crate::batch::{Batch, Kind};
use crate::clock::{Clock, Moment};
use crate::export::{Exporter, Tally};
use crate::queue::Queue;

/// Batches that may wait for a worker which is writing to the disk, beside the memory of its exporter.
const INBOX: usize = 8;

/// Feeds a [`Worker`]; clones feed the same one.
#[derive(Clone, Debug)]
pub struct Handle {
    inbox: mpsc::Sender<Command>,
    lost: Arc<Lost>,
}

/// Items of each kind that found the inbox full.
#[derive(Debug, Default)]
struct Lost([AtomicU64; 3]);

#[derive(Debug)]
enum Command {
    Batch(Batch),
    Flush(Ask),
    Shutdown(Ask),
    Tally(oneshot::Sender<Tally>),
}

#[derive(Debug)]
struct Ask {
    within: Duration,
    reply: oneshot::Sender<Tally>,
}

/// Sends what it is given, for as long as somebody holds a [`Handle`] or until it is told to end.
///
/// Batches go to memory and from there out, or to the spool. Files are written on the thread that runs the worker: let
/// it have [its own](Self::spawn_thread) where a slow disk must not hold up others.
///
/// ```
/// use core::time::Duration;
/// use gofarm_otel::batch::{Batch, Kind};
/// use gofarm_otel::clock::Clock;
/// use gofarm_otel::export::{Exporter, ExporterConfig};
/// use gofarm_otel::otlp::{OtlpConfig, Worker};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = OtlpConfig::new("http://127.0.0.1:9")?.client()?;
/// let exporter = Exporter::new(ExporterConfig::DEFAULT, 7);
/// let (handle, worker) = Worker::new(exporter, client, Clock::system());
/// let running = tokio::spawn(worker.run(()));
/// handle.try_send(Batch { kind: Kind::Traces, items: 1, body: vec![10, 0] });
/// let tally = handle.shutdown(Duration::from_millis(50)).await.expect("it runs");
/// assert_eq!(tally.dropped().total(), 1); // nobody listens, and there is no spool
/// running.await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a worker that does not run sends nothing"]
pub struct Worker<C> {
    client: C,
    state: State,
}

/// A worker without its client, which is borrowed while a request is on its way.
#[derive(Debug)]
struct State {
    exporter: Exporter,
    clock: Clock,
    inbox: mpsc::Receiver<Command>,
    lost: Arc<Lost>,
    /// Who waits for a flush, and until when.
    flushes: Vec<(Moment, oneshot::Sender<Tally>)>,
    /// When the worker ends at the latest, and who waits for that.
    end: Option<Moment>,
    enders: Vec<oneshot::Sender<Tally>>,
    /// Where most batches come from, and where their memory is used again.
    origin: Option<Queue>,
}

impl Handle {
    /// Hands a batch over without waiting.
    ///
    /// False if the worker is behind or has ended: the batch is dropped, and a worker that runs counts it.
    #[expect(
        clippy::must_use_candidate,
        reason = "what is dropped is counted without the caller"
    )]
    pub fn try_send(&self, batch: Batch) -> bool {
        let (kind, items) = (batch.kind, batch.items);
        let is_sent = self.inbox.try_send(Command::Batch(batch)).is_ok();
        if !is_sent && let Some(lost) = self.lost.0.get(kind as usize) {
            lost.fetch_add(u64::from(items), Ordering::Relaxed);
        }
        is_sent
    }

    /// Hands a batch over as soon as the worker has room, which is at once unless it is writing to a slow disk.
    ///
    /// False if the worker has ended, and nobody counts the batch.
    pub async fn send(&self, batch: Batch) -> bool {
        self.inbox.send(Command::Batch(batch)).await.is_ok()
    }

    /// Waits until memory is empty, but not longer than `within`; says how things stand then.
    ///
    /// A receiver that is left alone for the time being is tried at once. What is in the spool stays there. None if
    /// the worker has ended.
    pub async fn flush(&self, within: Duration) -> Option<Tally> {
        let (reply, answer) = oneshot::channel();
        self.ask(Command::Flush(Ask { within, reply })).await?;
        answer.await.ok()
    }

    /// Flushes and ends the worker; says what became of everything.
    ///
    /// What could not be sent `within` that time goes to the spool, or is dropped and counted. With a spool and a
    /// receiver that does not answer one last try, it is not waited for longer. None if the worker has ended before.
    pub async fn shutdown(&self, within: Duration) -> Option<Tally> {
        let (reply, answer) = oneshot::channel();
        self.ask(Command::Shutdown(Ask { within, reply })).await?;
        answer.await.ok()
    }

    /// How things stand; none if the worker has ended.
    pub async fn tally(&self) -> Option<Tally> {
        let (reply, answer) = oneshot::channel();
        self.ask(Command::Tally(reply)).await?;
        answer.await.ok()
    }

    async fn ask(&self, command: Command) -> Option<()> {
        self.inbox.send(command).await.ok()
    }
}

impl<C: Client> Worker<C> {
    /// A worker that sends by `client`, and what feeds it.
    pub fn new(exporter: Exporter, client: C, clock: Clock) -> (Handle, Self) {
        let (sender, inbox) = mpsc::channel(INBOX);
        let lost = Arc::new(Lost::default());
        let handle = Handle {
            inbox: sender,
            lost: Arc::clone(&lost),
        };
        let state = State {
            exporter,
            clock,
            inbox,
            lost,
            flushes: Vec::new(),
            end: None,
            enders: Vec::new(),
            origin: None,
        };
        (handle, Self { client, state })
    }

    /// Gives the memory of what was sent back to the queue that it came from.
    pub(crate) fn with_origin(mut self, queue: Queue) -> Self {
        self.state.origin = Some(queue);
        self
    }

    /// Runs on a thread of its own, in a runtime of its own.
    ///
    /// A slow disk then holds up nobody else, and an application that is stuck does not hold up the export.
    ///
    /// # Errors
    /// When the system gives no thread, timer or poller.
    pub fn spawn_thread(
        self,
        observer: impl Observer + Send + 'static,
    ) -> io::Result<JoinHandle<()>>
    where
        C: 'static,
    {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_io().enable_time().build()?;
        let thread = thread::Builder::new().name("otlp".into());
        thread.spawn(move || runtime.block_on(self.run(observer)))
    }

    /// Runs until [`Handle::shutdown`] or until no handle is left; then what is in memory goes to the spool.
    ///
    /// `observer` is told what changed after each request.
    pub async fn run(self, observer: impl Observer) {
        let Self {
            mut client,
            mut state,
        } = self;
        while !state.is_over() {
            let now = state.clock.now();
            let Some(batch) = state.exporter.poll_transmit(now) else {
                state.settle();
                if !state.is_over() {
                    state.wait(core::future::pending::<()>()).await;
                }
                continue;
            };
            let sent = Arc::clone(&batch);
            let mut sending = pin!(client.send(batch));
            let answer = loop {
                if state.is_over() {
                    break None;
                }
                if let Some(answer) = state.wait(sending.as_mut()).await {
                    break Some(answer);
                }
                // Memory may be due for the spool while the request is on its way.
                state.exporter.poll_transmit(state.clock.now());
            };
            if let Some(answer) = answer {
                state.exporter.handle_answer(state.clock.now(), answer);
            }
            // Done with, unless it is to be sent again.
            if let Some(queue) = &state.origin
                && let Some(batch) = Arc::into_inner(sent)
            {
                queue.reuse(batch);
            }
            state.settle();
            state.exporter.report(&observer);
        }
        state.finish(&observer);
    }
}

impl State {
    /// Waits for an answer, a command or a time; takes the command, gives the answer.
    async fn wait<A>(&mut self, answer: impl Future<Output = A>) -> Option<A> {
        let now = self.clock.now();
        let deadlines = self.flushes.iter().map(|(deadline, _)| *deadline);
        let due = deadlines
            .chain(self.exporter.poll_timeout())
            .chain(self.end)
            .min();
        let sleep = async {
            match due {
                Some(due) => tokio::time::sleep(due.since(now)).await,
                None => core::future::pending().await,
            }
        };
        let answer = tokio::select! {
            answer = answer => Some(answer),
            command = self.inbox.recv() => {
                self.take(command);
                None
            }
            () = sleep => None,
        };
        self.settle();
        answer
    }

    fn take(&mut self, command: Option<Command>) {
        let now = self.clock.now();
        match command {
            Some(Command::Batch(batch)) => self.exporter.handle_batch(now, batch),
            Some(Command::Flush(ask)) => {
                self.exporter.hurry(now);
                self.flushes.push((now + ask.within, ask.reply));
            }
            Some(Command::Shutdown(ask)) => {
                self.exporter.hurry(now);
                self.end = Some(now + ask.within);
                self.enders.push(ask.reply);
            }
            Some(Command::Tally(reply)) => {
                // Who asked may be gone.
                let _ = reply.send(self.exporter.tally());
            }
            None => self.end = Some(now),
        }
    }

    /// Counts what was lost on the way here, and answers the flushes that are done or late.
    fn settle(&mut self) {
        for (kind, lost) in Kind::ALL.into_iter().zip(&self.lost.0) {
            let items = lost.swap(0, Ordering::Relaxed);
            if items > 0 {
                self.exporter.handle_lost(kind, items);
            }
        }
        if self.flushes.is_empty() {
            return;
        }
        let now = self.clock.now();
        let is_done = self.exporter.is_flushed();
        let tally = self.exporter.tally();
        for (_, reply) in self
            .flushes
            .extract_if(.., |(deadline, _)| is_done || *deadline <= now)
        {
            let _ = reply.send(tally);
        }
    }

    fn is_over(&self) -> bool {
        let Some(end) = self.end else {
            return false;
        };
        let now = self.clock.now();
        end <= now || self.exporter.is_flushed() || self.exporter.is_parked(now)
    }

    fn finish(mut self, observer: &impl Observer) {
        self.inbox.close();
        while let Ok(command) = self.inbox.try_recv() {
            self.take(Some(command));
        }
        self.exporter.shut_down(self.clock.now());
        self.settle();
        self.exporter.report(observer);
        let tally = self.exporter.tally();
        let flushes = self.flushes.into_iter().map(|(_, reply)| reply);
        for reply in flushes.chain(self.enders) {
            let _ = reply.send(tally);
        }
    }
}
