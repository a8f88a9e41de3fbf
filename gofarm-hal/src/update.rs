//! Firmware images over a link: two slots in flash, trial starts, roll back, and patches.
//!
//! A valve in a field is reached once a week by foot. An update that stops half-way, an image for another board or one
//! that cannot reach its peer any more must never be the end of it. So:
//!
//! - An image goes into the slot that is not in use ([`Receiver`]); the running one is not touched.
//! - The [`Header`] is signed and names model, length and SHA-256. It is checked before anything is erased, and again
//!   with the digest from what the *flash* holds before the image can be started. Keys are the application's
//!   ([`gofarm_core::verify::Verifier`]; a ready one for Ed25519 with the feature `ed25519`).
//! - A new image is on trial: it gets some attempts, and falls back unless it confirms itself. Any reset counts.
//! - A security counter keeps old images with known holes out; it is raised only by a confirmed image.
//! - What survives a reset is one record of 64 bytes ([`State`]), written so that a power cut at any byte leaves the
//!   old or the new one. Words that a cut left half-written are never used again before they are erased.
//!
//! # Who starts the image
//!
//! **A bootloader of our own** calls [`start`], which reads the state, [chooses](choose) a slot and writes down an attempt,
//! and jumps. It needs the [`Layout`], a flash driver and no crypto. The image then runs where it was received, which
//! suits chips that map either slot to one address (ESP32, RP2350, dual-bank STM32), and others with an image built
//! per slot ([`Header::for_slot`]).
//!
//! **embassy-boot**, where an image has to run at one address and the chip cannot map: it swaps the slots page by page,
//! and its swap is not repeated here. The first slot is its ACTIVE partition; the second one is DFU without the last page,
//! which embassy-boot needs for itself; the manifest's page is a part of both. After [`Receiver::hand_over`] call its
//! `mark_updated` and reset; in the new image call its `mark_booted` and then [`Receiver::confirm`]. It swaps back at
//! the first reset without that mark: there is one attempt.
//!
//! # Size
//!
//! For a Cortex-M3 at opt-level s with fat LTO: [`start`] 1.3 KB of text, a receiver 12 KB, Ed25519 17 KB more; of RAM a
//! receiver takes 0.9 KB. This is with `--cfg sha2_backend_soft="compact"` in `RUSTFLAGS`, without which SHA-256 takes 6.8 KB
//! more.
//!
//! # What it does not do
//!
//! Images are not encrypted. A slot's digest is not computed at each start, so flash that rots is not noticed. Flash
//! whose erase pages differ in size has to be presented with the largest. The functions take a blocking
//! [`NorFlash`](embedded_storage::nor_flash::NorFlash), and an erase blocks for as long as the chip takes.
//!
//! # Example
//!
//! ```
//! # use core::convert::Infallible;
//! # use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
//! # use gofarm_core::verify::{KeyId, Purpose, Signed, VerifyError, Verifier};
//! # struct Flash(Vec<u8>);
//! # impl ErrorType for Flash { type Error = Infallible; }
//! # impl ReadNorFlash for Flash {
//! #     const READ_SIZE: usize = 1;
//! #     fn read(&mut self, at: u32, into: &mut [u8]) -> Result<(), Infallible> {
//! #         into.copy_from_slice(&self.0[at as usize..][..into.len()]);
//! #         Ok(())
//! #     }
//! #     fn capacity(&self) -> usize { self.0.len() }
//! # }
//! # impl NorFlash for Flash {
//! #     const WRITE_SIZE: usize = 4;
//! #     const ERASE_SIZE: usize = 1024;
//! #     fn erase(&mut self, from: u32, to: u32) -> Result<(), Infallible> {
//! #         self.0[from as usize..to as usize].fill(0xff);
//! #         Ok(())
//! #     }
//! #     fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Infallible> {
//! #         self.0[at as usize..][..bytes.len()].copy_from_slice(bytes);
//! #         Ok(())
//! #     }
//! # }
//! # struct Keys;
//! # impl Verifier for Keys {
//! #     fn verify(&self, signed: &Signed<'_>) -> Result<(), VerifyError> {
//! #         if signed.signature == b"good" { Ok(()) } else { Err(VerifyError::Mismatch) }
//! #     }
//! # }
//! # use sha2::Digest;
//! # let mut flash = Flash(vec![0xff; 0x8000]);
//! # let image = [0x5a; 3000];
//! # let version = Version { major: 1, minor: 1, patch: 0 };
//! # let header = Header::image("acme-valve", version, 3000, sha2::Sha256::digest(image).into())?.with_counter(2);
//! # let mut manifest = header.encode().to_vec();
//! # manifest.extend(b"good");
//! use core::num::NonZero;
//! use gofarm_hal::update::{Header, Layout, Reason, Receiver, Slot, Status, Trial, Version, start};
//!
//! const LAYOUT: Layout = Layout::new(0, 0x800, 0x4000, 0x3800);
//!
//! let mut receiver: Receiver<_> = Receiver::open(&mut flash, LAYOUT, "acme-valve", Slot::First)?;
//! let mut status = receiver.begin(&manifest, &Keys)?;
//! loop {
//!     status = match status {
//!         // `image` is what the link delivers, from any byte on.
//!         Status::Wants { offset } | Status::Busy { offset } => receiver.write(offset, &image[offset as usize..])?,
//!         Status::Received | Status::Verifying => receiver.verify(&Keys)?,
//!         _ => break,
//!     };
//! }
//! receiver.activate(NonZero::new(3).unwrap())?;
//!
//! // Reset. The bootloader:
//! let choice = start(&mut flash, &LAYOUT)?;
//! assert_eq!(choice.slot(), Slot::Second);
//! assert_eq!(choice.reason(), Reason::Trial { attempt: 1, allowed: 3 });
//!
//! // The new image, once the valve is closed and the peer has answered:
//! let mut receiver: Receiver<_> = Receiver::open(&mut flash, LAYOUT, "acme-valve", Slot::Second)?;
//! assert_eq!(receiver.trial(), Trial::Running { attempt: 1, allowed: 3 });
//! receiver.confirm()?;
//! assert_eq!((receiver.state().confirmed(), receiver.state().floor()), (Slot::Second, 2));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod boot;
#[cfg(feature = "std")]
mod diff;
#[cfg(feature = "ed25519")]
mod ed25519;
mod error;
mod header;
mod image;
mod layout;
mod patch;
mod receiver;
mod signal;
mod state;

pub use boot::{Choice, Reason, choose, start};
#[cfg(feature = "std")]
pub use diff::diff;
#[cfg(feature = "ed25519")]
pub use ed25519::{Ed25519Keys, PublicKey};
pub use error::{Refusal, UpdateError};
pub use header::{HEADER_LEN, Header, HeaderError, Version};
pub use image::{MANIFEST_LEN, MAX_SIGNATURE_LEN, Manifest, manifest};
pub use layout::{Layout, LayoutError, Slot};
pub use patch::{PatchError, PatchReader, Piece};
pub use receiver::{Receiver, Status, Trial};
pub use signal::INSTRUMENTS;
pub use state::State;
