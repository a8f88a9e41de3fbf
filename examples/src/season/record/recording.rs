//! [`Recording`]: reads a recording, and replays it.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use gofarm_core::time::Instant;
use serde::de::DeserializeOwned;

use super::frame::{self, Chain, FORMAT, MAGIC, Next};
use super::pack::unpack;
use super::{Damage, RecordError};

/// A recording that is read from its beginning to its end.
///
/// See the [module](super) for an example.
#[derive(Debug)]
pub struct Recording<R = BufReader<File>> {
    path: PathBuf,
    source: R,
    chain: Chain,
    frame: Vec<u8>,
    /// The entries of the last frame, and how many bytes of them were read.
    unpacked: Vec<u8>,
    place: usize,
    /// Where the last frame of entries begins, and where the next.
    begin: u64,
    offset: u64,
    last: Instant,
    entries: u64,
    ending: Option<Ending>,
    is_damaged: bool,
}

/// One input, when it came, whom it was for, and what was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry<T> {
    /// When.
    pub at: Instant,
    /// Who was handed it.
    pub who: u8,
    /// What.
    pub input: T,
    /// The [`Digest`](super::Digest) of the answer.
    pub outcome: u64,
}

/// How a recording ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a recording has an end or it has none"
)]
pub enum Ending {
    /// As its program ended it.
    Finished,
    /// After its last whole frame: the program or its power was cut off.
    CutOff {
        /// The bytes up to there.
        offset: u64,
    },
}

impl Recording {
    /// Opens the recording at `path` and reads its header.
    ///
    /// # Errors
    /// [`RecordError`] if it cannot be read, is none, is of another format, or its header is damaged or not an `H`.
    pub fn open<H: DeserializeOwned>(path: impl AsRef<Path>) -> Result<(Self, H), RecordError> {
        let path = path.as_ref();
        match File::open(path) {
            Ok(file) => Recording::read(path, BufReader::new(file)),
            Err(error) => Err(RecordError::Read {
                path: path.to_path_buf(),
                error,
            }),
        }
    }
}

impl<R: Read> Recording<R> {
    /// Reads a recording from anywhere; `path` is its name in errors.
    ///
    /// # Errors
    /// As [`Recording::open`].
    pub fn read<H: DeserializeOwned>(
        path: impl AsRef<Path>,
        source: R,
    ) -> Result<(Self, H), RecordError> {
        let mut recording = Self {
            path: path.as_ref().to_path_buf(),
            source,
            chain: Chain::start(),
            frame: Vec::new(),
            unpacked: Vec::new(),
            place: 0,
            begin: 0,
            offset: 0,
            last: Instant::ZERO,
            entries: 0,
            ending: None,
            is_damaged: false,
        };
        recording.read_start()?;
        let at = recording.offset;
        match recording.next_frame()? {
            Next::Frame => {}
            Next::CutOff => return Err(recording.damaged(at, Damage::NoHeader)),
            Next::Damaged(damage) => return Err(recording.damaged(at, damage)),
        }
        match decode(&recording.frame) {
            Some(header) => Ok((recording, header)),
            None => Err(recording.damaged(at, Damage::Header)),
        }
    }

    fn read_start(&mut self) -> Result<(), RecordError> {
        let (mut magic, mut format) = ([0; MAGIC.len()], [0; 4]);
        let is_whole = frame::fill(&mut self.source, &mut magic)
            .and_then(|is_whole| Ok(is_whole && frame::fill(&mut self.source, &mut format)?))
            .map_err(|error| self.unreadable(error))?;
        if !is_whole || magic != MAGIC {
            return Err(RecordError::NotARecording {
                path: self.path.clone(),
            });
        }
        let found = u32::from_le_bytes(format);
        if found != FORMAT {
            return Err(RecordError::OtherFormat {
                path: self.path.clone(),
                found,
            });
        }
        self.offset = (MAGIC.len() + format.len()) as u64;
        Ok(())
    }

    fn next_frame(&mut self) -> Result<Next, RecordError> {
        let next = self.chain.read(&mut self.source, &mut self.frame);
        let next = next.map_err(|error| self.unreadable(error))?;
        if matches!(next, Next::Frame) {
            self.offset += self.frame.len() as u64 + frame::AROUND;
        }
        Ok(next)
    }

    /// The next entry, or nothing at the end: then [`ending`](Self::ending) says how it ends.
    ///
    /// # Errors
    /// [`RecordError`] if the next entry is damaged, is not a `T`, or cannot be read. All before it were right; after it
    /// there is nothing.
    pub fn next_entry<T: DeserializeOwned>(&mut self) -> Result<Option<Entry<T>>, RecordError> {
        if self.ending.is_some() || self.is_damaged {
            return Ok(None);
        }
        let entry = self.read_entry();
        self.is_damaged = entry.is_err();
        entry
    }

    fn read_entry<T: DeserializeOwned>(&mut self) -> Result<Option<Entry<T>>, RecordError> {
        if self.place == self.unpacked.len() && !self.read_entries()? {
            return Ok(None);
        }
        let rest = self.unpacked.get(self.place..).unwrap_or_default();
        let Ok(((who, outcome, since, input), rest)) =
            postcard::take_from_bytes::<(u8, [u8; 8], i64, T)>(rest)
        else {
            return Err(self.damaged(self.begin, Damage::Entry));
        };
        self.place = self.unpacked.len() - rest.len();
        let micros = self.last.as_micros().wrapping_add(since.cast_unsigned());
        self.last = Instant::from_micros(micros);
        self.entries += 1;
        Ok(Some(Entry {
            at: self.last,
            who,
            input,
            outcome: u64::from_le_bytes(outcome),
        }))
    }

    /// Reads the next frame of entries; `false` at the end.
    fn read_entries(&mut self) -> Result<bool, RecordError> {
        self.begin = self.offset;
        match self.next_frame()? {
            Next::Frame => {}
            Next::CutOff => {
                self.ending = Some(Ending::CutOff { offset: self.begin });
                return Ok(false);
            }
            Next::Damaged(damage) => return Err(self.damaged(self.begin, damage)),
        }
        if self.frame.is_empty() {
            let is_over =
                !frame::fill(&mut self.source, &mut [0]).map_err(|error| self.unreadable(error))?;
            if !is_over {
                return Err(self.damaged(self.offset, Damage::AfterTheEnd));
            }
            self.ending = Some(Ending::Finished);
            return Ok(false);
        }
        self.place = 0;
        unpack(&self.frame, &mut self.unpacked)
            .map(|()| true)
            .ok_or_else(|| self.damaged(self.begin, Damage::Pack))
    }

    /// The entries from here on; the first error is the last item.
    pub fn entries<T: DeserializeOwned>(
        &mut self,
    ) -> impl Iterator<Item = Result<Entry<T>, RecordError>> {
        core::iter::from_fn(|| self.next_entry().transpose())
    }

    /// How it ends, once all entries are read; nothing before, and nothing if one is damaged.
    #[must_use]
    pub fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// How many bytes the start and the frames that were read take; some entries of the last one may be still to come.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Hands every entry up to `until` to `machine`, compares the digest of its answer with the recorded one, and returns
    /// how many were the same. The first entry after `until` is read and not handed over.
    ///
    /// # Errors
    /// [`RecordError::Differs`] at the first other answer; else as [`next_entry`](Self::next_entry).
    pub fn replay<T: DeserializeOwned>(
        &mut self,
        until: Instant,
        mut machine: impl FnMut(&Entry<T>) -> u64,
    ) -> Result<u64, RecordError> {
        let mut same = 0;
        while let Some(entry) = self.next_entry()? {
            if entry.at > until {
                break;
            }
            let replayed = machine(&entry);
            if replayed != entry.outcome {
                return Err(RecordError::Differs {
                    path: self.path.clone(),
                    entry: self.entries,
                    at: entry.at,
                    who: entry.who,
                    recorded: entry.outcome,
                    replayed,
                });
            }
            same += 1;
        }
        Ok(same)
    }

    fn damaged(&self, offset: u64, damage: Damage) -> RecordError {
        RecordError::Damaged {
            path: self.path.clone(),
            offset,
            damage,
        }
    }

    fn unreadable(&self, error: std::io::Error) -> RecordError {
        RecordError::Read {
            path: self.path.clone(),
            error,
        }
    }
}

/// A value that takes all of `bytes`.
fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let (value, rest) = postcard::take_from_bytes(bytes).ok()?;
    rest.is_empty().then_some(value)
}
