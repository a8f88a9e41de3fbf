//! The flight recorder: every input of a part that decides, with its time, so that any past decision can be made again.
//!
//! A log says what somebody thought worth saying. A part that reads no clock and no chance but what it is handed answers
//! the same when it is handed the same, so its inputs are all there is to keep: [`Recorder`] writes them down while it
//! runs, [`Recording`] reads them back, and [`Recording::replay`] hands them to a new machine and compares the
//! [`Digest`] of each answer with the recorded one, bit for bit.
//!
//! A recording is one file:
//!
//! | what | how |
//! |---|---|
//! | `GoFarmFR`, the format | 8 bytes, 4 bytes |
//! | the header | a frame: what the caller says of the run, such as options and seed |
//! | the entries | in frames of some 64 KB, packed: who, digest of the answer (8 bytes), time since the entry before (µs), input |
//! | the end | a frame of nothing; without it the recording was cut off |
//!
//! A frame is its length (4 bytes), a check of the length (2 bytes), the bytes and a CRC-32 (4 bytes), numbers little
//! endian. Length and bytes go through one CRC-32 over the whole file, so that a frame that is missing, doubled or moved
//! is found like a bit that has turned. Values are [postcard](https://postcard.jamesmunns.com), which has neither names
//! nor types: a recording is read by the program that wrote it, so put its version into the header. Entries are much
//! alike, and share their frame: packed by [LZ4](https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md), which costs
//! less time than it saves in writing, they take half of the room. Each frame is packed by itself, so that one that is
//! whole can be read whatever comes after it.
//!
//! What it does not do: it does not synchronise entries to the disk as they come (a power cut loses the last 64 KB that
//! are not packed yet, and what the system had not written), and it knows nothing of what an input means.
//!
//! ```
//! use gofarm_core::time::Instant;
//! use gofarm_examples::season::record::{Digest, Entry, Recorder, Recording};
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("season.rec");
//! let mut recorder = Recorder::create(&path, &"seed 7")?;
//! let mut sum = 0_u32;
//! for reading in [3_u32, 5, 8] {
//!     sum += reading;
//!     recorder.note(Instant::from_secs(sum.into()), 1, &reading, Digest::of(&sum));
//! }
//! recorder.finish()?;
//!
//! let (mut recording, header) = Recording::open::<String>(&path)?;
//! assert_eq!(header, "seed 7");
//! let mut sum = 0_u32;
//! let replayed = recording.replay(Instant::FAR_FUTURE, |entry: &Entry<u32>| {
//!     sum += entry.input;
//!     Digest::of(&sum)
//! })?;
//! assert_eq!((replayed, sum), (3, 16));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod digest;
mod error;
mod frame;
mod moment;
mod pack;
mod recorder;
mod recording;

pub use digest::Digest;
pub use error::{Damage, RecordError};
pub use moment::{Moment, MomentError};
pub use recorder::{Recorded, Recorder};
pub use recording::{Ending, Entry, Recording};

/// The longest header or entry, in bytes.
pub const MAX_ENTRY: usize = 1 << 20;

#[cfg(test)]
mod tests;
