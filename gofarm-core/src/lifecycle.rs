//! Explicit lifecycle hooks: boot, sync start, data validate, sync end, image confirmed.
//!
//! Farm software has things to do at fixed moments: close every valve before anything else at boot, look at
//! incoming data before it is adopted, confirm a firmware image only when the probes answer. Frameworks that find
//! such code by reflection or call it from a background thread make it unclear what runs, in which order, and
//! whether it can say no. Here the application calls each moment itself; the hooks run in their order, in the
//! caller's thread, and the first [`Verdict::Veto`] stops the moment.
//!
//! [`Lifecycle`] also holds the moments to their own order: nothing happens before boot, data arrives only inside a
//! sync, an image is confirmed only outside of one.
//!
//! ```
//! use gofarm_core::lifecycle::{BootCause, Hook, Lifecycle, Moment, Verdict};
//! use gofarm_core::time::Instant;
//!
//! struct Valves { open: u8 }
//! impl Hook for Valves {
//!     fn name(&self) -> &'static str { "valves" }
//!     fn on(&mut self, _: Instant, moment: &Moment<'_>) -> Verdict {
//!         match moment {
//!             Moment::Boot { .. } => self.open = 0,
//!             Moment::ImageConfirmed { .. } if self.open > 0 => return Verdict::Veto("a valve is open"),
//!             _ => {}
//!         }
//!         Verdict::Proceed
//!     }
//! }
//!
//! let mut valves = Valves { open: 2 };
//! let mut lifecycle = Lifecycle::new([&mut valves as &mut dyn Hook]);
//! lifecycle.boot(Instant::ZERO, BootCause::PowerOn)?;
//! lifecycle.image_confirmed(Instant::from_secs(60), 7)?;
//! # Ok::<(), gofarm_core::lifecycle::LifecycleError>(())
//! ```

mod error;
mod hooks;
mod moment;

pub use error::LifecycleError;
#[cfg(feature = "alloc")]
pub use hooks::Registry;
pub use hooks::{Hook, Hooks, Verdict};
pub use moment::{BootCause, Moment, Stage, SyncOutcome};

use core::ops::ControlFlow;

use crate::time::Instant;

/// Calls the hooks at each moment, in their order, and holds the moments to theirs.
///
/// See the [module](self) for an example.
#[derive(Debug)]
pub struct Lifecycle<H> {
    hooks: H,
    phase: Phase,
}

/// Where in its life the device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    NotBooted,
    Idle,
    Syncing,
}

impl<H: Hooks> Lifecycle<H> {
    /// Creates the lifecycle of a device that has not booted.
    #[must_use]
    pub const fn new(hooks: H) -> Self {
        Self {
            hooks,
            phase: Phase::NotBooted,
        }
    }

    /// The device has started; the first moment of all. After a veto it may be tried again.
    ///
    /// # Errors
    /// [`LifecycleError::Vetoed`], or [`LifecycleError::OutOfOrder`] if it has booted already.
    pub fn boot(&mut self, now: Instant, cause: BootCause) -> Result<(), LifecycleError> {
        let moment = Moment::Boot { cause };
        self.expect(Phase::NotBooted, &moment)?;
        self.ask(now, &moment)?;
        self.phase = Phase::Idle;
        Ok(())
    }

    /// A sync with `peer` is about to start.
    ///
    /// If a hook vetoes, those that had agreed before it are told the end of the sync
    /// ([`SyncOutcome::Aborted`]), so that what they took for it is given back.
    ///
    /// # Errors
    /// [`LifecycleError::Vetoed`], or [`LifecycleError::OutOfOrder`] before boot and inside another sync.
    pub fn sync_start(&mut self, now: Instant, peer: &str) -> Result<(), LifecycleError> {
        let moment = Moment::SyncStart { peer };
        self.expect(Phase::Idle, &moment)?;
        if let Err((agreed, error)) = self.ask_counting(now, &moment) {
            let end = Moment::SyncEnd {
                peer,
                outcome: SyncOutcome::Aborted,
            };
            self.tell_first(agreed, now, &end);
            return Err(error);
        }
        self.phase = Phase::Syncing;
        Ok(())
    }

    /// Data from `source` is about to be adopted; a veto keeps it out and the sync goes on.
    ///
    /// # Errors
    /// [`LifecycleError::Vetoed`], or [`LifecycleError::OutOfOrder`] outside of a sync.
    pub fn data_validate(
        &mut self,
        now: Instant,
        source: &str,
        data: &[u8],
    ) -> Result<(), LifecycleError> {
        let moment = Moment::DataValidate { source, data };
        self.expect(Phase::Syncing, &moment)?;
        self.ask(now, &moment)
    }

    /// The sync with `peer` is over; every hook is told, a veto is reported but the sync has ended.
    ///
    /// # Errors
    /// [`LifecycleError::Vetoed`] with the first objection, or [`LifecycleError::OutOfOrder`] outside of a sync.
    pub fn sync_end(
        &mut self,
        now: Instant,
        peer: &str,
        outcome: SyncOutcome,
    ) -> Result<(), LifecycleError> {
        let moment = Moment::SyncEnd { peer, outcome };
        self.expect(Phase::Syncing, &moment)?;
        self.phase = Phase::Idle;
        self.tell_first(usize::MAX, now, &moment)
            .map_or(Ok(()), Err)
    }

    /// The running firmware image is about to be confirmed for good; a veto leaves it on trial.
    ///
    /// # Errors
    /// [`LifecycleError::Vetoed`], or [`LifecycleError::OutOfOrder`] before boot and inside a sync.
    pub fn image_confirmed(&mut self, now: Instant, version: u32) -> Result<(), LifecycleError> {
        let moment = Moment::ImageConfirmed { version };
        self.expect(Phase::Idle, &moment)?;
        self.ask(now, &moment)
    }

    /// The hooks, to be taken back.
    #[must_use]
    pub fn into_hooks(self) -> H {
        self.hooks
    }

    fn expect(&self, phase: Phase, moment: &Moment<'_>) -> Result<(), LifecycleError> {
        if self.phase == phase {
            Ok(())
        } else {
            Err(LifecycleError::OutOfOrder {
                stage: moment.stage(),
            })
        }
    }

    fn ask(&mut self, now: Instant, moment: &Moment<'_>) -> Result<(), LifecycleError> {
        self.ask_counting(now, moment).map_err(|(_, error)| error)
    }

    /// Asks each hook until one vetoes; the error comes with the number of those that had agreed.
    fn ask_counting(
        &mut self,
        now: Instant,
        moment: &Moment<'_>,
    ) -> Result<(), (usize, LifecycleError)> {
        let mut agreed = 0;
        let mut outcome = Ok(());
        self.hooks.visit(&mut |hook| {
            if let Some(error) = objection(hook, now, moment) {
                outcome = Err((agreed, error));
                return ControlFlow::Break(());
            }
            agreed += 1;
            ControlFlow::Continue(())
        });
        outcome
    }

    /// Tells the first `count` hooks, whatever they answer, and gives the first objection.
    fn tell_first(
        &mut self,
        count: usize,
        now: Instant,
        moment: &Moment<'_>,
    ) -> Option<LifecycleError> {
        let mut left = count;
        let mut first = None;
        self.hooks.visit(&mut |hook| {
            if left == 0 {
                return ControlFlow::Break(());
            }
            left -= 1;
            let error = objection(hook, now, moment);
            first = first.or(error);
            ControlFlow::Continue(())
        });
        first
    }
}

fn objection(hook: &mut dyn Hook, now: Instant, moment: &Moment<'_>) -> Option<LifecycleError> {
    match hook.on(now, moment) {
        Verdict::Proceed => None,
        Verdict::Veto(reason) => Some(LifecycleError::Vetoed {
            stage: moment.stage(),
            hook: hook.name(),
            reason,
        }),
    }
}

#[cfg(test)]
mod tests;
