//! An observer that keeps what it is told as text.

use std::sync::Mutex;

use gofarm_core::observe::{LabelValue, Observer, Signal};

/// Keeps what it is told, as `name key=value…`.
#[derive(Default)]
pub(crate) struct Told(Mutex<Vec<String>>);

impl Told {
    pub(crate) fn take(&self) -> Vec<String> {
        core::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Observer for Told {
    fn observe(&self, signal: &Signal<'_>) {
        let mut text = signal.instrument().name().to_owned();
        for label in signal.labels() {
            match label.value {
                LabelValue::Text(value) => text += &format!(" {}={value}", label.key),
                LabelValue::Number(value) => text += &format!(" {}={value}", label.key),
            }
        }
        self.0.lock().unwrap().push(text);
    }
}
