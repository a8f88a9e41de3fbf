//! [`Mix`]: what work is typical, counted in bounded memory.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::request::Request;
use crate::resource::{Ask, Share};

/// How often each kind of work with accelerators was asked for.
///
/// Kinds differ in what they ask for and in the models of accelerator that they accept. Work without accelerators
/// does not count. Of at most [`LIMIT`](Self::LIMIT) kinds at once a new one takes the place and the count of the
/// rarest (Space-Saving; Metwally, Agrawal and El Abbadi, "Efficient computation of frequent and top-k elements in
/// data streams", ICDT 2005), so that counts are never too low, and by at most the rarest count too high.
///
/// ```
/// use gofarm_sched::packing::Mix;
/// use gofarm_sched::request::Request;
/// use gofarm_sched::resource::{Ask, Share};
///
/// let detect = Request::new(Ask::new(2_000, 4 << 30).share(Share::Part(300)));
/// let train = Request::new(Ask::new(8_000, 32 << 30).share(Share::Whole(1)));
/// let mut mix = Mix::new();
/// for request in [&detect, &detect, &train] {
///     mix.count(request);
/// }
/// assert_eq!((mix.total(), mix.kinds()), (3, 2));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Mix {
    kinds: Vec<Kind>,
    total: u64,
    cpu_milli: u64,
    device_milli: u64,
}

/// One kind of work.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    pub(super) ask: Ask,
    /// Ascending; empty for any.
    pub(super) models: Vec<Box<str>>,
    pub(super) count: u64,
}

impl Kind {
    fn is_of(&self, request: &Request) -> bool {
        self.ask == *request.ask() && request.models().eq(self.models.iter().map(|m| &**m))
    }
}

impl Mix {
    /// The most kinds that are told apart.
    pub const LIMIT: usize = 512;

    /// Nothing counted; scores made of it are neutral.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            kinds: Vec::new(),
            total: 0,
            cpu_milli: 0,
            device_milli: 0,
        }
    }

    /// Counts a request; one without accelerators changes nothing.
    pub fn count(&mut self, request: &Request) {
        let ask = request.ask();
        let devices = u64::from(ask.devices().total());
        if devices == 0 {
            return;
        }
        self.total = self.total.saturating_add(1);
        self.cpu_milli = self.cpu_milli.saturating_add(u64::from(ask.cpu_milli()));
        self.device_milli = self.device_milli.saturating_add(devices);
        if let Some(kind) = self.kinds.iter_mut().find(|kind| kind.is_of(request)) {
            kind.count = kind.count.saturating_add(1);
            return;
        }
        let mut new = Kind {
            ask: *ask,
            models: request.models().map(Box::from).collect(),
            count: 1,
        };
        if self.kinds.len() < Self::LIMIT {
            self.kinds.push(new);
        } else if let Some(rarest) = self.kinds.iter_mut().min_by_key(|kind| kind.count) {
            new.count = rarest.count.saturating_add(1);
            *rarest = new;
        }
    }

    /// How many requests with accelerators were counted.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// How many kinds are told apart now.
    #[must_use]
    pub const fn kinds(&self) -> usize {
        self.kinds.len()
    }

    /// Thousandths of a processor that go with one accelerator, on average over all that was counted; `None` if
    /// nothing was, or none went with them.
    #[expect(clippy::cast_precision_loss, reason = "a mean needs no more")]
    pub(super) fn cpu_milli_per_device(&self) -> Option<f32> {
        (self.cpu_milli > 0).then(|| 1e3 * self.cpu_milli as f32 / self.device_milli as f32)
    }

    /// Kinds with the same ask together, the most frequent first, ties by the ask: the order is total.
    pub(super) fn by_ask(&self) -> Vec<(Ask, Vec<&Kind>)> {
        let mut kinds: Vec<&Kind> = self.kinds.iter().collect();
        kinds.sort_by(|a, b| key(&a.ask).cmp(&key(&b.ask)).then(a.models.cmp(&b.models)));
        let mut asks: Vec<(Ask, Vec<&Kind>)> = kinds
            .chunk_by(|a, b| a.ask == b.ask)
            .filter_map(|same| Some((same.first()?.ask, same.to_vec())))
            .collect();
        let count = |same: &[&Kind]| same.iter().map(|k| k.count).fold(0, u64::saturating_add);
        asks.sort_by_key(|(_, same)| core::cmp::Reverse(count(same)));
        asks
    }
}

fn key(ask: &Ask) -> (u32, u64, usize, u16) {
    let share: Share = ask.devices();
    (
        ask.cpu_milli(),
        ask.memory(),
        share.devices(),
        share.of_each(),
    )
}
