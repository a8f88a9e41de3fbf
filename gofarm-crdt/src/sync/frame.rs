//! What a frame is made of: sections, at most one of them with a load.

use crate::capacity::Capacity;
use crate::causal_context::Run;
use crate::error::Malformed;
use crate::value::{Reader, Sink};

use super::dictionary::{Learned, Speller};
use super::hello::take_array;
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
#[derive(Clone)]
pub(super) struct Refused<'a> {
    pub(super) number: u64,
    entries: Reader<'a>,
}

impl Refused<'_> {
    /// The next refused item: its place in the frame and the reason.
    pub(super) fn next(&mut self) -> Option<(u64, u8)> {
        let item = self.entries.take_varint("refused").ok()?;
        let code = self.entries.take_u8("refused").ok()?;
        Some((item, code))
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
        let mut input = Reader::new(body);
        input.take_u8("kind")?;
        let number = match input.take_varint("frame number")? {
            number @ (0 | u64::MAX) => {
                return Err(Malformed::Limit {
                    what: "frame number",
                    found: number,
                    limit: u64::MAX - 1,
                });
            }
            number => number,
        };
        let mut packet = Self {
            number,
            ack: None,
            refused: None,
            load: None,
        };
        while packet.load.is_none() && !input.is_empty() {
            match input.take_u8("section")? {
                ACK if packet.ack.is_none() => packet.ack = Some(read_ack(&mut input)?),
                REFUSED if packet.refused.is_none() => {
                    packet.refused = Some(read_refused(&mut input)?);
                }
                tag => packet.load = Some(read_load(tag, &mut input, names, limits)?),
            }
        }
        input.finish()?;
        Ok(packet)
    }
}

fn read_ack(input: &mut Reader<'_>) -> Result<(u64, u128), Malformed> {
    let largest = input.take_varint("acknowledgement")?;
    let len = input.take_u8("acknowledgement")?;
    let bytes = input.take(usize::from(len), "acknowledgement")?;
    let mut bits = [0; 16];
    bits.get_mut(..bytes.len())
        .ok_or(Malformed::Invalid("acknowledgement"))?
        .copy_from_slice(bytes);
    Ok((largest, u128::from_le_bytes(bits)))
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

fn read_refused<'a>(input: &mut Reader<'a>) -> Result<Refused<'a>, Malformed> {
    let number = input.take_varint("refused")?;
    let bytes = input.take_prefixed("refused")?;
    let entries = Reader::new(bytes);
    let mut check = entries.clone();
    while !check.is_empty() {
        check.take_varint("refused")?;
        check.take_u8("refused")?;
    }
    Ok(Refused { number, entries })
}

fn read_load<'a, C: Capacity>(
    tag: u8,
    input: &mut Reader<'a>,
    names: &mut Learned<'_, C>,
    limits: &Limits,
) -> Result<Load<'a>, Malformed> {
    Ok(match tag {
        HAVE => {
            let round = input.take_u8("round")?;
            let page = input.take_u8("page")?;
            let runs = rest(input)?;
            check_runs(runs, names)?;
            if page & !LAST_PAGE >= MAX_PAGES {
                return Err(Malformed::Invalid("page"));
            }
            Load::Have {
                round,
                page: page & !LAST_PAGE,
                last: page & LAST_PAGE != 0,
                runs,
            }
        }
        COVER => {
            let runs = rest(input)?;
            check_runs(runs, names)?;
            Load::Cover { runs }
        }
        ADOPT => Load::Adopt(input.take_varint("adoption")?),
        ADOPTED => Load::Adopted(input.take_varint("adoption")?),
        FRAGMENT => Load::Fragment(read_fragment(input)?),
        ITEMS => {
            let bytes = rest(input)?;
            let mut scratch: Scratch<'_, C> = Scratch::new(limits.entries());
            let mut items = ItemReader::new(bytes);
            while items.next(names, &mut scratch)?.is_some() {}
            Load::Items(bytes)
        }
        _ => return Err(Malformed::Invalid("section")),
    })
}

fn rest<'a>(input: &mut Reader<'a>) -> Result<&'a [u8], Malformed> {
    input.take(input.rest().len(), "section")
}

fn read_fragment<'a>(input: &mut Reader<'a>) -> Result<Fragment<'a>, Malformed> {
    const WHAT: &str = "fragment";
    let job = input.take_varint(WHAT)?;
    let total = usize::try_from(input.take_varint(WHAT)?).map_err(|_| Malformed::Invalid(WHAT))?;
    let chunk = usize::try_from(input.take_varint(WHAT)?).map_err(|_| Malformed::Invalid(WHAT))?;
    let crc = u32::from_le_bytes(take_array(input, WHAT)?);
    let index = input.take_u8(WHAT)?;
    let bytes = rest(input)?;
    let fits = chunk > 0
        && total.div_ceil(chunk) <= MAX_CHUNKS
        && usize::from(index)
            .checked_mul(chunk)
            .and_then(|offset| total.checked_sub(offset))
            .is_some_and(|left| left > 0 && bytes.len() == left.min(chunk));
    if !fits {
        return Err(Malformed::Invalid(WHAT));
    }
    Ok(Fragment {
        job,
        total,
        chunk,
        crc,
        index,
        bytes,
    })
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

pub(super) fn read_run<C: Capacity>(
    input: &mut Reader<'_>,
    names: &mut Learned<'_, C>,
) -> Result<Run, Malformed> {
    let actor = names.take(input)?;
    let first = input.take_varint("run")?;
    let more = input.take_varint("run")?;
    first
        .checked_add(more)
        .and_then(|last| Run::new(actor, first, last))
        .ok_or(Malformed::Invalid("run"))
}

fn check_runs<C: Capacity>(bytes: &[u8], names: &mut Learned<'_, C>) -> Result<(), Malformed> {
    let mut input = Reader::new(bytes);
    while !input.is_empty() {
        read_run(&mut input, names)?;
    }
    Ok(())
}
