//! [`Receiver`]: from the first byte of a header to a confirmed image.

mod transfer;
mod trial;

pub use trial::Trial;

use embedded_storage::nor_flash::NorFlash;
use gofarm_core::observe::Signal;
use gofarm_core::verify::{Purpose, Signed, Verifier};

use super::error::{Refusal, UpdateError};
use super::header::Header;
use super::image::{Digesting, Manifest, manifest};
use super::layout::{Layout, Slot};
use super::patch::PatchReader;
use super::signal::{Outcome, Unreported};
use super::state::{Journal, Phase, State};

/// Bytes that one call of [`Receiver::verify`] reads from the flash, unless the buffer is larger.
const VERIFY_STEP: usize = 4096;

/// Takes an image into the slot that is not in use, verifies it there, and puts it on trial.
///
/// It does no I/O but on the flash, and little in one call: [`write`](Self::write) programs at most one buffer, with at
/// most one erase for it and one for the state; [`verify`](Self::verify) reads 4 KiB. A valve can be served between the
/// calls. `BUFFER` bytes of RAM hold what is not written yet: a divisor of the erase size and a multiple of 64.
///
/// The order is [`begin`](Self::begin), [`write`](Self::write) until [`Status::Received`], `verify` until
/// [`Status::Verified`], [`activate`](Self::activate), reset, and in the new image [`confirm`](Self::confirm). After a
/// reset on the way, `begin` with the same manifest goes on from the last whole erase page. An error of the flash ends
/// the transfer in memory only: begin again.
///
/// See the [module](super) for an example.
#[derive(Debug)]
pub struct Receiver<'d, F, const BUFFER: usize = 256> {
    flash: F,
    layout: Layout,
    model: &'d str,
    running: Slot,
    journal: Journal,
    state: State,
    job: Job,
    manifest: Option<Manifest>,
    reader: PatchReader,
    buffer: [u8; BUFFER],
    filled: usize,
    unreported: Unreported,
}

/// What the receiver does; all but `Idle` go with a manifest.
#[derive(Debug)]
enum Job {
    Idle,
    Receiving,
    Received,
    Verifying(Digesting),
    Verified,
}

/// How far a transfer is.
///
/// See the [module](super) for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
#[must_use = "it says what to do next"]
pub enum Status {
    /// Bytes of the payload are wanted.
    Wants {
        /// From this position on, in bytes.
        offset: u32,
    },
    /// A patch copies from the base: call [`Receiver::write`] again, with bytes from this position or with none.
    Busy {
        /// The position of the next byte of the payload.
        offset: u32,
    },
    /// All is in the flash: call [`Receiver::verify`].
    Received,
    /// The digest is not computed to the end: call [`Receiver::verify`] again.
    Verifying,
    /// The image in flash is the one that was signed: [`Receiver::activate`] may be called.
    Verified,
}

impl<'d, F: NorFlash, const BUFFER: usize> Receiver<'d, F, BUFFER> {
    /// Opens the state in `flash`, on a device of this `model` whose running image is in the slot `running`.
    ///
    /// `model` is that of the device's contract ([`Descriptor::model`](gofarm_core::contract::Descriptor::model)).
    /// Which slot runs is known from the address of the running code or from the bootloader; with a bootloader that
    /// swaps, it is always the first.
    ///
    /// # Errors
    /// [`UpdateError::Layout`] if the layout does not suit the flash, [`UpdateError::Flash`] if it could not be read.
    pub fn open(
        mut flash: F,
        layout: Layout,
        model: &'d str,
        running: Slot,
    ) -> Result<Self, UpdateError<F::Error>> {
        const {
            assert!(
                BUFFER > 0 && BUFFER.is_multiple_of(64) && F::ERASE_SIZE.is_multiple_of(BUFFER)
            );
        }
        layout.check(&flash)?;
        let (journal, state) = Journal::open(&mut flash, &layout).map_err(UpdateError::Flash)?;
        let mut receiver = Self {
            flash,
            layout,
            model,
            running,
            journal,
            state,
            job: Job::Idle,
            manifest: None,
            reader: PatchReader::new(0, 0),
            buffer: [0; BUFFER],
            filled: 0,
            unreported: Unreported::default(),
        };
        if receiver.trial() == Trial::RolledBack {
            receiver.unreported.trial(Outcome::RolledBack);
        }
        Ok(receiver)
    }

    /// The state as it is in the flash.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The header of the transfer that was begun.
    #[must_use]
    pub fn header(&self) -> Option<&Header> {
        match self.job {
            Job::Idle => None,
            _ => self.manifest.as_ref().map(Manifest::header),
        }
    }

    /// Signals of [`INSTRUMENTS`](super::INSTRUMENTS) that were not fetched yet.
    pub fn poll_signal(&mut self) -> Option<Signal<'static>> {
        self.unreported.take()
    }

    /// Gives the flash back; what was received since the last whole erase page is lost.
    pub fn release(self) -> F {
        self.flash
    }

    /// Begins a transfer, or goes on with one that a reset cut off.
    ///
    /// `manifest` is a header and its signature, as in [`Manifest::decode`]. Everything that it says is held against
    /// the device before a byte of flash is erased, so that images of others do not wear it out.
    ///
    /// # Errors
    /// [`UpdateError::Header`], [`UpdateError::Refused`], or the flash's; nothing that could be started was touched.
    pub fn begin(
        &mut self,
        manifest: &[u8],
        verifier: &impl Verifier,
    ) -> Result<Status, UpdateError<F::Error>> {
        let begun = Manifest::decode(manifest)
            .map_err(UpdateError::Header)
            .and_then(|manifest| self.accept(manifest, verifier));
        self.counted(begun)
    }

    /// Checks what the flash holds: the signature of the manifest first, then the image's digest, 4 KiB a call.
    ///
    /// Nothing that was received is trusted, all is read back. The call that checks the signature takes as long as the
    /// verifier does, some hundred milliseconds on a small microcontroller.
    ///
    /// # Errors
    /// [`UpdateError::Refused`] if signature or digest is wrong: the transfer was given up. [`UpdateError::OutOfOrder`]
    /// before all was received.
    pub fn verify(&mut self, verifier: &impl Verifier) -> Result<Status, UpdateError<F::Error>> {
        let verified = self.step(verifier);
        if let Err(UpdateError::Refused(_)) = verified {
            self.give_up();
        }
        self.counted(verified)
    }

    fn accept(
        &mut self,
        manifest: Manifest,
        verifier: &impl Verifier,
    ) -> Result<Status, UpdateError<F::Error>> {
        let going_on = !matches!(self.job, Job::Idle) && self.manifest.as_ref() == Some(&manifest);
        if going_on {
            return Ok(self.status());
        }
        let base_len = self.check(&manifest, verifier)?;
        self.job = Job::Idle;
        self.filled = 0;
        let at = self.resume_or_restart(&manifest)?;
        let header = manifest.header();
        self.reader = PatchReader::resume(base_len, header.image_len(), at);
        self.job = if at.made == header.image_len() {
            Job::Received
        } else {
            Job::Receiving
        };
        self.manifest = Some(manifest);
        Ok(self.status())
    }

    /// Everything that can be said against an image before its bytes are seen; the length of a patch's base.
    fn check(
        &mut self,
        image: &Manifest,
        verifier: &impl Verifier,
    ) -> Result<u32, UpdateError<F::Error>> {
        let header = image.header();
        if self.running != self.state.confirmed
            || matches!(self.state.phase, Phase::Swapping { .. })
        {
            return Err(Refusal::Unconfirmed.into());
        }
        if header.model() != self.model {
            return Err(Refusal::Model.into());
        }
        if header.slot() == Some(self.state.confirmed) {
            return Err(Refusal::Slot.into());
        }
        let (counter, floor) = (header.counter(), self.state.floor);
        if counter < floor {
            return Err(Refusal::Rollback { counter, floor }.into());
        }
        let (len, max) = (header.image_len(), self.layout.max_image_len::<F>());
        if len > max {
            return Err(Refusal::TooLong { len, max }.into());
        }
        let signed = Signed {
            key: header.key(),
            purpose: Purpose::Firmware,
            message: &header.encode(),
            signature: image.signature(),
        };
        verifier.verify(&signed).map_err(Refusal::Signature)?;
        let Some(base) = header.base() else {
            return Ok(0);
        };
        let found = manifest(&mut self.flash, &self.layout, self.state.confirmed)
            .map_err(UpdateError::Flash)?;
        let found = found.filter(|found| found.header().digest() == base);
        Ok(found.ok_or(Refusal::Base)?.header().image_len())
    }

    fn step(&mut self, verifier: &impl Verifier) -> Result<Status, UpdateError<F::Error>> {
        let Some(image) = self.manifest else {
            return Err(UpdateError::OutOfOrder);
        };
        let (slot, len) = (self.state.confirmed.other(), image.header().image_len());
        match &mut self.job {
            Job::Idle | Job::Receiving => return Err(UpdateError::OutOfOrder),
            Job::Received => {
                let found = manifest(&mut self.flash, &self.layout, slot)
                    .map_err(UpdateError::Flash)?
                    .filter(|found| *found == image)
                    .ok_or(Refusal::Digest)?;
                self.check(&found, verifier)?;
                self.job = Job::Verifying(Digesting::new(self.layout.start(slot), len));
            }
            Job::Verifying(digesting) => {
                for _ in 0..(VERIFY_STEP / BUFFER).max(1) {
                    let step = digesting.step(&mut self.flash, &mut self.buffer);
                    let Some(digest) = step.map_err(UpdateError::Flash)? else {
                        continue;
                    };
                    if digest != image.header().digest() {
                        return Err(Refusal::Digest.into());
                    }
                    self.job = Job::Verified;
                    break;
                }
            }
            Job::Verified => {}
        }
        Ok(self.status())
    }

    const fn status(&self) -> Status {
        let offset = self.reader.checkpoint().payload;
        match self.job {
            Job::Idle | Job::Receiving if self.reader.is_copying() => Status::Busy { offset },
            Job::Idle | Job::Receiving => Status::Wants { offset },
            Job::Received => Status::Received,
            Job::Verifying(_) => Status::Verifying,
            Job::Verified => Status::Verified,
        }
    }

    /// Forgets the transfer, in the flash too: what is there is of no use.
    fn give_up(&mut self) {
        self.job = Job::Idle;
        // If it cannot be written now, the next try goes on from the checkpoint and ends here again.
        let _ = self.record(Phase::Idle);
    }

    fn record(&mut self, phase: Phase) -> Result<(), UpdateError<F::Error>> {
        let state = self.state.with(phase);
        self.put(state)
    }

    fn put(&mut self, state: State) -> Result<(), UpdateError<F::Error>> {
        self.journal.write(&mut self.flash, &self.layout, &state)?;
        self.state = state;
        Ok(())
    }

    fn counted<T>(
        &mut self,
        result: Result<T, UpdateError<F::Error>>,
    ) -> Result<T, UpdateError<F::Error>> {
        if let Err(UpdateError::Refused(refusal)) = result {
            self.unreported.refusal(refusal.index());
        }
        result
    }
}
