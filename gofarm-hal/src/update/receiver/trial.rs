//! A verified image on trial: started a number of times, then confirmed or rolled back.

use core::num::NonZero;

use embedded_storage::nor_flash::NorFlash;

use super::{Job, Receiver};
use crate::update::error::{Refusal, UpdateError};
use crate::update::image::{Manifest, manifest};
use crate::update::layout::Slot;
use crate::update::signal::Outcome;
use crate::update::state::{Phase, State};

/// Whether an image is on trial, as the running image sees it.
///
/// See the [module](crate::update) for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Trial {
    /// None.
    None,
    /// The other slot's image is started at the next reset.
    Pending,
    /// The running image is on trial; confirm it, or it falls back.
    Running {
        /// The attempts that have been started, this one included.
        attempt: u8,
        /// How many there are.
        allowed: u8,
    },
    /// The other slot's image used up its attempts; this is the image from before.
    RolledBack,
    /// It was left to a bootloader that swaps, which knows how it went.
    Swapping,
}

impl<F: NorFlash, const BUFFER: usize> Receiver<'_, F, BUFFER> {
    /// Whether an image is on trial.
    #[must_use]
    pub fn trial(&self) -> Trial {
        match self.state.phase {
            Phase::Idle | Phase::Receiving(_) => Trial::None,
            Phase::Swapping { .. } => Trial::Swapping,
            Phase::Trying { used, allowed, .. } if self.running != self.state.confirmed => {
                let attempt = used;
                Trial::Running { attempt, allowed }
            }
            Phase::Trying { used, allowed, .. } if used < allowed => Trial::Pending,
            Phase::Trying { .. } => Trial::RolledBack,
        }
    }

    /// Puts the verified image on trial: from the next reset on it is started, at most `attempts` times without a
    /// [`confirm`](Self::confirm), and then the image that runs now again.
    ///
    /// Three attempts are a good number where brown-outs happen: each reset counts, whatever its cause.
    ///
    /// # Errors
    /// [`UpdateError::OutOfOrder`] if it is not verified; the flash's.
    pub fn activate(&mut self, attempts: NonZero<u8>) -> Result<(), UpdateError<F::Error>> {
        let image = self.verified()?;
        self.record(Phase::Trying {
            counter: image.header().counter(),
            used: 0,
            allowed: attempts.get(),
        })?;
        self.started();
        Ok(())
    }

    /// Leaves the verified image to a bootloader that swaps the slots, as embassy-boot does.
    ///
    /// Call it before the bootloader's own mark (`mark_updated`): a power cut between the two leaves an image that is
    /// not started, and [`reject`](Self::reject) clears that.
    ///
    /// # Errors
    /// [`UpdateError::OutOfOrder`] if it is not verified; the flash's.
    pub fn hand_over(&mut self) -> Result<(), UpdateError<F::Error>> {
        let image = self.verified()?;
        self.record(Phase::Swapping {
            tag: image.tag(),
            counter: image.header().counter(),
        })?;
        self.started();
        Ok(())
    }

    /// Confirms the running image: it is started from now on, and its security counter becomes the floor.
    ///
    /// To be called when the image has shown that it works: it has closed the valve and reached its peer. It does
    /// nothing if nothing is on trial or the trial has not started. With a bootloader that swaps, call the bootloader's
    /// own mark (`mark_booted`) first.
    ///
    /// # Errors
    /// [`Refusal::NotOnTrial`] if the image that was on trial is not the one that runs: it was rolled back, and
    /// [`reject`](Self::reject) clears that. The flash's error: confirm again.
    pub fn confirm(&mut self) -> Result<(), UpdateError<F::Error>> {
        let state = match (self.trial(), self.state.phase) {
            (Trial::None | Trial::Pending, _) => return Ok(()),
            (Trial::Running { .. }, Phase::Trying { counter, .. }) => State {
                confirmed: self.running,
                floor: self.state.floor.max(counter),
                phase: Phase::Idle,
            },
            (Trial::Swapping, Phase::Swapping { tag, counter }) => {
                let found = manifest(&mut self.flash, &self.layout, Slot::First)
                    .map_err(UpdateError::Flash)?;
                if found.is_none_or(|found| found.tag() != tag) {
                    return self.counted(Err(Refusal::NotOnTrial.into()));
                }
                let floor = self.state.floor.max(counter);
                let phase = Phase::Idle;
                State {
                    floor,
                    phase,
                    ..self.state
                }
            }
            _ => return self.counted(Err(Refusal::NotOnTrial.into())),
        };
        self.put(state)?;
        self.unreported.trial(Outcome::Confirmed);
        Ok(())
    }

    /// Ends a trial: the confirmed image is started from the next reset on. Also clears what a roll-back left.
    ///
    /// For an image on trial that finds a fault in itself, and for an operator who changes his mind. A bootloader that
    /// swaps has to be told as well. It does nothing if nothing is on trial.
    ///
    /// # Errors
    /// The flash's: reject again.
    pub fn reject(&mut self) -> Result<(), UpdateError<F::Error>> {
        let trial = self.trial();
        if trial == Trial::None {
            return Ok(());
        }
        self.record(Phase::Idle)?;
        if trial != Trial::RolledBack {
            self.unreported.trial(Outcome::Rejected);
        }
        Ok(())
    }

    fn verified(&self) -> Result<Manifest, UpdateError<F::Error>> {
        match (&self.job, self.manifest) {
            (Job::Verified, Some(image)) => Ok(image),
            _ => Err(UpdateError::OutOfOrder),
        }
    }

    fn started(&mut self) {
        self.job = Job::Idle;
        self.unreported.trial(Outcome::Started);
    }
}
