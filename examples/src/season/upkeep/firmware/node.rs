//! [`Node`]: the update side of one node: its flash, its boot loader and the receiver in its firmware.

mod restart;

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::num::NonZero;
use core::time::Duration;

use gofarm_core::error::{Classify as _, Kind};
use gofarm_core::observe::Observer as _;
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, hours, minutes, secs};
use gofarm_hal::update::{
    Ed25519Keys, PublicKey, Receiver, Refusal, Slot, Status, UpdateError, Version,
};

use super::flash::{Flash, FlashError, LAYOUT};
use super::release::{MODEL, Release, WORKS};
use crate::season::listener::Listener;

/// Bytes of an image in one message, and the time from one to the next: a radio has more to carry.
const CHUNK: usize = 256;
const CHUNK_TIME: Duration = secs(30);
/// From the start to the end of the self test, or to the watchdog's bite where it hangs.
const SELF_TEST: Duration = secs(20);
/// How often a node that waters is asked whether it may restart.
const WHILE_BUSY: Duration = minutes(1);
/// Starts without a confirmation before the boot loader falls back.
const ATTEMPTS: NonZero<u8> = NonZero::new(3).unwrap();
/// An image that did not come through is tried again after this time: a power cut ends a trial as a bad image does, and
/// a broken copy may come whole. The second time it is the image.
const AGAIN: Duration = hours(1);
const TRIES: u32 = 2;

/// The update side of one node.
#[derive(Debug)]
pub(super) struct Node {
    random: SplitMix64,
    key: PublicKey,
    flash: Flash,
    receiver: Receiver<'static, Flash>,
    running: Slot,
    /// What was confirmed last.
    confirmed: Arc<Release>,
    step: Step,
    /// When the step goes on.
    next: Instant,
    offer: Option<Offer>,
    /// The version that did not come through last, and how often.
    failed: Option<(Version, u32)>,
    listener: Listener,
    counts: Counts,
}

#[derive(Debug)]
struct Offer {
    release: Arc<Release>,
    is_installed: bool,
}

/// What goes on.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// It runs what it confirmed last.
    Resting,
    /// It was restarted in a transfer, which goes on.
    CutOff,
    Transferring(Status),
    /// It restarts as soon as it does not water.
    Due,
    /// The restart was asked for, or the watchdog has bitten.
    Restarting,
    /// The image on trial tests itself.
    Testing,
}

/// What the cloud wants a node to run, if the node hears it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    pub(super) release: &'a Arc<Release>,
    /// Whether it is being rolled out, and may still turn out bad.
    pub(super) is_new: bool,
}

/// What a node tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Its power has to be cut for a moment.
    Restarts,
    Began(Version),
    Refused(Version, &'static str),
    Confirmed(Version),
    RolledBack(Version),
}

/// What became of the images that were offered.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    pub(super) offered: u32,
    pub(super) installed: u32,
    pub(super) confirmed: u32,
    pub(super) rolled_back: u32,
    pub(super) withdrawn: u32,
    pub(super) refused: BTreeMap<&'static str, u32>,
    /// Power cuts in the middle of a transfer.
    pub(super) cut_off: u32,
    /// Starts of a slot that does not hold the image that was put there.
    pub(super) broken_starts: u32,
}

impl Node {
    /// A node fresh from the factory.
    pub(super) fn new(seed: u64, key: PublicKey, factory: &Arc<Release>) -> Self {
        let mut random = SplitMix64::new(seed);
        let flash = Flash::new(random.next_u64(), factory);
        Self {
            receiver: open(&flash, Slot::First),
            flash,
            random,
            key,
            running: Slot::First,
            confirmed: Arc::clone(factory),
            step: Step::Resting,
            next: Instant::ZERO,
            offer: None,
            failed: None,
            listener: Listener::default(),
            counts: Counts::default(),
        }
    }

    pub(super) fn listen(&mut self, listener: &Listener) {
        self.listener = listener.clone();
    }

    /// The version that it starts by itself.
    pub(super) fn version(&self) -> Version {
        self.confirmed.version
    }

    /// Whether it runs this version and nothing is under way.
    pub(super) fn has_settled_on(&self, version: Version) -> bool {
        self.version() == version && matches!(self.step, Step::Resting)
    }

    /// Whether it has given this version up.
    pub(super) fn gave_up(&self, version: Version) -> bool {
        matches!(self.failed, Some((failed, times)) if failed == version && times >= TRIES)
    }

    /// Whether the running image is not confirmed yet.
    #[cfg(test)]
    pub(super) fn is_on_trial(&self) -> bool {
        matches!(
            self.receiver.trial(),
            gofarm_hal::update::Trial::Running { .. }
        )
    }

    /// Whether an offer has not come to its end.
    pub(super) fn is_offered(&self) -> bool {
        self.offer.is_some()
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// When [`Node::poll`] has something to do; far in the future while it waits for its link or its start.
    pub(super) fn poll_timeout(&self, wanted: Option<Wanted<'_>>) -> Instant {
        if wanted.is_some_and(|wanted| self.has_to_change(wanted)) {
            return if self.is_offered() {
                Instant::ZERO
            } else {
                self.next
            };
        }
        let waits = match self.step {
            Step::Resting | Step::Restarting => true,
            Step::CutOff | Step::Transferring(Status::Wants { .. } | Status::Busy { .. }) => {
                wanted.is_none()
            }
            // An image that hangs does not wait for its link.
            Step::Testing => wanted.is_none() && self.works(),
            Step::Transferring(_) | Step::Due => false,
        };
        if waits {
            Instant::FAR_FUTURE
        } else {
            self.next
        }
    }

    /// Does what is due.
    pub(super) fn poll(
        &mut self,
        now: Instant,
        is_busy: bool,
        wanted: Option<Wanted<'_>>,
    ) -> Option<Told> {
        let told = self.advance(now, is_busy, wanted);
        while let Some(signal) = self.receiver.poll_signal() {
            self.listener.observe(&signal);
        }
        told
    }

    fn advance(&mut self, now: Instant, is_busy: bool, wanted: Option<Wanted<'_>>) -> Option<Told> {
        let change = wanted.filter(|wanted| self.has_to_change(*wanted));
        if change.is_some() && self.is_offered() {
            self.withdraw(now);
            return None;
        }
        if now < self.next {
            return None;
        }
        if let Some(Wanted { release, .. }) = change {
            self.counts.offered += 1;
            self.offer = Some(Offer {
                release: Arc::clone(release),
                is_installed: false,
            });
            return self.begin(now).or(Some(Told::Began(release.version)));
        }
        match self.step {
            Step::Resting | Step::Restarting => None,
            Step::CutOff => {
                wanted?;
                self.begin(now)
            }
            Step::Transferring(status) => self.transfer(now, status),
            Step::Due if is_busy => {
                self.next = now + WHILE_BUSY;
                None
            }
            Step::Due => Some(self.restart()),
            Step::Testing if !self.works() => Some(self.restart()),
            Step::Testing => {
                wanted?;
                self.confirm(now)
            }
        }
    }

    /// Whether it runs or installs something else than what is wanted, and can be told so now.
    fn has_to_change(&self, wanted: Wanted<'_>) -> bool {
        let version = wanted.release.version;
        match (&self.offer, self.step) {
            (Some(offer), step) => {
                offer.release.version != version && !matches!(step, Step::Restarting)
            }
            (None, Step::Resting) => {
                self.version() != version && !(wanted.is_new && self.gave_up(version))
            }
            (None, _) => false,
        }
    }

    /// Begins a transfer, or goes on with it after a restart.
    fn begin(&mut self, now: Instant) -> Option<Told> {
        let release = Arc::clone(&self.offer.as_ref()?.release);
        let keys = [self.key];
        self.next = now + CHUNK_TIME;
        match self
            .receiver
            .begin(&release.manifest, &Ed25519Keys::new(&keys))
        {
            Ok(status) => {
                self.step = Step::Transferring(status);
                None
            }
            Err(error) => self.refuse(now, &error),
        }
    }

    fn transfer(&mut self, now: Instant, status: Status) -> Option<Told> {
        self.next = now + CHUNK_TIME;
        let offer = self.offer.as_mut()?;
        let keys = [self.key];
        let done = match status {
            Status::Wants { offset } | Status::Busy { offset } => {
                let rest = offer.release.payload.get(offset as usize..);
                let chunk = rest.and_then(|rest| rest.chunks(CHUNK).next());
                self.receiver.write(offset, chunk.unwrap_or_default())
            }
            Status::Received | Status::Verifying => self.receiver.verify(&Ed25519Keys::new(&keys)),
            _ => match self.receiver.activate(ATTEMPTS) {
                Ok(()) => {
                    offer.is_installed = true;
                    self.counts.installed += 1;
                    self.step = Step::Due;
                    return None;
                }
                Err(error) => Err(error),
            },
        };
        match done {
            Ok(status) => {
                self.step = Step::Transferring(status);
                None
            }
            Err(error) => self.refuse(now, &error),
        }
    }

    /// The end of an offer that the receiver refuses.
    fn refuse(&mut self, now: Instant, error: &UpdateError<FlashError>) -> Option<Told> {
        let reason = match error {
            // Not the image's fault: the node is about to restart.
            UpdateError::Flash(FlashError::Power) => return None,
            UpdateError::Refused(Refusal::Signature(_)) => "signature",
            UpdateError::Refused(Refusal::Digest) => "digest",
            _ => "other",
        };
        let is_final = error.kind() != Kind::Transient;
        let version = self.offer.take()?.release.version;
        *self.counts.refused.entry(reason).or_default() += 1;
        self.step = Step::Resting;
        self.fail(now, version, if is_final { TRIES } else { 1 });
        Some(Told::Refused(version, reason))
    }

    fn fail(&mut self, now: Instant, version: Version, times: u32) {
        let before = self.failed.filter(|(failed, _)| *failed == version);
        self.failed = Some((version, times + before.map_or(0, |(_, times)| times)));
        self.next = now + AGAIN;
    }

    fn confirm(&mut self, now: Instant) -> Option<Told> {
        // A flash that fails is asked again.
        self.next = now + CHUNK_TIME;
        self.receiver.confirm().ok()?;
        self.step = Step::Resting;
        self.confirmed = self.offer.take()?.release;
        self.counts.confirmed += 1;
        Some(Told::Confirmed(self.version()))
    }

    /// The cloud takes its offer back.
    fn withdraw(&mut self, now: Instant) {
        self.next = now;
        self.offer = None;
        self.counts.withdrawn += 1;
        // If the flash fails, the restart finds a trial that nobody wants, and rejects it.
        let _ = self.receiver.reject();
        let runs_confirmed = self.running == self.receiver.state().confirmed();
        self.step = if runs_confirmed {
            Step::Resting
        } else {
            Step::Due
        };
    }

    fn restart(&mut self) -> Told {
        self.step = Step::Restarting;
        Told::Restarts
    }

    fn works(&self) -> bool {
        self.flash.first_byte(self.running) == Some(WORKS)
    }
}

/// The receiver of the image that runs from `slot`.
fn open(flash: &Flash, slot: Slot) -> Receiver<'static, Flash> {
    Receiver::open(flash.clone(), LAYOUT, MODEL, slot).expect("a layout that fits its flash")
}
