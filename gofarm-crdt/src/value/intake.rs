//! Reading much and asking once: [`Intake`].

use super::Reader;
use crate::dot::{Actor, Dot, ReplicaId};
use crate::error::Malformed;

/// A reader for what has many small parts. It remembers its first fault, gives zeros and nothing from there on, and is
/// asked at the end: a way out after each number is a third of the code of whoever reads.
///
/// Nothing that it gave may be relied on before [`check`](Self::check) or [`finish`](Self::finish) has said that it is
/// sound, and a loop over a number that it gave must look at [`is_over`](Self::is_over).
pub(crate) struct Intake<'a> {
    input: Reader<'a>,
    fault: Option<Malformed>,
}

impl<'a> Intake<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            input: Reader::new(bytes),
            fault: None,
        }
    }

    /// Whether there is nothing more to read: at the end, or after a fault.
    pub(crate) const fn is_over(&self) -> bool {
        self.input.is_empty()
    }

    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn u8(&mut self, what: &'static str) -> u8 {
        self.bytes(1, what).first().copied().unwrap_or_default()
    }

    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn varint(&mut self, what: &'static str) -> u64 {
        match self.input.take_varint(what) {
            Ok(number) => number,
            Err(fault) => {
                self.fail(fault);
                0
            }
        }
    }

    /// A number that must not be 0.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn counter(&mut self, what: &'static str) -> u64 {
        let number = self.varint(what);
        if number == 0 {
            self.invalid(what);
        }
        number
    }

    /// As many bytes as `len`; more than a `usize` holds are not there.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn bytes(&mut self, len: u64, what: &'static str) -> &'a [u8] {
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        match self.input.take(len, what) {
            Ok(bytes) => bytes,
            Err(fault) => {
                self.fail(fault);
                &[]
            }
        }
    }

    /// A length and so many bytes.
    pub(crate) fn prefixed(&mut self, what: &'static str) -> &'a [u8] {
        let len = self.varint(what);
        self.bytes(len, what)
    }

    /// Nothing for a 0, else one byte less than the number in front says.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn value(&mut self, what: &'static str) -> Option<&'a [u8]> {
        let len = self.varint(what).checked_sub(1)?;
        Some(self.bytes(len, what))
    }

    /// All that is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        let rest = self.input.rest();
        self.input = Reader::new(&[]);
        rest
    }

    /// As many bytes as the array has.
    pub(crate) fn array<const N: usize>(&mut self, what: &'static str) -> [u8; N] {
        let bytes = self.bytes(N as u64, what);
        bytes.try_into().unwrap_or([0; N])
    }

    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn u32(&mut self, what: &'static str) -> u32 {
        u32::from_le_bytes(self.array(what))
    }

    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn u64(&mut self, what: &'static str) -> u64 {
        u64::from_le_bytes(self.array(what))
    }

    /// A writer in full: 12 bytes.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn actor(&mut self) -> Actor {
        let replica = ReplicaId::new(self.u64("actor"));
        Actor::new(replica, self.u32("actor"))
    }

    /// Notes a fault, unless there was one before.
    #[cold]
    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn fail(&mut self, fault: Malformed) {
        self.fault.get_or_insert(fault);
        self.input = Reader::new(&[]);
    }

    /// What was read is no `what`.
    #[cold]
    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn invalid(&mut self, what: &'static str) {
        self.fail(Malformed::Invalid(what));
    }

    /// Whether all was as it should be so far.
    ///
    /// # Errors
    /// The first fault.
    pub(crate) fn check(&self) -> Result<(), Malformed> {
        self.fault.map_or(Ok(()), Err)
    }

    /// Ends reading.
    ///
    /// # Errors
    /// The first fault, or that bytes are left.
    pub(crate) fn finish(&self) -> Result<(), Malformed> {
        self.check()?;
        self.input.clone().finish()
    }
}

/// The dot that stands for what was not read.
pub(crate) const NO_DOT: Dot = Dot::new(Actor::new(ReplicaId::new(0), 0), 0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fault_is_told_and_ends_all() {
        let mut input = Intake::new(&[7, 2, 1, 9, 9]);
        assert_eq!((input.u8("a"), input.prefixed("b")), (7, &[1, 9][..]));
        assert_eq!(input.check(), Ok(()));
        assert_eq!(input.finish(), Err(Malformed::Trailing(1)));
        assert_eq!(input.u32("c"), 0);
        assert!(input.is_over());
        assert_eq!((input.u8("d"), input.varint("e")), (0, 0));
        input.invalid("f");
        assert_eq!(input.finish(), Err(Malformed::Truncated("c")));
    }

    #[test]
    fn zero_is_no_counter_and_no_value() {
        let mut input = Intake::new(&[0, 1, 3, 5, 6, 0]);
        let values = [(); 3].map(|()| input.value("v"));
        assert_eq!(values, [None, Some(&[][..]), Some(&[5, 6][..])]);
        assert_eq!(input.check(), Ok(()));
        input.counter("n");
        assert_eq!(input.check(), Err(Malformed::Invalid("n")));
    }
}
