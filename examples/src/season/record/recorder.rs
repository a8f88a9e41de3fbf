//! [`Recorder`]: writes a recording.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use gofarm_core::time::Instant;
use serde::Serialize;

use super::frame::{AROUND, Chain, FORMAT, MAGIC};
use super::pack::{PACK, pack};
use super::{MAX_ENTRY, RecordError};

/// Writes a recording while a season runs.
///
/// Dropped without [`finish`](Self::finish), it leaves a recording that counts as cut off. See the [module](super) for an
/// example.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    file: File,
    chain: Chain,
    /// What was noted and is not yet written, and how many entries that are.
    pending: Vec<u8>,
    pending_entries: u64,
    /// One entry; memory that is used again and again.
    entry: Vec<u8>,
    last: Instant,
    recorded: Recorded,
    trouble: Option<RecordError>,
}

/// What a recording holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recorded {
    /// Its entries.
    pub entries: u64,
    /// Its length in the file, in bytes.
    pub bytes: u64,
}

impl Recorder {
    /// Begins a recording at `path`; a file that is there is replaced.
    ///
    /// The file appears under its name when its header is durable, so that a disk that is full or a path that cannot be
    /// written leaves what was there before.
    ///
    /// # Errors
    /// [`RecordError::Write`] when it cannot be written, also if there is something else than a file;
    /// [`RecordError::Encode`] when the header cannot be encoded.
    pub fn create(path: impl AsRef<Path>, header: &impl Serialize) -> Result<Self, RecordError> {
        let path = path.as_ref();
        let write = |error| RecordError::Write {
            path: path.to_path_buf(),
            entries: 0,
            error,
        };
        let header = encode(Vec::new(), header).ok_or_else(|| RecordError::Encode {
            path: path.to_path_buf(),
            entries: 0,
            what: "the header",
        })?;
        if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            return Err(write(io::Error::other("it is not a file")));
        }
        let unfinished = unfinished(path);
        let mut chain = Chain::start();
        let begun = begin(&unfinished, &mut chain, &header).and_then(|file| {
            fs::rename(&unfinished, path)?;
            Ok(file)
        });
        match begun {
            Ok(file) => Ok(Self::over(file, path, chain, header)),
            Err(error) => {
                let _ = fs::remove_file(&unfinished); // it may not be there
                Err(write(error))
            }
        }
    }

    fn over(file: File, path: &Path, chain: Chain, header: Vec<u8>) -> Self {
        Self {
            path: path.to_path_buf(),
            file,
            chain,
            last: Instant::ZERO,
            recorded: Recorded {
                entries: 0,
                bytes: (MAGIC.len() + size_of_val(&FORMAT) + header.len()) as u64 + AROUND,
            },
            pending: Vec::with_capacity(2 * PACK),
            pending_entries: 0,
            entry: header,
            trouble: None,
        }
    }

    /// Notes that `who` was handed `input` at `at`, and the digest of the answer, see [`Digest`](super::Digest).
    ///
    /// It goes to the file in pieces of 64 KB. After the first failure nothing more is written, and
    /// [`finish`](Self::finish) tells.
    pub fn note(&mut self, at: Instant, who: u8, input: &impl Serialize, outcome: u64) {
        if self.trouble.is_some() {
            return;
        }
        let since = at
            .as_micros()
            .wrapping_sub(self.last.as_micros())
            .cast_signed();
        let entry = (who, outcome.to_le_bytes(), since, input);
        let Some(entry) = encode(core::mem::take(&mut self.entry), &entry) else {
            self.flush();
            self.trouble.get_or_insert_with(|| RecordError::Encode {
                path: self.path.clone(),
                entries: self.recorded.entries,
                what: "an input",
            });
            return;
        };
        self.pending.extend_from_slice(&entry);
        self.pending_entries += 1;
        self.entry = entry;
        self.last = at;
        if self.pending.len() >= PACK {
            self.flush();
        }
    }

    /// Hands what was noted to the system: from then on it outlives the program, and a power cut when the system has
    /// written it. Pieces that are shorter than 64 KB take more room.
    pub fn flush(&mut self) {
        if self.pending.is_empty() || self.trouble.is_some() {
            return;
        }
        let packed = pack(&self.pending);
        match self.chain.write(&mut self.file, &packed) {
            Ok(()) => {
                self.recorded.entries += self.pending_entries;
                self.recorded.bytes += packed.len() as u64 + AROUND;
            }
            Err(error) => self.trouble = Some(self.failed(error)),
        }
        self.pending.clear();
        self.pending_entries = 0;
    }

    /// Ends the recording, and makes it durable.
    ///
    /// # Errors
    /// The first [`RecordError`] of all that was noted. What was written before it can be read as a recording that was
    /// cut off.
    pub fn finish(mut self) -> Result<Recorded, RecordError> {
        self.flush();
        if let Some(trouble) = self.trouble.take() {
            return Err(trouble);
        }
        self.end().map_err(|error| self.failed(error))?;
        self.recorded.bytes += AROUND;
        Ok(self.recorded)
    }

    fn end(&mut self) -> io::Result<()> {
        self.chain.write(&mut self.file, &[])?;
        self.file.sync_all()
    }

    fn failed(&self, error: io::Error) -> RecordError {
        RecordError::Write {
            path: self.path.clone(),
            entries: self.recorded.entries,
            error,
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.flush();
    }
}

fn begin(path: &Path, chain: &mut Chain, header: &[u8]) -> io::Result<File> {
    let mut start = MAGIC.to_vec();
    start.extend_from_slice(&FORMAT.to_le_bytes());
    chain.write(&mut start, header)?;
    let mut file = File::create(path)?;
    file.write_all(&start)?;
    file.sync_all()?;
    Ok(file)
}

/// Encodes `value` over what is in `bytes`; nothing if it cannot be, or is longer than an entry may be.
fn encode(mut bytes: Vec<u8>, value: &impl Serialize) -> Option<Vec<u8>> {
    bytes.clear();
    let bytes = postcard::to_extend(value, bytes).ok()?;
    (bytes.len() <= MAX_ENTRY).then_some(bytes)
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(".new");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_disk_that_is_full_during_the_run_is_told_at_the_end() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut recorder = Recorder::over(full, "x.rec".as_ref(), Chain::start(), Vec::new());
        for second in 0..100_000 {
            recorder.note(Instant::from_secs(second), 1, &second, 0);
        }
        let error = recorder.finish().unwrap_err().to_string();
        assert!(
            error.starts_with("cannot write the recording x.rec: No space left on device"),
            "{error}"
        );
        assert!(!error.contains("entries"), "none was written: {error}");
    }
}
