//! What is told to an observer about the health of a process.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::fmt;
use std::sync::{Mutex, PoisonError};

use gofarm_core::observe::{Instrument, Label, Observer};

use super::check::{Told, report};
use crate::policy::health::Status;

static CHANGES: Instrument = Instrument::counter(
    "gofarm.resilience.health.changes",
    "{change}",
    "Changes of a component's status, by component and the status it changed to",
);

static READY: Instrument = Instrument::gauge(
    "gofarm.resilience.health.ready",
    "{state}",
    "1 while the whole is ready and 0 while it is not, told when it changes",
);

/// Every instrument of health, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 2] = [&CHANGES, &READY];

/// Who is told of changes, and what was told last.
#[derive(Clone)]
pub(super) struct Watch {
    observer: Arc<dyn Observer + Send + Sync>,
    last: Arc<Mutex<Last>>,
}

#[derive(Default)]
struct Last {
    components: BTreeMap<Box<str>, Status>,
    is_ready: Option<bool>,
}

impl Watch {
    pub(super) fn new(observer: Arc<dyn Observer + Send + Sync>) -> Self {
        Self {
            observer,
            last: Arc::default(),
        }
    }

    /// Tells what has changed since the last look.
    pub(super) fn looked(&self, components: &[Told<'_>]) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        for told in components {
            if last.components.get(told.name) == Some(&told.status) {
                continue;
            }
            last.components.insert(told.name.into(), told.status);
            self.observer.observe(&CHANGES.count(1).labelled(&[
                Label::text("component", told.name),
                Label::text("to", told.status.as_str()),
            ]));
        }
    }

    /// Tells whether the whole is ready, if that has changed since the last look at all of it.
    pub(super) fn looked_at_all(&self, components: &[Told<'_>]) {
        self.looked(components);
        let is_ready = report(components).is_ready();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_ready.replace(is_ready) != Some(is_ready) {
            self.observer
                .observe(&READY.measure(f64::from(u8::from(is_ready))));
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}
