//! [`Registers`]: 16-bit values, as they lie in a frame or in memory; and [`RegistersMut`], an answer being filled.

use core::fmt;
use core::ops::Range;

/// Registers that are read where they lie: big-endian in a frame, or native in an array.
///
/// ```
/// use gofarm_hal::modbus::Registers;
///
/// let received = Registers::from_be_bytes(&[0x02, 0x2B, 0x00, 0x64]);
/// assert_eq!(received.get(1), Some(100));
/// assert_eq!(received, Registers::new(&[555, 100]));
/// assert_eq!(received.iter().map(u32::from).sum::<u32>(), 655);
/// ```
#[derive(Clone, Copy)]
pub struct Registers<'a>(Source<'a>);

#[derive(Clone, Copy)]
enum Source<'a> {
    /// Two bytes a register, the high one first.
    Wire(&'a [u8]),
    Native(&'a [u16]),
}

impl<'a> Registers<'a> {
    /// The registers of an array.
    #[must_use]
    pub const fn new(values: &'a [u16]) -> Self {
        Self(Source::Native(values))
    }

    /// The registers of a frame, the high byte first; an odd byte at the end is not seen.
    #[must_use]
    pub const fn from_be_bytes(bytes: &'a [u8]) -> Self {
        Self(Source::Wire(bytes))
    }

    /// How many.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self.0 {
            Source::Wire(bytes) => bytes.len() / 2,
            Source::Native(values) => values.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The register at `index`, counted from the first of these.
    #[must_use]
    #[inline]
    pub fn get(&self, index: usize) -> Option<u16> {
        match self.0 {
            Source::Wire(bytes) => {
                let (high, low) = (bytes.get(index.checked_mul(2)?)?, bytes.get(index * 2 + 1)?);
                Some(u16::from_be_bytes([*high, *low]))
            }
            Source::Native(values) => values.get(index).copied(),
        }
    }

    /// One after the other.
    #[must_use]
    pub fn iter(&self) -> RegistersIter<'a> {
        RegistersIter {
            registers: *self,
            range: 0..self.len(),
        }
    }

    /// Copies them into `array`, as far as both go, and says how many.
    pub fn copy_to(&self, array: &mut [u16]) -> usize {
        array
            .iter_mut()
            .zip(*self)
            .map(|(to, from)| *to = from)
            .count()
    }

    /// Writes them as they go over the wire; `into` has two bytes for each.
    pub(crate) fn write(&self, into: &mut [u8]) {
        match self.0 {
            Source::Wire(bytes) => {
                let len = bytes.len().min(into.len());
                if let (Some(into), Some(bytes)) = (into.get_mut(..len), bytes.get(..len)) {
                    into.copy_from_slice(bytes);
                }
            }
            Source::Native(values) => {
                for (into, value) in into.chunks_exact_mut(2).zip(values) {
                    into.copy_from_slice(&value.to_be_bytes());
                }
            }
        }
    }
}

impl fmt::Debug for Registers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}

impl PartialEq for Registers<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(*other)
    }
}

impl Eq for Registers<'_> {}

impl<'a> From<&'a [u16]> for Registers<'a> {
    fn from(values: &'a [u16]) -> Self {
        Self::new(values)
    }
}

impl<'a> IntoIterator for Registers<'a> {
    type Item = u16;
    type IntoIter = RegistersIter<'a>;

    fn into_iter(self) -> RegistersIter<'a> {
        self.iter()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Registers<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "[");
        for register in *self {
            defmt::write!(f, "{=u16} ", register);
        }
        defmt::write!(f, "]");
    }
}

/// [`Registers`], one after the other.
#[derive(Clone, Debug)]
pub struct RegistersIter<'a> {
    registers: Registers<'a>,
    range: Range<usize>,
}

impl Iterator for RegistersIter<'_> {
    type Item = u16;

    #[inline]
    fn next(&mut self) -> Option<u16> {
        self.registers.get(self.range.next()?)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.range.size_hint()
    }
}

impl ExactSizeIterator for RegistersIter<'_> {}

/// The registers of an answer, to be filled by a [`Store`](crate::modbus::Store); they start as zeros.
///
/// ```
/// use gofarm_hal::modbus::{Registers, RegistersMut};
///
/// let mut bytes = [0; 4];
/// let mut answer = RegistersMut::new(&mut bytes);
/// answer.set(1, 555);
/// assert_eq!(answer.len(), 2);
/// assert_eq!(Registers::from_be_bytes(&bytes), Registers::new(&[0, 555]));
/// ```
#[derive(Debug)]
pub struct RegistersMut<'a>(&'a mut [u8]);

impl<'a> RegistersMut<'a> {
    /// Registers that are written to `bytes`, the high byte first.
    pub const fn new(bytes: &'a mut [u8]) -> Self {
        Self(bytes)
    }

    /// How many are asked for.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len() / 2
    }

    /// Whether none is.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sets the register at `index`, counted from the first that was asked for; beyond the last, nothing happens.
    pub fn set(&mut self, index: usize, value: u16) {
        if let Some(bytes) = self.0.chunks_exact_mut(2).nth(index) {
            bytes.copy_from_slice(&value.to_be_bytes());
        }
    }

    /// Sets them in order from `values`, as far as both go.
    pub fn fill(&mut self, values: impl IntoIterator<Item = u16>) {
        for (bytes, value) in self.0.chunks_exact_mut(2).zip(values) {
            bytes.copy_from_slice(&value.to_be_bytes());
        }
    }

    /// The same registers for a shorter time: to hand on and still have.
    pub fn reborrow(&mut self) -> RegistersMut<'_> {
        RegistersMut(self.0)
    }
}
