//! Labels on the stack: [`Labels`].

use gofarm_core::observe::Label;

/// The labels of one series; those without a value are left out.
pub(super) struct Labels<'a> {
    labels: [Label<'a>; 8],
    len: usize,
}

impl<'a> Labels<'a> {
    pub(super) const fn new() -> Self {
        Self {
            labels: [Label::text("", ""); 8],
            len: 0,
        }
    }

    fn push(&mut self, label: Label<'a>) {
        if let Some(free) = self.labels.get_mut(self.len) {
            *free = label;
            self.len += 1;
        }
    }

    pub(super) fn text(&mut self, key: &'static str, value: &'a str) {
        if !value.is_empty() {
            self.push(Label::text(key, value));
        }
    }

    pub(super) fn number(&mut self, key: &'static str, value: Option<u16>) {
        if let Some(value) = value {
            self.push(Label::number(key, u64::from(value)));
        }
    }

    pub(super) fn as_slice(&self) -> &[Label<'a>] {
        self.labels.get(..self.len).unwrap_or_default()
    }
}
