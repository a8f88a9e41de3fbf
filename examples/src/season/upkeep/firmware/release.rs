//! [`Release`]: an image as the cloud offers it, signed with Ed25519.

use ed25519_compact::{KeyPair, Seed};
use gofarm_core::Device as _;
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::verify::{KeyId, Purpose};
use gofarm_hal::update::{Header, PublicKey, Version};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::season::contract::Valve;

/// The model that every image of the farm is for.
pub(super) const MODEL: &str = Valve::DESCRIPTOR.model();
/// The length of an image in bytes: not of whole pages, as real ones. Small, so that many seasons are quick.
const LEN: u32 = 6_044;
const KEY: KeyId = KeyId(1);
/// What stands for an image's code: whether it comes through its self test is its first byte.
pub(super) const WORKS: u8 = 0x57;
const FAILS: u8 = 0xf1;

/// What the cloud pushes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::season) enum Image {
    /// A good one.
    Good,
    /// What the cloud hands out is not any more what was signed.
    Damaged,
    /// It was signed with a key that is not the farm's.
    Forged,
    /// All is as it was signed, and it fails its self test after the start: it hangs, and the watchdog resets it.
    FailsSelfTest,
}

/// An image with its signed manifest.
#[derive(Debug)]
pub(super) struct Release {
    pub(super) version: Version,
    /// Header and signature, as they go over the link.
    pub(super) manifest: Vec<u8>,
    pub(super) payload: Vec<u8>,
}

/// The farm's key, with which the images are made; nodes know its public half.
#[derive(Debug)]
pub(super) struct Signer {
    key: KeyPair,
    random: SplitMix64,
}

impl Signer {
    pub(super) fn new(mut random: SplitMix64) -> Self {
        Self {
            key: key_pair(&mut random),
            random,
        }
    }

    pub(super) fn public_key(&self) -> PublicKey {
        PublicKey {
            id: KEY,
            bytes: *self.key.pk,
        }
    }

    /// Makes an image.
    ///
    /// The security counter stays 0, so that nodes can go back to the image before: it is raised only by an image that
    /// closes a hole.
    pub(super) fn release(&mut self, version: Version, image: Image) -> Release {
        let mut payload: Vec<u8> = core::iter::repeat_with(|| self.random.next_u64())
            .flat_map(u64::to_le_bytes)
            .take(LEN as usize)
            .collect();
        if let Some(code) = payload.first_mut() {
            *code = if image == Image::FailsSelfTest {
                FAILS
            } else {
                WORKS
            };
        }
        let digest = Sha256::digest(&payload).into();
        let header = Header::image(MODEL, version, LEN, digest)
            .expect("a model and a length within their rules")
            .with_key(KEY);
        let mut manifest = header.encode().to_vec();
        let signed = [Purpose::Firmware.as_str().as_bytes(), &manifest].concat();
        let signature = match image {
            Image::Forged => key_pair(&mut self.random).sk.sign(signed, None),
            _ => self.key.sk.sign(signed, None),
        };
        manifest.extend_from_slice(signature.as_ref());
        if image == Image::Damaged
            && let Some(byte) = payload.last_mut()
        {
            *byte ^= 1;
        }
        Release {
            version,
            manifest,
            payload,
        }
    }
}

fn key_pair(random: &mut SplitMix64) -> KeyPair {
    let mut seed = [0; Seed::BYTES];
    for chunk in seed.chunks_exact_mut(8) {
        chunk.copy_from_slice(&random.next_u64().to_le_bytes());
    }
    KeyPair::from_seed(Seed::new(seed))
}
