//! What sections 7.0 to 7.2 of the standard ask of a line, checked on what was on it. Knows no type of the library.

use core::time::Duration;

use gofarm_core::time::Instant;

use super::wire::{Mark, RECORDER, What};

const TOLERANCE: u64 = 400;

/// A run of characters of one end.
#[derive(Clone, Debug)]
struct Talk {
    who: usize,
    from: Instant,
    to: Instant,
    text: Vec<u8>,
    /// The break that came right before it.
    after_break: Option<Mark>,
}

/// What was seen, for further questions.
pub(super) struct Seen {
    pub(super) breaks: usize,
    pub(super) commands: Vec<String>,
}

fn micros(duration: Duration) -> u64 {
    duration.as_micros().try_into().unwrap()
}

fn gap(from: Instant, to: Instant) -> u64 {
    micros(to.saturating_since(from))
}

/// Checks a line without faults.
pub(super) fn check(log: &[Mark]) -> Seen {
    check_breaks_and_gaps(log);
    let talks = talks(log);
    let mut awake: Option<(u8, Instant)> = None;
    let mut last: Option<&Talk> = None;
    for talk in &talks {
        if talk.who == RECORDER {
            assert_eq!(talk.text.last(), Some(&b'!'), "a command is sent in one go");
            let address = talk.text[0];
            match talk.after_break {
                Some(mark) => assert!(gap(mark.to, talk.from) >= 8_330, "marking after a break"),
                None => {
                    let (to, quiet) = awake.expect("the first command needs a break");
                    assert_eq!(to, address, "another sensor needs a break");
                    assert!(gap(quiet, talk.from) <= 87_000, "it sleeps after 87 ms");
                }
            }
            // A command that nobody answered is repeated, not too soon.
            if let Some(before) = last.filter(|before| before.who == RECORDER) {
                assert!(
                    gap(before.to, talk.from) >= 16_670,
                    "wait before a repetition"
                );
            }
            awake = Some((address, talk.to));
        } else {
            let command = last.expect("a sensor does not speak first");
            if command.who == RECORDER {
                let wait = gap(command.to, talk.from);
                assert!(wait >= 8_330 - TOLERANCE, "{wait} us before a reply");
                assert!(wait <= 15_000 + TOLERANCE, "{wait} us before a reply");
            } else {
                let [_, b'\r', b'\n'] = talk.text[..] else {
                    panic!("a sensor speaks twice, and this is no service request");
                };
            }
            awake = Some((talk.text[0], talk.to));
        }
        last = Some(talk);
    }
    check_repetitions(&talks);
    Seen {
        breaks: log.iter().filter(|mark| mark.what == What::Break).count(),
        commands: talks
            .iter()
            .filter(|talk| talk.who == RECORDER)
            .map(|talk| String::from_utf8(talk.text.clone()).unwrap())
            .collect(),
    }
}

/// What holds on a line with faults too.
pub(super) fn check_breaks_and_gaps(log: &[Mark]) {
    for mark in log {
        if mark.what == What::Break {
            assert!(gap(mark.from, mark.to) >= 12_000, "a break has 12 ms");
        }
    }
    for pair in log.windows(2) {
        let [before, after] = pair else {
            unreachable!()
        };
        if before.who != after.who || after.what == What::Break {
            continue;
        }
        match before.what {
            What::Break => assert!(gap(before.to, after.from) >= 8_330),
            What::Byte(b'!' | b'\n') => {}
            What::Byte(_) => {
                assert!(gap(before.to, after.from) <= 1_660, "a gap within a text");
            }
        }
    }
}

fn talks(log: &[Mark]) -> Vec<Talk> {
    let mut talks: Vec<Talk> = Vec::new();
    let mut after_break = None;
    let mut is_open = false;
    for mark in log {
        let What::Byte(byte) = mark.what else {
            after_break = Some(*mark);
            is_open = false;
            continue;
        };
        match talks.last_mut() {
            Some(talk) if is_open && talk.who == mark.who => {
                talk.text.push(byte);
                talk.to = mark.to;
            }
            _ => talks.push(Talk {
                who: mark.who,
                from: mark.from,
                to: mark.to,
                text: vec![byte],
                after_break: after_break.take(),
            }),
        }
        is_open = !matches!(byte, b'!' | b'\n');
    }
    talks
}

/// Commands that follow one another without a reply: at least three to a break, the last 100 ms after it or later.
fn check_repetitions(talks: &[Talk]) {
    let mut at = 0;
    while at < talks.len() {
        let Some(mark) = talks[at].after_break else {
            at += 1;
            continue;
        };
        let round: Vec<&Talk> = talks[at..]
            .iter()
            .enumerate()
            .take_while(|(i, talk)| {
                talk.who == RECORDER
                    && talk.text == talks[at].text
                    && (*i == 0 || talk.after_break.is_none())
            })
            .map(|(_, talk)| talk)
            .collect();
        let next = talks.get(at + round.len().max(1));
        if next.is_some_and(|next| next.who == RECORDER && next.text == talks[at].text) {
            assert!(round.len() >= 3, "a command is sent three times to a break");
            let late = gap(mark.to, round.last().unwrap().from);
            assert!(late >= 100_000, "the last repetition came after {late} us");
        }
        at += round.len().max(1);
    }
}
