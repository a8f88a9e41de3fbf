//! [`Decoder`]: resolved records, one after the other.

use super::cbor::CborReader;
use super::fields::Bases;
use super::json::JsonReader;
use super::{DecodeError, Reason, Record};

#[derive(Clone, Debug)]
enum Reader<'a> {
    Json(JsonReader<'a>),
    Cbor(CborReader<'a>),
}

/// Reads a pack: resolved records (section 4.6) in the pack's order, or why not and where.
///
/// It ends after the first error. The records before it were handed out by then: who acts on a pack as a whole, such as
/// a configuration, asks [`Decoder::check`] first. Fields that are not known are skipped, unless their label ends in `_`:
/// then the pack is refused, as are a field that stands twice and numbers that are not finite. In CBOR, an array or a map
/// may be of indefinite length (SensML), text and data may not; decimal fractions are read.
///
/// Values are `f64`, as section 5 asks of readers; on a microcontroller without a float unit, parsing decimal text costs
/// 21 KB of code; decimal fractions of CBOR go the same way.
///
/// ```
/// use gofarm_hal::payload::senml::Decoder;
///
/// let pack = br#"[{"bn":"urn:dev:ow:10e2073a01080063:","bu":"Cel","v":23.1},{"n":"rh","u":"%RH","v":45}]"#;
/// let decoder = Decoder::json(pack);
/// assert_eq!(decoder.check()?, 2);
/// for record in decoder {
///     let record = record?;
///     println!("{} {:?} {:?}", record.name(), record.number(), record.unit());
/// }
/// # Ok::<(), gofarm_hal::payload::senml::DecodeError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a decoder does nothing until it is asked for records"]
pub struct Decoder<'a> {
    reader: Reader<'a>,
    len: usize,
    bases: Bases<'a>,
    records: usize,
    max_len: usize,
    max_records: usize,
    is_done: bool,
}

impl<'a> Decoder<'a> {
    /// Reads `application/senml+json`.
    pub fn json(pack: &'a [u8]) -> Self {
        Self::new(Reader::Json(JsonReader::new(pack)), pack.len())
    }

    /// Reads `application/senml+cbor`.
    pub fn cbor(pack: &'a [u8]) -> Self {
        Self::new(Reader::Cbor(CborReader::new(pack)), pack.len())
    }

    fn new(reader: Reader<'a>, len: usize) -> Self {
        Self {
            reader,
            len,
            bases: Bases::default(),
            records: 0,
            max_len: 65_536,
            max_records: 1_024,
            is_done: false,
        }
    }

    /// With another limit than 64 KiB on the length of the pack, in bytes.
    pub const fn max_len(mut self, bytes: usize) -> Self {
        self.max_len = bytes;
        self
    }

    /// With another limit than 1024 on the number of records.
    pub const fn max_records(mut self, records: usize) -> Self {
        self.max_records = records;
        self
    }

    /// Reads to the end and hands out nothing: how many records are to come.
    ///
    /// # Errors
    /// The first error, if there is one.
    pub fn check(&self) -> Result<usize, DecodeError> {
        self.clone()
            .try_fold(0, |count, record| record.map(|_| count + 1))
    }

    fn read(&mut self) -> Result<Option<Record<'a>>, DecodeError> {
        if self.len > self.max_len {
            return Err(DecodeError::new(self.max_len, Reason::TooLong));
        }
        loop {
            let (next, after) = match &mut self.reader {
                Reader::Json(reader) => (reader.next_record()?, reader.position()),
                Reader::Cbor(reader) => (reader.next_record()?, reader.position()),
            };
            let Some((position, fields)) = next else {
                return Ok(None);
            };
            if self.records == self.max_records {
                return Err(DecodeError::new(after, Reason::TooManyRecords));
            }
            self.records += 1;
            let record = self.bases.resolve(fields);
            match record.map_err(|reason| DecodeError::new(position, reason))? {
                Some(record) => return Ok(Some(record)),
                None => continue,
            }
        }
    }
}

impl<'a> Iterator for Decoder<'a> {
    type Item = Result<Record<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let next = self.read().transpose();
        self.is_done = !matches!(next, Some(Ok(_)));
        next
    }
}

impl core::iter::FusedIterator for Decoder<'_> {}
