//! The greeting: [`Hello`].

use crate::capacity::Capacity;
use crate::causal_context::CausalContext;
use crate::dot::Actor;
use crate::error::Malformed;
use crate::value::{Intake, Sink, SliceSink};

use super::check::{seal, verified};
use super::{FrameError, VERSION};

pub(super) const HELLO: u8 = (VERSION << 4) | 1;

/// What a side says of itself; every field is laid out in PROTOCOL.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hello {
    pub(super) actor: Actor,
    pub(super) session: u32,
    /// The peer's session number as far as it is known, or 0.
    pub(super) echo: u32,
    pub(super) max_frame: u16,
    pub(super) window: u8,
    pub(super) dictionary: u16,
    pub(super) digest: u64,
    /// The round of `Have` that is asked for, or 0.
    pub(super) need: u8,
    pub(super) adopting: bool,
}

impl Hello {
    pub(super) fn encode(&self, buf: &mut [u8]) -> Option<usize> {
        let mut at = 0;
        let mut put = |bytes: &[u8]| -> Option<()> {
            buf.get_mut(at..at + bytes.len())?.copy_from_slice(bytes);
            at += bytes.len();
            Some(())
        };
        put(&[HELLO, (VERSION << 4) | VERSION])?;
        put(&self.actor.replica().get().to_le_bytes())?;
        put(&self.actor.incarnation().to_le_bytes())?;
        put(&self.session.to_le_bytes())?;
        put(&self.echo.to_le_bytes())?;
        put(&self.max_frame.to_le_bytes())?;
        put(&[self.window])?;
        put(&self.dictionary.to_le_bytes())?;
        put(&self.digest.to_le_bytes())?;
        put(&[self.need, u8::from(self.adopting)])?;
        seal(buf, at, 0, 0)
    }

    pub(super) fn decode(frame: &[u8]) -> Result<Self, FrameError> {
        const WHAT: &str = "greeting";
        let body = verified(frame, 0, 0).ok_or(FrameError::Check)?;
        let mut input = Intake::new(body);
        input.u8(WHAT);
        let versions = input.u8(WHAT);
        input.check()?;
        let (oldest, newest) = (versions >> 4, versions & 0xf);
        if !(oldest..=newest).contains(&VERSION) {
            return Err(FrameError::Version { oldest, newest });
        }
        let hello = Self {
            actor: input.actor(),
            session: input.u32(WHAT),
            echo: input.u32(WHAT),
            max_frame: u16::from_le_bytes(input.array(WHAT)),
            window: input.u8(WHAT),
            dictionary: u16::from_le_bytes(input.array(WHAT)),
            digest: input.u64(WHAT),
            need: input.u8(WHAT),
            adopting: match input.u8(WHAT) {
                0 => false,
                1 => true,
                _ => {
                    input.invalid(WHAT);
                    false
                }
            },
        };
        input.finish()?;
        let sound =
            hello.session != 0 && hello.window > 0 && hello.max_frame >= super::Limits::MIN_FRAME;
        if sound {
            Ok(hello)
        } else {
            Err(Malformed::Invalid(WHAT).into())
        }
    }
}

/// FNV-1a 64 over what is known: equal contexts have equal digests, and of different ones two in 2^64.
pub(super) fn digest<C: Capacity>(context: &CausalContext<C>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut put = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    let mut put_run = |actor: Actor, first: u64, last: u64| {
        let mut run = [0; 28];
        let mut out = SliceSink::new(&mut run);
        out.put(&actor.replica().get().to_le_bytes());
        out.put(&actor.incarnation().to_le_bytes());
        out.put(&first.to_le_bytes());
        out.put(&last.to_le_bytes());
        put(&run);
    };
    let prefix = context.prefix().iter();
    for (actor, first, last) in prefix.map(|dot| (dot.actor(), 1, dot.counter())).chain(
        context
            .runs()
            .map(|run| (run.actor(), run.first(), run.last())),
    ) {
        put_run(actor, first, last);
    }
    hash
}
