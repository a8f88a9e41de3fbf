//! Attributes on the stack: [`List`].

use core::ops::Deref;

use crate::attribute::Attribute;

/// As many attributes as a request has.
const ROOM: usize = 20;

/// What is said about one request. Attributes without a value are left out.
pub(super) struct List<'a> {
    attributes: [Attribute<'a>; ROOM],
    len: usize,
}

impl<'a> List<'a> {
    pub(super) const fn new() -> Self {
        Self {
            attributes: [Attribute::int("", 0); ROOM],
            len: 0,
        }
    }

    pub(super) fn push(&mut self, attribute: Attribute<'a>) {
        if let Some(free) = self.attributes.get_mut(self.len) {
            *free = attribute;
            self.len += 1;
        }
    }

    pub(super) fn text(&mut self, key: &'a str, value: &'a str) {
        if !value.is_empty() {
            self.push(Attribute::text(key, value));
        }
    }

    pub(super) fn port(&mut self, key: &'a str, port: Option<u16>) {
        if let Some(port) = port {
            self.push(Attribute::int(key, i64::from(port)));
        }
    }
}

impl<'a> Deref for List<'a> {
    type Target = [Attribute<'a>];

    fn deref(&self) -> &Self::Target {
        self.attributes.get(..self.len).unwrap_or_default()
    }
}
