//! Bytes of a payload into the slot that is not in use.

use embedded_storage::nor_flash::NorFlash;

use super::{Job, Receiver, Status};
use crate::update::error::UpdateError;
use crate::update::header::Header;
use crate::update::image::{Manifest, manifest, read_unaligned};
use crate::update::layout::page;
use crate::update::patch::{Checkpoint, Piece};
use crate::update::state::Phase;

impl<F: NorFlash, const BUFFER: usize> Receiver<'_, F, BUFFER> {
    /// Takes bytes of the payload that begin at `offset`; in chunks of any length, repeated ones are skipped.
    ///
    /// It takes as many as one buffer has room for; the status says where to go on. A sender without memory of what
    /// was taken calls it with the same chunk until the status wants bytes behind it.
    ///
    /// # Errors
    /// [`UpdateError::Gap`] and [`UpdateError::TooMuch`] change nothing. [`UpdateError::Patch`] and
    /// [`UpdateError::Lengths`] give the transfer up. After [`UpdateError::Flash`] and [`UpdateError::ReadBack`]
    /// begin again. [`UpdateError::OutOfOrder`] if no transfer is open.
    pub fn write(&mut self, offset: u32, chunk: &[u8]) -> Result<Status, UpdateError<F::Error>> {
        let (Job::Receiving, Some(manifest)) = (&self.job, self.manifest) else {
            return Err(UpdateError::OutOfOrder);
        };
        let expected = self.reader.checkpoint().payload;
        let (end, len) = (
            u64::from(offset).saturating_add(chunk.len() as u64),
            manifest.header().payload_len(),
        );
        let Some(known) = expected.checked_sub(offset) else {
            return Err(UpdateError::Gap { offset, expected });
        };
        if end > u64::from(len) {
            return Err(UpdateError::TooMuch { end, len });
        }
        let known = usize::try_from(known).unwrap_or(usize::MAX);
        let result = self.take(chunk.get(known..).unwrap_or_default(), &manifest);
        match result {
            Ok(()) => Ok(self.status()),
            Err(error) => {
                self.job = Job::Idle;
                if matches!(error, UpdateError::Patch(_) | UpdateError::Lengths { .. }) {
                    self.give_up();
                }
                Err(error)
            }
        }
    }

    fn take(&mut self, mut input: &[u8], manifest: &Manifest) -> Result<(), UpdateError<F::Error>> {
        let header = manifest.header();
        let base = self.layout.start(self.state.confirmed);
        while self.filled < BUFFER {
            let (used, piece) = self.reader.next(input, BUFFER - self.filled)?;
            let (taken, rest) = input.split_at_checked(used).unwrap_or((input, &[]));
            input = rest;
            let free = self.buffer.get_mut(self.filled..).unwrap_or_default();
            match piece {
                Piece::Literal(len) => {
                    let bytes = taken.iter().skip(used - len);
                    for (to, from) in free.iter_mut().zip(bytes) {
                        *to = *from;
                    }
                    self.filled += len;
                }
                Piece::Copy { from, len } => {
                    let room = free.get_mut(..len).unwrap_or_default();
                    read_unaligned(&mut self.flash, base.wrapping_add(from), room)
                        .map_err(UpdateError::Flash)?;
                    self.filled += len;
                }
                Piece::NeedInput => return self.check_lengths(header),
                Piece::End => break,
            }
        }
        self.flush(manifest)?;
        self.check_lengths(header)
    }

    /// Writes the buffer, and a checkpoint at the end of each erase page and of the image.
    fn flush(&mut self, manifest: &Manifest) -> Result<(), UpdateError<F::Error>> {
        let at = self.reader.checkpoint();
        let slot = self.layout.start(self.state.confirmed.other());
        let whole = self.filled.next_multiple_of(F::WRITE_SIZE);
        let len = u32::try_from(self.filled).unwrap_or_default();
        let start = slot.wrapping_add(at.made - len);
        let page = page::<F>();
        if start.is_multiple_of(page) {
            self.flash
                .erase(start, start.wrapping_add(page))
                .map_err(UpdateError::Flash)?;
        }
        if let Some(padding) = self.buffer.get_mut(self.filled..whole) {
            padding.fill(0xff);
        }
        let bytes = self.buffer.get(..whole).unwrap_or_default();
        self.flash.write(start, bytes).map_err(UpdateError::Flash)?;
        self.filled = 0;
        let complete = at.made == manifest.header().image_len();
        if complete || at.made.is_multiple_of(page) {
            self.record(Phase::Receiving(at))?;
        }
        if complete {
            self.job = Job::Received;
        }
        Ok(())
    }

    fn check_lengths(&self, header: &Header) -> Result<(), UpdateError<F::Error>> {
        let Checkpoint { made, payload, .. } = self.reader.checkpoint();
        let image_complete = made == header.image_len();
        let payload_complete = payload == header.payload_len() && !self.reader.is_copying();
        if image_complete == payload_complete || !(image_complete || payload_complete) {
            return Ok(());
        }
        Err(UpdateError::Lengths { payload, made })
    }

    /// Where the transfer of this image stands in the flash; makes the slot ready for it if it was not begun.
    pub(super) fn resume_or_restart(
        &mut self,
        image: &Manifest,
    ) -> Result<Checkpoint, UpdateError<F::Error>> {
        let header = image.header();
        let slot = self.state.confirmed.other();
        if let Phase::Receiving(at) = self.state.phase {
            let found =
                manifest(&mut self.flash, &self.layout, slot).map_err(UpdateError::Flash)?;
            if found.as_ref() == Some(image) && at.made <= header.image_len() {
                return Ok(at);
            }
        }
        // From here on nobody may start the slot, or take what is in it for a part of this image.
        if self.state.phase != Phase::Idle {
            self.record(Phase::Idle)?;
        }
        let start = self.layout.manifest::<F>(slot);
        self.flash
            .erase(start, start.wrapping_add(page::<F>()))
            .map_err(UpdateError::Flash)?;
        self.flash
            .write(start, &image.to_flash())
            .map_err(UpdateError::Flash)?;
        let whole = header.base().is_none().then_some(header.image_len());
        let at = Checkpoint::start(whole);
        self.record(Phase::Receiving(at))?;
        Ok(at)
    }
}
