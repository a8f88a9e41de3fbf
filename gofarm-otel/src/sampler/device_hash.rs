//! A share of each device's traces, by a hash of trace and device: [`DeviceHash`].
//!
//! A sensor with 200 bytes to spare and a clock that nobody set cannot ask anybody which of its traces are wanted,
//! and its ids may come from a weak source. The hash needs neither: the same trace on the same device is kept
//! or dropped by whoever computes it again, a gateway or a test, in any process.
//!
//! It is FNV-1a 64 (Fowler, Noll and Vo; draft-eastlake-fnv) of the 16 bytes of the trace id and the bytes
//! of the device id, finished by the 64-bit finaliser of MurmurHash3 (Appleby). FNV alone would not do: its last byte
//! goes through one multiplication and does not reach the high bits, so `valve-1` and `valve-2` would keep
//! the same traces. `tests/it/data/device_hash.txt` has vectors of both steps.

use gofarm_core::DeviceId;
use gofarm_core::trace_context::TraceId;

use super::{Decision, Head, Ratio, Sample};

/// Keeps a share of the traces that begin on a device.
///
/// It knows no parent; see [`ParentBased`](super::ParentBased). To change the ratio over the air see
/// [`RatioUpdates`](super::RatioUpdates).
///
/// ```
/// use gofarm_core::DeviceId;
/// use gofarm_core::trace_context::TraceId;
/// use gofarm_otel::sampler::{DeviceHash, Percent};
///
/// let sampler = DeviceHash::new(DeviceId::new("valve-7")?, 10.percent());
/// let trace = TraceId::new([7; 16]).ok_or("zero")?;
/// assert_eq!(sampler.keeps(&trace), sampler.keeps(&trace)); // today, tomorrow, and at the gateway
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DeviceHash {
    device: DeviceId,
    ratio: Ratio,
}

impl DeviceHash {
    /// The sampler of that device.
    #[must_use]
    pub const fn new(device: DeviceId, ratio: Ratio) -> Self {
        Self { device, ratio }
    }

    /// The ratio in force.
    #[must_use]
    pub const fn ratio(&self) -> Ratio {
        self.ratio
    }

    /// Changes the ratio for traces that begin from now on.
    pub const fn set_ratio(&mut self, ratio: Ratio) {
        self.ratio = ratio;
    }

    /// Whether a trace of this id is kept.
    #[must_use]
    pub fn keeps(&self, trace_id: &TraceId) -> bool {
        self.ratio
            .keeps_hash(hash(trace_id, self.device.as_bytes()))
    }

    /// The hash that decides; the trace is kept if its upper 56 bits are below the ratio's
    /// [threshold](Ratio::threshold).
    #[must_use]
    pub fn hash(&self, trace_id: &TraceId) -> u64 {
        hash(trace_id, self.device.as_bytes())
    }
}

impl Sample for DeviceHash {
    fn sample(&self, head: &Head<'_>) -> Decision {
        Decision::keep_if(self.keeps(&head.trace_id))
    }
}

pub(super) fn hash(trace_id: &TraceId, device: &[u8]) -> u64 {
    finish(fnv1a(fnv1a(OFFSET, trace_id.as_bytes()), device))
}

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

fn fnv1a(start: u64, bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(PRIME);
    bytes.iter().fold(start, step)
}

/// `fmix64` of MurmurHash3.
const fn finish(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fnv_gives_the_published_values() {
        // draft-eastlake-fnv, appendix C.
        let rows: [(&[u8], u64); 3] = [
            (b"", OFFSET),
            (b"a", 0xaf63_dc4c_8601_ec8c),
            (b"foobar", 0x8594_4171_f739_67e8),
        ];
        for (bytes, hash) in rows {
            assert_eq!(fnv1a(OFFSET, bytes), hash);
        }
    }
}
