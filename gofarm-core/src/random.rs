//! Randomness as an argument: [`Random`], and [`SplitMix64`] for simulations.
//!
//! Jitter and spread need random numbers, a replayed run needs the same ones again, and a microcontroller has a
//! peripheral for them. So logic takes a `&mut dyn Random`-like argument and never owns a generator.
//!
//! ```
//! use gofarm_core::random::{Random, SplitMix64};
//!
//! let mut a = SplitMix64::new(7);
//! let mut b = SplitMix64::new(7);
//! assert_eq!(a.next_u64(), b.next_u64());
//! assert!(a.below(10) < 10);
//! ```

/// A source of uniformly distributed random bits; need not be fit for cryptography.
///
/// Any closure that returns `u64` is one, so `rand` users pass `&mut || rng.next_u64()`.
///
/// ```
/// use gofarm_core::random::Random;
///
/// let mut peripheral = || 0x8000_0000_0000_0000_u64; // reads the chip's generator
/// assert_eq!(peripheral.below(10), 5);
/// ```
pub trait Random {
    /// The next 64 random bits.
    fn next_u64(&mut self) -> u64;

    /// A number from 0 to `bound - 1`, or 0 if `bound` is 0.
    ///
    /// Multiply-shift: the bias is below `bound / 2^64`.
    fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.next_u64()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or(0)
    }
}

impl<F: FnMut() -> u64> Random for F {
    fn next_u64(&mut self) -> u64 {
        self()
    }
}

/// The SplitMix64 generator (Steele, Lea and Flood 2014, figure 15): tiny, seedable, not for secrets.
///
/// ```
/// use gofarm_core::random::{Random, SplitMix64};
///
/// assert_eq!(SplitMix64::new(1_234_567).next_u64(), 6_457_827_717_110_365_317);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// Creates a generator whose sequence depends on `seed` alone.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }
}

impl Random for SplitMix64 {
    fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix_gives_the_published_sequence() {
        // Reference values of the C implementation by Vigna, seed 1234567.
        let mut random = SplitMix64::new(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| random.next_u64()).collect();
        assert_eq!(
            first,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn below_stays_below_its_bound() {
        let mut random = SplitMix64::new(1);
        for bound in [1, 2, 3, 1_000, u64::MAX] {
            for _ in 0..200 {
                assert!(random.below(bound) < bound);
            }
        }
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn closures_are_sources() {
        let mut fixed = || u64::MAX;
        assert_eq!(fixed.below(10), 9);
    }
}
