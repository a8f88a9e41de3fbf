//! [`Coils`]: single bits, as they lie in a frame or in memory; and [`CoilsMut`], an answer being filled.

use core::fmt;
use core::ops::Range;

/// Coils or discrete inputs that are read where they lie: packed in a frame, or `bool`s in an array.
///
/// ```
/// use gofarm_hal::modbus::Coils;
///
/// let received = Coils::from_packed(&[0b0000_0101], 3); // the first is the lowest bit
/// assert_eq!(received.get(2), Some(true));
/// assert_eq!(received.get(3), None);
/// assert_eq!(received, Coils::new(&[true, false, true]));
/// ```
#[derive(Clone, Copy)]
pub struct Coils<'a>(Source<'a>);

#[derive(Clone, Copy)]
enum Source<'a> {
    /// Eight to a byte, the lowest bit first, and how many count.
    Wire(&'a [u8], usize),
    Native(&'a [bool]),
}

impl<'a> Coils<'a> {
    /// The coils of an array.
    #[must_use]
    pub const fn new(values: &'a [bool]) -> Self {
        Self(Source::Native(values))
    }

    /// The first `count` coils of a frame, the lowest bit of the first byte first; no more than there are.
    #[must_use]
    pub const fn from_packed(bytes: &'a [u8], count: usize) -> Self {
        let most = bytes.len().saturating_mul(8);
        Self(Source::Wire(bytes, if count < most { count } else { most }))
    }

    /// How many.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self.0 {
            Source::Wire(_, count) => count,
            Source::Native(values) => values.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The coil at `index`, counted from the first of these.
    #[must_use]
    #[inline]
    pub fn get(&self, index: usize) -> Option<bool> {
        match self.0 {
            Source::Wire(_, count) if index >= count => None,
            Source::Wire(bytes, _) => Some(bytes.get(index / 8)? >> (index % 8) & 1 == 1),
            Source::Native(values) => values.get(index).copied(),
        }
    }

    /// One after the other.
    #[must_use]
    pub fn iter(&self) -> CoilsIter<'a> {
        CoilsIter {
            coils: *self,
            range: 0..self.len(),
        }
    }

    /// Copies them into `array`, as far as both go, and says how many.
    pub fn copy_to(&self, array: &mut [bool]) -> usize {
        array
            .iter_mut()
            .zip(*self)
            .map(|(to, from)| *to = from)
            .count()
    }

    /// Writes them as they go over the wire, unused bits as zero; `into` has a byte for each eight.
    pub(crate) fn write(&self, into: &mut [u8]) {
        into.fill(0);
        let mut into = CoilsMut::new(into, self.len());
        for (index, on) in self.iter().enumerate() {
            into.set(index, on);
        }
    }
}

impl fmt::Debug for Coils<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}

impl PartialEq for Coils<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(*other)
    }
}

impl Eq for Coils<'_> {}

impl<'a> From<&'a [bool]> for Coils<'a> {
    fn from(values: &'a [bool]) -> Self {
        Self::new(values)
    }
}

impl<'a> IntoIterator for Coils<'a> {
    type Item = bool;
    type IntoIter = CoilsIter<'a>;

    fn into_iter(self) -> CoilsIter<'a> {
        self.iter()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Coils<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        for on in *self {
            defmt::write!(f, "{=u8}", u8::from(on));
        }
    }
}

/// [`Coils`], one after the other.
#[derive(Clone, Debug)]
pub struct CoilsIter<'a> {
    coils: Coils<'a>,
    range: Range<usize>,
}

impl Iterator for CoilsIter<'_> {
    type Item = bool;

    #[inline]
    fn next(&mut self) -> Option<bool> {
        self.coils.get(self.range.next()?)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.range.size_hint()
    }
}

impl ExactSizeIterator for CoilsIter<'_> {}

/// The coils of an answer, to be filled by a [`Store`](crate::modbus::Store); they start as off.
///
/// ```
/// use gofarm_hal::modbus::CoilsMut;
///
/// let mut bytes = [0];
/// let mut answer = CoilsMut::new(&mut bytes, 3);
/// answer.set(2, true);
/// answer.set(3, true); // nobody asked for it
/// assert_eq!(bytes, [0b100]);
/// ```
#[derive(Debug)]
pub struct CoilsMut<'a> {
    bytes: &'a mut [u8],
    count: usize,
}

impl<'a> CoilsMut<'a> {
    /// The first `count` coils of `bytes`, the lowest bit of the first byte first; no more than there are.
    pub const fn new(bytes: &'a mut [u8], count: usize) -> Self {
        let most = bytes.len().saturating_mul(8);
        Self {
            bytes,
            count: if count < most { count } else { most },
        }
    }

    /// How many are asked for.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether none is.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Sets the coil at `index`, counted from the first that was asked for; beyond the last, nothing happens.
    pub fn set(&mut self, index: usize, on: bool) {
        if index >= self.count {
            return;
        }
        if let Some(byte) = self.bytes.get_mut(index / 8) {
            let bit = 1 << (index % 8);
            *byte = if on { *byte | bit } else { *byte & !bit };
        }
    }

    /// Sets them in order from `values`, as far as both go.
    pub fn fill(&mut self, values: impl IntoIterator<Item = bool>) {
        for (index, on) in (0..self.count).zip(values) {
            self.set(index, on);
        }
    }
}
