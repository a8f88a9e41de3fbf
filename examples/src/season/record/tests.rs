use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, millis};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;

/// What a toy gateway is handed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Input {
    Water { probe: u8, share: f32 },
    Frame(Vec<u8>),
    Tick,
}

/// A toy that decides: opens when it is dry, and remembers what it heard.
#[derive(Debug, Default)]
struct Toy {
    dry: u32,
    heard: u64,
}

impl Toy {
    fn handle(&mut self, at: Instant, input: &Input) -> (bool, u64) {
        match input {
            Input::Water { probe, share } if *share < 0.2 => self.dry += u32::from(*probe),
            Input::Water { .. } => self.dry = self.dry.saturating_sub(1),
            Input::Frame(bytes) => self.heard += bytes.len() as u64,
            Input::Tick => self.heard ^= at.as_micros(),
        }
        (self.dry > 3, self.heard)
    }
}

fn input(random: &mut SplitMix64) -> Input {
    match random.below(3) {
        0 => Input::Water {
            probe: random.below(3).to_le_bytes()[0],
            share: random.below(100) as f32 / 250.0,
        },
        1 => Input::Frame((0..random.below(60)).map(|n| n.to_le_bytes()[0]).collect()),
        _ => Input::Tick,
    }
}

/// Records a toy at `path` and returns its entries.
fn record(path: &Path, count: u64, seed: u64) -> Vec<Entry<Input>> {
    record_in_frames(path, count, u64::MAX, seed)
}

fn record_in_frames(path: &Path, count: u64, in_frame: u64, seed: u64) -> Vec<Entry<Input>> {
    let mut recorder = Recorder::create(path, &(seed, "toy")).unwrap();
    let (mut toy, mut random, mut at) = (Toy::default(), SplitMix64::new(seed), Instant::ZERO);
    let mut entries = Vec::new();
    for number in 0..count {
        if number.is_multiple_of(in_frame) {
            recorder.flush();
        }
        at += millis(random.below(100_000));
        let (who, input) = (random.below(3).to_le_bytes()[0], input(&mut random));
        let outcome = Digest::of(&toy.handle(at, &input));
        recorder.note(at, who, &input, outcome);
        entries.push(Entry {
            at,
            who,
            input,
            outcome,
        });
    }
    let recorded = recorder.finish().unwrap();
    assert_eq!(recorded.entries, count);
    assert_eq!(recorded.bytes, fs::metadata(path).unwrap().len());
    entries
}

/// The bytes of a recording with so many entries in a frame, and what is in it.
fn bytes(count: u64, in_frame: u64, seed: u64) -> (Vec<u8>, Vec<Entry<Input>>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("toy.rec");
    let entries = record_in_frames(&path, count, in_frame, seed);
    (fs::read(path).unwrap(), entries)
}

/// The entries up to the first that is damaged, and how they end.
type Found = (Vec<Entry<Input>>, Result<Ending, RecordError>);

fn read(bytes: &[u8]) -> Result<Found, RecordError> {
    let (mut recording, _) = Recording::read::<(u64, String)>("toy.rec", bytes)?;
    let mut entries = Vec::new();
    for entry in recording.entries() {
        match entry {
            Ok(entry) => entries.push(entry),
            Err(error) => return Ok((entries, Err(error))),
        }
    }
    assert!(recording.next_entry::<Input>().unwrap().is_none());
    let ending = recording.ending().unwrap();
    Ok((entries, Ok(ending)))
}

#[test]
fn a_replay_answers_the_same_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("toy.rec");
    let entries = record(&path, 1_000, 7);

    let (mut recording, header) = Recording::open::<(u64, String)>(&path).unwrap();
    assert_eq!(header, (7, "toy".to_owned()));
    let mut toy = Toy::default();
    let machine = |entry: &Entry<Input>| Digest::of(&toy.handle(entry.at, &entry.input));
    assert_eq!(
        recording.replay(Instant::FAR_FUTURE, machine).unwrap(),
        1_000
    );
    assert_eq!(recording.ending(), Some(Ending::Finished));

    let (mut recording, _) = Recording::open::<(u64, String)>(&path).unwrap();
    let mut toy = Toy::default();
    let until = entries[499].at;
    let same = recording.replay(until, |entry: &Entry<Input>| {
        Digest::of(&toy.handle(entry.at, &entry.input))
    });
    let expected = entries.iter().filter(|entry| entry.at <= until).count();
    assert_eq!(same.unwrap(), expected as u64);
}

#[test]
fn an_answer_that_differs_is_named() {
    let (bytes, entries) = bytes(50, 20, 3);
    let (mut recording, _) = Recording::read::<(u64, String)>("toy.rec", bytes.as_slice()).unwrap();
    let mut toy = Toy { dry: 0, heard: 1 };
    let error = recording
        .replay(Instant::FAR_FUTURE, |entry: &Entry<Input>| {
            Digest::of(&toy.handle(entry.at, &entry.input))
        })
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("entry 1 of the recording toy.rec (day 1 00:0"),
        "{error}"
    );
    let RecordError::Differs { recorded, at, .. } = error else {
        panic!("{error}");
    };
    assert_eq!((recorded, at), (entries[0].outcome, entries[0].at));
}

/// Where the header and each frame of entries end.
fn ends(bytes: &[u8]) -> Vec<u64> {
    let (mut recording, _) = Recording::read::<(u64, String)>("toy.rec", bytes).unwrap();
    let mut ends = vec![recording.offset()];
    while recording.next_entry::<Input>().unwrap().is_some() {
        if ends.last() != Some(&recording.offset()) {
            ends.push(recording.offset());
        }
    }
    ends
}

#[test]
fn a_recording_that_was_cut_off_reads_up_to_its_last_whole_frame() {
    const IN_FRAME: usize = 3;
    let (bytes, entries) = bytes(41, IN_FRAME as u64, 5);
    let ends = ends(&bytes);
    for len in 0..bytes.len() {
        let cut = &bytes[..len];
        let Ok((read, ending)) = read(cut) else {
            assert!((len as u64) < ends[0], "only without a header: {len}");
            continue;
        };
        let frames = ends.iter().filter(|end| **end <= len as u64).count() - 1;
        let offset = ends[frames];
        let whole = entries.len().min(frames * IN_FRAME);
        assert_eq!(ending.unwrap(), Ending::CutOff { offset }, "{len}");
        assert_eq!(read, entries[..whole], "{len}");

        let mut zeros = cut[..usize::try_from(offset).unwrap()].to_vec();
        zeros.resize(bytes.len() + 5_000, 0);
        let (read, ending) = self::read(&zeros).unwrap();
        assert_eq!(ending.unwrap(), Ending::CutOff { offset }, "{len}, zeros");
        assert_eq!(read, entries[..whole]);
    }
}

#[test]
fn an_entry_that_is_missing_doubled_or_moved_is_found() {
    let (bytes, entries) = bytes(6, 1, 5);
    let ends: Vec<_> = ends(&bytes)
        .into_iter()
        .map(|end| usize::try_from(end).unwrap())
        .collect();
    let part = |from: usize, to: usize| bytes[ends[from]..ends[to]].to_vec();
    let rest = bytes[ends[4]..].to_vec();
    let start = bytes[..ends[2]].to_vec();
    for damaged in [
        [start.clone(), part(3, 4), rest.clone()].concat(),
        [
            start.clone(),
            part(2, 3),
            part(2, 3),
            part(3, 4),
            rest.clone(),
        ]
        .concat(),
        [start.clone(), part(3, 4), part(2, 3), rest.clone()].concat(),
        [bytes.clone(), vec![0]].concat(),
    ] {
        let (read, ending) = read(&damaged).unwrap();
        assert!(
            matches!(ending, Err(RecordError::Damaged { .. })),
            "{ending:?}"
        );
        assert_eq!(read, entries[..read.len()]);
    }
}

#[test]
fn a_file_that_is_no_recording_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.rec");
    let line = |content: &[u8]| {
        fs::write(&path, content).unwrap();
        let error = Recording::open::<()>(&path).unwrap_err().to_string();
        assert_eq!(error.lines().count(), 1);
        error.replace(&path.display().to_string(), "x.rec")
    };
    assert_eq!(line(b""), "x.rec is not a recording of this program");
    assert_eq!(
        line(b"{\"a\": 1, \"b\": 2}"),
        "x.rec is not a recording of this program"
    );
    assert_eq!(
        line(b"GoFarmFR\x01\0\0\0rest"),
        "the recording x.rec has format 1, this program knows format 2"
    );
    assert_eq!(
        line(b"GoFarmFR\x02\0\0\0"),
        "the recording x.rec is damaged at byte 12: it ends before its header"
    );
    assert_eq!(
        line(&bytes(3, 1, 1).0),
        "the recording x.rec is damaged at byte 12: the header is not what this program writes"
    );
    fs::remove_file(&path).unwrap();
    let error = Recording::open::<()>(&path).unwrap_err().to_string();
    assert!(error.starts_with("cannot read the recording "), "{error}");
}

#[test]
fn a_recording_that_cannot_be_begun_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("toy.rec");
    record(&path, 3, 1);
    let before = fs::read(&path).unwrap();
    let too_long = vec![0_u8; MAX_ENTRY];
    let error = Recorder::create(&path, &too_long).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("the header cannot be encoded in 1048576 B")
    );
    fs::create_dir(folder.path().join("toy.rec.new")).unwrap(); // nothing can be written there
    assert!(Recorder::create(&path, &()).is_err());
    assert_eq!(fs::read(&path).unwrap(), before);

    let error = Recorder::create(folder.path(), &()).unwrap_err();
    assert!(error.to_string().ends_with(": it is not a file"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn an_input_that_is_too_long_ends_the_recording_and_not_the_season() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("toy.rec");
    let mut recorder = Recorder::create(&path, &(1_u64, "toy")).unwrap();
    recorder.note(Instant::ZERO, 1, &Input::Tick, 5);
    recorder.note(Instant::ZERO, 1, &Input::Frame(vec![0; 1 << 20]), 6);
    recorder.note(Instant::ZERO, 1, &Input::Tick, 7);
    let error = recorder.finish().unwrap_err();
    assert!(
        error.to_string().ends_with("1048576 B (after 1 entries)"),
        "{error}"
    );
    let (entries, ending) = read(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(entries.len(), 1);
    assert!(matches!(ending, Ok(Ending::CutOff { .. })));
}

#[test]
fn entries_that_are_much_alike_take_little_room() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("toy.rec");
    let mut recorder = Recorder::create(&path, &()).unwrap();
    for second in 0..100_000 {
        recorder.note(Instant::from_secs(second), 1, &Input::Tick, 7);
    }
    let recorded = recorder.finish().unwrap();
    assert!(recorded.bytes < 100_000, "{} B", recorded.bytes);
}

#[test]
fn a_recorder_that_is_dropped_leaves_all_that_was_noted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("toy.rec");
    let mut recorder = Recorder::create(&path, &(1_u64, "toy")).unwrap();
    recorder.note(Instant::ZERO, 1, &Input::Tick, 5);
    drop(recorder);
    let (entries, ending) = read(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(entries.len(), 1);
    assert!(matches!(ending, Ok(Ending::CutOff { .. })));
}

#[test]
fn an_entry_may_be_earlier_than_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("toy.rec");
    let times = [7, u64::MAX, 0, 3].map(Instant::from_micros);
    let mut recorder = Recorder::create(&path, &()).unwrap();
    for at in times {
        recorder.note(at, 0, &(), u64::MAX);
    }
    recorder.finish().unwrap();
    let (mut recording, ()) = Recording::open(&path).unwrap();
    let read: Vec<_> = recording
        .entries::<()>()
        .map(|entry| entry.unwrap().at)
        .collect();
    assert_eq!(read, times);
}

proptest! {
    #[test]
    fn a_wrong_entry_is_never_read(
        flips in proptest::collection::vec((any::<proptest::sample::Index>(), 1..=u8::MAX), 1..4),
    ) {
        static WHOLE: LazyLock<(Vec<u8>, Vec<Entry<Input>>)> = LazyLock::new(|| bytes(20, 4, 3));
        let (whole, entries) = &*WHOLE;
        let mut bytes = whole.clone();
        for (at, bits) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= bits;
        }
        prop_assume!(bytes != *whole); // the same bit twice
        if let Ok((read, ending)) = read(&bytes) {
            prop_assert!(!matches!(ending, Ok(Ending::Finished)), "it is not as it was written");
            prop_assert_eq!(&read, &entries[..read.len()]);
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes);
        bytes.splice(0..0, *b"GoFarmFR\x02\0\0\0");
        let _ = read(&bytes);
    }
}
