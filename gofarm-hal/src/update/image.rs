//! An image as it lies in a slot, with its [`Manifest`] in the slot's last page.

use embedded_storage::nor_flash::NorFlash;
use sha2::{Digest, Sha256};

use super::header::{HEADER_LEN, Header, HeaderError};
use super::layout::{Layout, Slot};
use super::state::{Tag, crc32};

/// The length of a manifest in flash, in bytes.
pub const MANIFEST_LEN: usize = 256;

/// The most bytes of a signature: Ed25519 has 64, ECDSA over P-256 in DER at most 72.
pub const MAX_SIGNATURE_LEN: usize = 96;

/// A header and its signature.
///
/// On a link it is the 128 bytes of the header and then the signature to the end. In flash it is 256 bytes with a
/// checksum, at the start of the slot's last erase page: [`to_flash`](Self::to_flash) is what a factory writes there
/// beside the first image. Without it the first update cannot be a patch.
///
/// ```
/// use gofarm_hal::update::{Header, Manifest, Version};
///
/// let version = Version { major: 1, minor: 0, patch: 0 };
/// let header = Header::image("acme-valve", version, 65_536, [7; 32])?;
/// let mut sent = header.encode().to_vec();
/// sent.extend([0; 64]); // the signature of `gofarm/firmware` and the header
/// let manifest = Manifest::decode(&sent)?;
/// assert_eq!(manifest.header(), &header);
/// # Ok::<(), gofarm_hal::update::HeaderError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manifest {
    header: Header,
    signature: [u8; MAX_SIGNATURE_LEN],
    signature_len: u8,
}

impl Manifest {
    /// Reads a manifest as it came over a link.
    ///
    /// # Errors
    /// [`HeaderError`] if the header is wrong or the signature is longer than 96 bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        let wrong_len = HeaderError::Length { len: bytes.len() };
        let (header, rest) = bytes.split_at_checked(HEADER_LEN).ok_or(wrong_len)?;
        let header = Header::decode(header)?;
        let mut signature = [0; MAX_SIGNATURE_LEN];
        let room = signature.get_mut(..rest.len()).ok_or(wrong_len)?;
        room.copy_from_slice(rest);
        let signature_len = u8::try_from(rest.len()).map_err(|_| wrong_len)?;
        Ok(Self {
            header,
            signature,
            signature_len,
        })
    }

    /// The header.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The signature over `gofarm/firmware` and the header's bytes.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        let len = usize::from(self.signature_len);
        self.signature.get(..len).unwrap_or_default()
    }

    /// The manifest as it lies in flash: header, length of the signature, signature, zeros, CRC-32.
    #[must_use]
    pub fn to_flash(&self) -> [u8; MANIFEST_LEN] {
        let mut bytes = [0; MANIFEST_LEN];
        let header = self.header.encode();
        let parts: [&[u8]; 3] = [&header, &[self.signature_len], &self.signature];
        for (to, from) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *from;
        }
        let (body, checksum) = bytes.split_at_mut(MANIFEST_LEN - 4);
        checksum.copy_from_slice(&crc32(body).to_le_bytes());
        bytes
    }

    /// Reads a manifest as it lies in flash; none if it was never written, or not to the end.
    #[must_use]
    pub fn from_flash(bytes: &[u8; MANIFEST_LEN]) -> Option<Self> {
        let (header, rest) = bytes.split_first_chunk::<HEADER_LEN>()?;
        let (&[signature_len], rest) = rest.split_first_chunk()?;
        let (signature, _) = rest.split_first_chunk()?;
        let manifest = Self {
            header: Header::decode(header).ok()?,
            signature: *signature,
            signature_len,
        };
        (manifest.to_flash() == *bytes).then_some(manifest)
    }

    /// What a state calls it.
    pub(super) fn tag(&self) -> Tag {
        let digest = Sha256::digest(self.header.encode());
        let (tag, _) = digest.split_first_chunk().unwrap_or((&[0; 8], &[]));
        *tag
    }
}

/// Reads the manifest of the image in `slot`; none if there is none.
///
/// # Errors
/// The flash's error if it could not be read.
///
/// ```
/// # use core::convert::Infallible;
/// # use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
/// # struct Blank;
/// # impl ErrorType for Blank { type Error = Infallible; }
/// # impl ReadNorFlash for Blank {
/// #     const READ_SIZE: usize = 1;
/// #     fn read(&mut self, _: u32, bytes: &mut [u8]) -> Result<(), Infallible> { bytes.fill(0xff); Ok(()) }
/// #     fn capacity(&self) -> usize { 1 << 20 }
/// # }
/// # impl NorFlash for Blank {
/// #     const WRITE_SIZE: usize = 4;
/// #     const ERASE_SIZE: usize = 4096;
/// #     fn erase(&mut self, _: u32, _: u32) -> Result<(), Infallible> { Ok(()) }
/// #     fn write(&mut self, _: u32, _: &[u8]) -> Result<(), Infallible> { Ok(()) }
/// # }
/// # let mut flash = Blank;
/// use gofarm_hal::update::{Layout, Slot, manifest};
///
/// const LAYOUT: Layout = Layout::new(0x4000, 0x1_0000, 0x8_0000, 0x7_0000);
/// assert!(manifest(&mut flash, &LAYOUT, Slot::Second)?.is_none());
/// # Ok::<(), Infallible>(())
/// ```
pub fn manifest<F: NorFlash>(
    flash: &mut F,
    layout: &Layout,
    slot: Slot,
) -> Result<Option<Manifest>, F::Error> {
    let mut bytes = [0; MANIFEST_LEN];
    flash.read(layout.manifest::<F>(slot), &mut bytes)?;
    let found = Manifest::from_flash(&bytes);
    Ok(found.filter(|found| found.header.image_len() <= layout.max_image_len::<F>()))
}

/// The SHA-256 of what the flash holds, some bytes at a time.
#[derive(Clone, Debug)]
pub(super) struct Digesting {
    hasher: Sha256,
    at: u32,
    end: u32,
}

impl Digesting {
    pub(super) fn new(start: u32, len: u32) -> Self {
        Self {
            hasher: Sha256::new(),
            at: start,
            end: start.wrapping_add(len),
        }
    }

    /// Reads at most `buffer` bytes more; the digest once all are read.
    ///
    /// `buffer` is a multiple of the flash's read size, and so is the start.
    pub(super) fn step<F: NorFlash>(
        &mut self,
        flash: &mut F,
        buffer: &mut [u8],
    ) -> Result<Option<[u8; 32]>, F::Error> {
        let left = self.end.saturating_sub(self.at);
        let len = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        // Whole reads only; what lies behind the image is not taken.
        let whole = len.next_multiple_of(F::READ_SIZE);
        if let Some(room) = buffer.get_mut(..whole) {
            flash.read(self.at, room)?;
        }
        self.hasher.update(buffer.get(..len).unwrap_or_default());
        self.at = self.at.wrapping_add(u32::try_from(len).unwrap_or(left));
        if self.at < self.end {
            return Ok(None);
        }
        let digest = core::mem::take(&mut self.hasher).finalize();
        Ok(Some(digest.into()))
    }
}

/// Reads bytes at any position, whatever the flash's read size.
pub(super) fn read_unaligned<F: NorFlash>(
    flash: &mut F,
    mut offset: u32,
    mut into: &mut [u8],
) -> Result<(), F::Error> {
    const WINDOW: u32 = 64;
    let mut window = [0; WINDOW as usize];
    while !into.is_empty() {
        let inside = offset % WINDOW;
        flash.read(offset - inside, &mut window)?;
        let there = window
            .get(usize::try_from(inside).unwrap_or_default()..)
            .unwrap_or_default();
        let len = there.len().min(into.len());
        let (now, later) = into.split_at_mut(len);
        now.copy_from_slice(there.get(..len).unwrap_or_default());
        into = later;
        offset = offset.wrapping_add(WINDOW - inside);
    }
    Ok(())
}
