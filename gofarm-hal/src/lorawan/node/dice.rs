//! [`Dice`]: the random numbers that the MAC asks for.

use gofarm_core::random::{Random, SplitMix64};
use lorawan_device::RngCore;

/// [`SplitMix64`] as the MAC wants it: for join nonces, which must not repeat, and channels; not for secrets.
#[derive(Clone, Debug)]
pub struct Dice(SplitMix64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(SplitMix64::new(seed))
    }
}

impl RngCore for Dice {
    fn next_u32(&mut self) -> u32 {
        let [a, b, c, d, ..] = self.0.next_u64().to_be_bytes();
        u32::from_be_bytes([a, b, c, d])
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let random = self.0.next_u64().to_be_bytes();
            for (to, from) in chunk.iter_mut().zip(random) {
                *to = from;
            }
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}
