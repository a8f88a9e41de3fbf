//! The headers that a layer needs, found in one pass: [`Picked`].

use http::header::{HOST, HeaderMap, HeaderValue, USER_AGENT};

use crate::propagation::{Field, Headers};

/// Above this many headers a look-up by hash for each name is cheaper than looking at all of them, and its cost does
/// not depend on how many there are.
const MANY: usize = 24;

/// The headers about the trace and about who asks.
pub(super) struct Picked<'a> {
    headers: &'a HeaderMap,
    /// Two of them are as bad as none, so two are looked for.
    trace_parent: [Option<&'a HeaderValue>; 2],
    pub(super) trace_state: Option<&'a HeaderValue>,
    pub(super) baggage: Option<&'a HeaderValue>,
    pub(super) host: Option<&'a HeaderValue>,
    pub(super) user_agent: Option<&'a HeaderValue>,
}

impl<'a> Picked<'a> {
    pub(super) fn of(headers: &'a HeaderMap) -> Self {
        let mut picked = Self {
            headers,
            trace_parent: [None; 2],
            trace_state: None,
            baggage: None,
            host: None,
            user_agent: None,
        };
        if headers.len() > MANY {
            picked.look_up();
        } else {
            picked.pass();
        }
        picked
    }

    fn look_up(&mut self) {
        let mut parents = self.headers.get_all(Field::TraceParent.as_str()).iter();
        self.trace_parent = [parents.next(), parents.next()];
        self.trace_state = self.headers.get(Field::TraceState.as_str());
        self.baggage = self.headers.get(Field::Baggage.as_str());
        self.host = self.headers.get(HOST);
        self.user_agent = self.headers.get(USER_AGENT);
    }

    fn pass(&mut self) {
        for (name, value) in self.headers {
            // Names of the standard are compared as numbers.
            let place = if name == HOST {
                &mut self.host
            } else if name == USER_AGENT {
                &mut self.user_agent
            } else {
                match name.as_str() {
                    "traceparent" => match &mut self.trace_parent {
                        [first @ None, _] => first,
                        [_, second] => second,
                    },
                    "tracestate" => &mut self.trace_state,
                    "baggage" => &mut self.baggage,
                    _ => continue,
                }
            };
            place.get_or_insert(value);
        }
    }
}

impl Headers for Picked<'_> {
    fn values(&self, field: Field) -> impl Iterator<Item = &[u8]> {
        let (seen, rest) = match field {
            Field::TraceParent => (self.trace_parent, None),
            Field::TraceState => ([self.trace_state, None], None),
            Field::Baggage => ([self.baggage, None], None),
            other => ([None; 2], Some(Headers::values(self.headers, other))),
        };
        let seen = seen.into_iter().flatten().map(HeaderValue::as_bytes);
        seen.chain(rest.into_iter().flatten())
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use http::HeaderName;

    use super::*;

    #[test]
    fn few_headers_and_many_give_the_same() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("traceparent", "a"),
            ("traceparent", "b"),
            ("traceparent", "c"),
            ("tracestate", "d"),
            ("baggage", "e"),
            ("host", "f"),
            ("host", "g"),
            ("user-agent", "h"),
            ("b3", "i"),
        ] {
            headers.append(name, HeaderValue::from_static(value));
        }
        let seen = |headers: &HeaderMap| {
            let picked = Picked::of(headers);
            let fields = [
                Field::TraceParent,
                Field::TraceState,
                Field::Baggage,
                Field::B3,
            ];
            let values =
                fields.map(|field| picked.values(field).flatten().copied().collect::<Vec<u8>>());
            let others = [picked.host, picked.user_agent].map(|value| value.cloned());
            (values, others)
        };
        let few = seen(&headers);
        assert_eq!(few.0, [&b"ab"[..], b"d", b"e", b"i"].map(<[u8]>::to_vec));
        assert_eq!(few.1.clone().map(Option::unwrap), ["f", "h"]);
        for i in 0..MANY {
            let name = HeaderName::from_bytes(alloc::format!("x-{i}").as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_static(""));
        }
        assert_eq!(seen(&headers), few);
    }
}
