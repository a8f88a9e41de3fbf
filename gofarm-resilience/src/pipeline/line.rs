//! A line that runs: [`Pipeline`].

use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::time::Duration;

use gofarm_core::error::{Classify, Kind};
use tokio::task::JoinSet;

use super::account::Account;
use super::ends::InletState;
use super::{PipelineBuilder, Stage, StageCount};

/// A line of steps that runs; dropping it stops it at once and loses what it holds.
///
/// ```
/// use core::convert::Infallible;
/// use gofarm_core::time::{millis, secs};
/// use gofarm_resilience::pipeline::{Pipeline, Stage, step_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let calibrate = Stage::named("calibrate").peak(100, secs(1)).delay(millis(200)).build()?;
/// let store = Stage::named("store").peak(100, secs(1)).delay(secs(2)).lanes(4).build()?;
///
/// let builder = Pipeline::builder().on_failure(|failure| eprintln!("{failure}"));
/// let (inlet, readings) = builder.inlet::<(u32, f32)>();
/// let [to_store, to_show] = readings
///     .step(calibrate, step_fn(|(probe, raw)| async move { Ok::<_, Infallible>((probe, raw * 1.02)) }))
///     .fan_out();
/// to_store
///     .keyed_step(store, |reading| reading.0, step_fn(|_reading| async { Ok::<_, Infallible>(()) }))
///     .discard();
/// let mut shown = to_show.outlet(16);
/// let mut line = builder.start()?;
///
/// inlet.send((7, 0.30)).await?;
/// assert_eq!(shown.recv().await, Some((7, 0.306)));
/// line.shutdown(secs(10)).await?;
/// assert!(inlet.send((7, 0.31)).await.is_err());
/// assert_eq!(line.counts().map(|count| count.passed).sum::<u64>(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Pipeline {
    stages: Vec<Stage>,
    accounts: Vec<Arc<Account>>,
    inlets: Vec<Arc<dyn Close>>,
    tasks: JoinSet<()>,
    fate: Option<Unfinished>,
}

/// An inlet that can be closed, whatever it takes.
pub(super) trait Close: Send + Sync {
    fn close(&self);
}

impl<T: Send> Close for Weak<InletState<T>> {
    fn close(&self) {
        if let Some(state) = self.upgrade() {
            state.close();
        }
    }
}

impl core::fmt::Debug for dyn Close {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Inlet")
    }
}

impl Pipeline {
    /// Starts to put a line together.
    pub fn builder() -> PipelineBuilder {
        PipelineBuilder::new()
    }

    pub(super) const fn new(
        stages: Vec<Stage>,
        accounts: Vec<Arc<Account>>,
        inlets: Vec<Arc<dyn Close>>,
        tasks: JoinSet<()>,
    ) -> Self {
        Self {
            stages,
            accounts,
            inlets,
            tasks,
            fate: None,
        }
    }

    /// What became of the items, for each stage in the order in which they were added.
    pub fn counts(&self) -> impl Iterator<Item = StageCount> {
        self.accounts.iter().map(|account| account.count())
    }

    /// How many items all stages hold at most; outlets hold their room on top.
    #[must_use]
    pub fn holds(&self) -> u64 {
        self.stages
            .iter()
            .map(|stage| u64::from(stage.holds()))
            .sum()
    }

    /// In what time a shutdown ends at the latest, if every step runs into its time-out and every outlet is read.
    #[must_use]
    pub fn longest_shutdown(&self) -> Duration {
        self.stages
            .iter()
            .map(Stage::longest_stay)
            .fold(Duration::ZERO, Duration::saturating_add)
    }

    /// Takes nothing new and waits until all that was accepted has left. Somebody must go on reading the outlets.
    ///
    /// A call that is dropped can be repeated; inlets stay closed, the line goes on to its end.
    ///
    /// # Errors
    /// [`Unfinished`] if it took longer than `within`: what was left is lost, and the tasks are stopped.
    pub async fn shutdown(&mut self, within: Duration) -> Result<(), Unfinished> {
        for inlet in &self.inlets {
            inlet.close();
        }
        match tokio::time::timeout(within, self.join()).await {
            Ok(ended) => ended,
            Err(_) => {
                self.tasks.abort_all();
                Err(*self.fate.insert(Unfinished::TimedOut { after: within }))
            }
        }
    }

    /// Waits until the line ends by itself, because all its inlets were dropped.
    ///
    /// # Errors
    /// [`Unfinished`], also if an earlier shutdown ended with it.
    pub async fn join(&mut self) -> Result<(), Unfinished> {
        while let Some(ended) = self.tasks.join_next().await {
            if ended.is_err_and(|error| error.is_panic()) {
                self.fate.get_or_insert(Unfinished::Panicked);
            }
        }
        self.fate.map_or(Ok(()), Err)
    }
}

/// A line that did not end with everything that it had accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Unfinished {
    /// It still held items when its time was over.
    #[error("the line still held items after {} ms", after.as_millis())]
    TimedOut {
        /// The time that it was given.
        after: Duration,
    },
    /// A key function, a copy for a branch or `on_failure` panicked, and a lane ended with it. A step that panics does
    /// not do that.
    #[error("a lane of the line panicked outside of its step")]
    Panicked,
}

impl Classify for Unfinished {
    fn kind(&self) -> Kind {
        match self {
            Self::TimedOut { .. } => Kind::TimedOut,
            Self::Panicked => Kind::Permanent,
        }
    }
}
