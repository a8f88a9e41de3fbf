//! Two requests of one, when it is more than a receiver or a segment takes.
//!
//! All three kinds of request are built alike: field 1 is a resource with its records, field 2 of that a scope with
//! its records, field 2 of that a record. What else stands there is said in both halves.

use alloc::vec::Vec;
use core::ops::Range;

use crate::batch::{Batch, Kind};
use crate::protobuf::Message;
use crate::wire::{Fields, Value};

/// The first and the second half of the records of a batch; none if it has one record, or is not what it says.
pub(super) fn halves(batch: &Batch) -> Option<(Batch, Batch)> {
    let records = Fields(&batch.body)
        .messages(1)
        .flat_map(|resource| Fields(resource).messages(2))
        .map(|scope| Fields(scope).messages(2).count())
        .sum::<usize>();
    let middle = records / 2;
    let (first, second) = (part(batch, 0..middle)?, part(batch, middle..records)?);
    let is_whole = first.items.checked_add(second.items) == Some(batch.items);
    (middle > 0 && is_whole).then_some((first, second))
}

/// The batch with those of its records.
fn part(batch: &Batch, range: Range<usize>) -> Option<Batch> {
    let mut chosen = Chosen {
        kind: batch.kind,
        range,
        at: 0,
        items: 0,
    };
    let body = chosen.resources(&batch.body);
    Some(Batch {
        kind: batch.kind,
        items: u32::try_from(chosen.items).ok()?,
        body,
    })
}

/// Copies the records of a range.
struct Chosen {
    kind: Kind,
    range: Range<usize>,
    /// The record that is next.
    at: usize,
    /// Items in those that were copied.
    items: usize,
}

impl Chosen {
    fn resources(&mut self, request: &[u8]) -> Vec<u8> {
        let mut body = Vec::new();
        for field in Fields(request).raw() {
            match field.value {
                Value::Bytes(resource) if field.number == 1 => {
                    let scopes = self.scopes(resource);
                    if let Some(scopes) = scopes {
                        Message::new(&mut body).bytes(1, &scopes);
                    }
                }
                _ => body.extend_from_slice(field.raw),
            }
        }
        body
    }

    /// A resource with the scopes that have something left; none without.
    fn scopes(&mut self, resource: &[u8]) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        let mut is_empty = true;
        for field in Fields(resource).raw() {
            match field.value {
                Value::Bytes(scope) if field.number == 2 => {
                    if let Some(records) = self.records(scope) {
                        Message::new(&mut body).bytes(2, &records);
                        is_empty = false;
                    }
                }
                _ => body.extend_from_slice(field.raw),
            }
        }
        (!is_empty).then_some(body)
    }

    /// A scope with its records of the range; none without.
    fn records(&mut self, scope: &[u8]) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        let mut is_empty = true;
        for field in Fields(scope).raw() {
            if let Value::Bytes(record) = field.value
                && field.number == 2
            {
                let is_chosen = self.range.contains(&self.at);
                self.at += 1;
                if !is_chosen {
                    continue;
                }
                self.items += items_of(self.kind, record);
                is_empty = false;
            }
            body.extend_from_slice(field.raw);
        }
        (!is_empty).then_some(body)
    }
}

/// What a record is counted as: itself, or the data points of a metric.
fn items_of(kind: Kind, record: &[u8]) -> usize {
    match kind {
        Kind::Traces | Kind::Logs => 1,
        // Gauge, sum, histogram, exponential histogram, summary: each has its points in field 1.
        Kind::Metrics => [5, 7, 9, 10, 11]
            .into_iter()
            .flat_map(|data| Fields(record).messages(data))
            .map(|data| Fields(data).messages(1).count())
            .sum(),
    }
}
