//! What a frame is made of: sections, at most one of them with a load.

use crate::capacity::Capacity;
use crate::causal_context::Run;
use crate::error::Malformed;
use crate::value::{Intake, Sink};

use super::dictionary::{Learned, Speller};
use super::item::{ItemReader, Scratch};
use super::{Limits, VERSION};

pub(super) const PACKET: u8 = (VERSION << 4) | 2;

pub(super) const ACK: u8 = 1;
pub(super) const REFUSED: u8 = 2;
pub(super) const HAVE: u8 = 16;
pub(super) const COVER: u8 = 17;
pub(super) const ADOPT: u8 = 18;
pub(super) const ADOPTED: u8 = 19;
pub(super) const FRAGMENT: u8 = 20;
pub(super) const ITEMS: u8 = 21;

/// The most pages of one round of `Have`, and chunks of one item.
pub(super) const MAX_PAGES: u8 = 64;
pub(super) const MAX_CHUNKS: usize = 128;
const LAST_PAGE: u8 = 0x80;

/// A frame, read and found to follow the protocol.
pub(super) struct Packet<'a> {
    pub(super) number: u64,
    pub(super) ack: Option<(u64, u128)>,
    pub(super) refused: Option<Refused<'a>>,
    pub(super) load: Option<Load<'a>>,
}

/// What of one frame was refused.
pub(super) struct Refused<'a> {
    pub(super) number: u64,
    entries: Intake<'a>,
}

impl Refused<'_> {
    /// The next refused item: its place in the frame and the reason.
    pub(super) fn next(&mut self) -> Option<(u64, u8)> {
        if self.entries.is_over() {
            return None;
        }
        let item = self.entries.varint("refused");
        Some((item, self.entries.u8("refused")))
    }
}

#[derive(Clone, Copy)]
pub(super) enum Load<'a> {
    Have {
        round: u8,
        page: u8,
        last: bool,
        runs: &'a [u8],
    },
    Cover {
        runs: &'a [u8],
    },
    Adopt(u64),
    Adopted(u64),
    Fragment(Fragment<'a>),
    Items(&'a [u8]),
}

/// A part of an item that is too large for a frame.
#[derive(Clone, Copy)]
pub(super) struct Fragment<'a> {
    pub(super) job: u64,
    pub(super) total: usize,
    pub(super) chunk: usize,
    pub(super) crc: u32,
    pub(super) index: u8,
    pub(super) bytes: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Reads all of a frame behind its check; `names` learns what it spells out.
    pub(super) fn read<C: Capacity>(
        body: &'a [u8],
        names: &mut Learned<'_, C>,
        limits: &Limits,
    ) -> Result<Self, Malformed> {
        let mut input = Intake::new(body);
        input.u8("kind");
        let number = input.varint("frame number");
        if number == 0 || number == u64::MAX {
            input.fail(Malformed::Limit {
                what: "frame number",
                found: number,
                limit: u64::MAX - 1,
            });
        }
        let mut packet = Self {
            number,
            ack: None,
            refused: None,
            load: None,
        };
        while packet.load.is_none() && !input.is_over() {
            match input.u8("section") {
                ACK if packet.ack.is_none() => packet.ack = Some(read_ack(&mut input)),
                REFUSED if packet.refused.is_none() => {
                    packet.refused = Some(read_refused(&mut input));
                }
                tag => packet.load = read_load(tag, &mut input, names, limits),
            }
        }
        input.finish()?;
        Ok(packet)
    }
}

fn read_ack(input: &mut Intake<'_>) -> (u64, u128) {
    let largest = input.varint("acknowledgement");
    let len = input.u8("acknowledgement");
    let bytes = input.bytes(u64::from(len), "acknowledgement");
    let mut bits = [0; 16];
    match bits.get_mut(..bytes.len()) {
        Some(bits) => bits.copy_from_slice(bytes),
        None => input.invalid("acknowledgement"),
    }
    (largest, u128::from_le_bytes(bits))
}

pub(super) fn write_ack((largest, before): (u64, u128), out: &mut dyn Sink) {
    out.put_u8(ACK);
    out.put_varint(largest);
    let bytes = before.to_le_bytes();
    let zeros = bytes.iter().rev().take_while(|byte| **byte == 0).count();
    let bytes = bytes
        .get(..bytes.len().saturating_sub(zeros))
        .unwrap_or(&[]);
    out.put_u8(u8::try_from(bytes.len()).unwrap_or(u8::MAX));
    out.put(bytes);
}

fn read_refused<'a>(input: &mut Intake<'a>) -> Refused<'a> {
    let number = input.varint("refused");
    let entries = input.prefixed("refused");
    let mut check = Intake::new(entries);
    while !check.is_over() {
        check.varint("refused");
        check.u8("refused");
    }
    if let Err(fault) = check.finish() {
        input.fail(fault);
    }
    Refused {
        number,
        entries: Intake::new(entries),
    }
}

fn read_load<'a, C: Capacity>(
    tag: u8,
    input: &mut Intake<'a>,
    names: &mut Learned<'_, C>,
    limits: &Limits,
) -> Option<Load<'a>> {
    Some(match tag {
        HAVE => {
            let round = input.u8("round");
            let page = input.u8("page");
            let runs = read_runs(input, names);
            if page & !LAST_PAGE >= MAX_PAGES {
                input.invalid("page");
            }
            Load::Have {
                round,
                page: page & !LAST_PAGE,
                last: page & LAST_PAGE != 0,
                runs,
            }
        }
        COVER => Load::Cover {
            runs: read_runs(input, names),
        },
        ADOPT => Load::Adopt(input.varint("adoption")),
        ADOPTED => Load::Adopted(input.varint("adoption")),
        FRAGMENT => Load::Fragment(read_fragment(input)),
        ITEMS => {
            let bytes = input.rest();
            let mut scratch: Scratch<'_, C> = Scratch::new(limits.entries());
            let mut items = ItemReader::new(bytes);
            loop {
                match items.next(names, &mut scratch) {
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(fault) => {
                        input.fail(fault);
                        break;
                    }
                }
            }
            Load::Items(bytes)
        }
        _ => {
            input.invalid("section");
            return None;
        }
    })
}

fn read_fragment<'a>(input: &mut Intake<'a>) -> Fragment<'a> {
    const WHAT: &str = "fragment";
    let job = input.varint(WHAT);
    let mut size = || usize::try_from(input.varint(WHAT)).unwrap_or(usize::MAX);
    let (total, chunk) = (size(), size());
    let crc = input.u32(WHAT);
    let index = input.u8(WHAT);
    let bytes = input.rest();
    let fits = chunk > 0
        && total.div_ceil(chunk) <= MAX_CHUNKS
        && usize::from(index)
            .checked_mul(chunk)
            .and_then(|offset| total.checked_sub(offset))
            .is_some_and(|left| left > 0 && bytes.len() == left.min(chunk));
    if !fits {
        input.invalid(WHAT);
    }
    Fragment {
        job,
        total,
        chunk,
        crc,
        index,
        bytes,
    }
}

impl Fragment<'_> {
    /// Its header as bytes; what follows are `bytes`.
    pub(super) fn write_header(&self, out: &mut dyn Sink) {
        out.put_u8(FRAGMENT);
        out.put_varint(self.job);
        out.put_varint(u64::try_from(self.total).unwrap_or(u64::MAX));
        out.put_varint(u64::try_from(self.chunk).unwrap_or(u64::MAX));
        out.put(&self.crc.to_le_bytes());
        out.put_u8(self.index);
    }
}

/// The head of a `Have` section.
pub(super) fn write_have(round: u8, page: u8, out: &mut dyn Sink) {
    out.put_u8(HAVE);
    out.put_u8(round);
    out.put_u8(page);
}

/// The page byte of the last page of a round.
pub(super) const fn last_page(page: u8) -> u8 {
    page | LAST_PAGE
}

/// A run: the writer, the first number, how many more.
pub(super) fn write_run<C: Capacity>(run: Run, names: &mut Speller<'_, C>, out: &mut dyn Sink) {
    use super::dictionary::Spell;
    names.actor(run.actor(), out);
    out.put_varint(run.first());
    out.put_varint(run.last().saturating_sub(run.first()));
}

/// A run; none after a fault.
pub(super) fn read_run<C: Capacity>(
    input: &mut Intake<'_>,
    names: &mut Learned<'_, C>,
) -> Option<Run> {
    let actor = names.take(input);
    let first = input.varint("run");
    let more = input.varint("run");
    let run = first
        .checked_add(more)
        .and_then(|last| Run::new(actor, first, last));
    if run.is_none() {
        input.invalid("run");
    }
    run
}

/// Runs to the end.
fn read_runs<'a, C: Capacity>(input: &mut Intake<'a>, names: &mut Learned<'_, C>) -> &'a [u8] {
    let bytes = input.rest();
    let mut runs = Intake::new(bytes);
    while !runs.is_over() {
        read_run(&mut runs, names);
    }
    if let Err(fault) = runs.finish() {
        input.fail(fault);
    }
    bytes
}
