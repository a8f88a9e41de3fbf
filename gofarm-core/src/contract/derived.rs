//! What the derive macros call. Public for generated code only and outside of the versioning promise.

use super::{
    ActionContract, Descriptor, EventContract, Found, Literal, MAX_DEPTH, Number, Property, Schema,
    Validate, Violation,
};

/// The first violation of a value that was found to be invalid.
///
/// # Errors
/// That violation.
#[cold]
#[inline(never)]
pub fn first_violation<T: Validate>(value: &T) -> Result<(), Violation> {
    let mut first = None;
    value.validate_all(&mut |violation| {
        first.get_or_insert(violation);
    });
    first.map_or(Ok(()), Err)
}

/// A number that broke the limits of property `property`.
///
/// Takes the primitive itself, so that the call in the middle of the checks is a few instructions and `validate`
/// stays small enough to be inlined.
#[cold]
#[inline(never)]
#[must_use]
pub fn refuse_number<N: Into<Number>>(
    found: N,
    record: &'static Schema,
    property: u16,
) -> Violation {
    refuse(Found::Number(found.into()), record, property, &[])
}

/// A number that broke the limits inside property `property`; `indices` leads through its arrays, outermost first.
#[cold]
#[inline(never)]
#[must_use]
pub fn refuse_element<N: Into<Number>>(
    found: N,
    record: &'static Schema,
    property: u16,
    indices: &[u16],
) -> Violation {
    refuse(Found::Number(found.into()), record, property, indices)
}

/// Text of `len` bytes, too long for property `property`; `indices` leads through arrays, outermost first.
#[cold]
#[inline(never)]
#[must_use]
pub fn refuse_text(
    len: usize,
    record: &'static Schema,
    property: u16,
    indices: &[u16],
) -> Violation {
    let len = u32::try_from(len).unwrap_or(u32::MAX);
    refuse(Found::Length(len), record, property, indices)
}

/// A violation remembers its outermost schema and finds the others on the way in: `record` stands for all.
#[cold]
fn refuse(found: Found, record: &'static Schema, property: u16, indices: &[u16]) -> Violation {
    let inwards = indices.iter().rev().chain([&property]);
    inwards.fold(Violation::new(found, record), |violation, step| {
        violation.within(record, *step)
    })
}

/// The schema of a record.
///
/// # Panics
/// If the record nests deeper than [`MAX_DEPTH`]; in a constant that is a compile error.
#[must_use]
#[track_caller]
pub const fn record(properties: &'static [Property]) -> Schema {
    let record = Schema::Record(properties);
    assert!(
        record.depth() <= MAX_DEPTH,
        "a contract nests at most 6 levels of records and arrays: flatten one"
    );
    record
}

/// The length of an array.
///
/// # Panics
/// If it is more than 65535; in a constant that is a compile error.
#[must_use]
#[track_caller]
pub const fn array_len(len: usize) -> u32 {
    assert!(
        len <= u16::MAX as usize,
        "an array in a contract has at most 65535 elements"
    );
    #[expect(clippy::cast_possible_truncation, reason = "checked in the line above")]
    {
        len as u32
    }
}

/// A default text for a value of `schema`.
///
/// # Panics
/// If `schema` is not text or `text` is too long; in a constant that is a compile error.
#[must_use]
#[track_caller]
pub const fn text_default(schema: &Schema, text: &'static str) -> Literal {
    match schema.present() {
        Schema::Text { max_len } => assert!(
            text.len() <= *max_len as usize,
            "the default text is longer than its type allows"
        ),
        Schema::Enumeration(_) => {
            panic!("the default of an enumeration is a variant: write `Mode::Auto`")
        }
        _ => panic!("the property is not text: a text cannot be its default"),
    }
    Literal::Text(text)
}

/// The descriptor, once its actions and its events are seen to have different names.
///
/// # Panics
/// If two have the same; in a constant that is a compile error.
#[must_use]
#[track_caller]
pub const fn descriptor(descriptor: Descriptor) -> Descriptor {
    assert!(
        are_distinct(descriptor.actions(), descriptor.events()),
        "two actions or two events have one name: write `#[action(name = \"…\")]`"
    );
    descriptor
}

const fn are_distinct(actions: &[&ActionContract], events: &[&EventContract]) -> bool {
    let mut i = 0;
    while i < actions.len() {
        let mut j = 0;
        while j < i {
            if same(actions[i].name(), actions[j].name()) {
                return false;
            }
            j += 1;
        }
        i += 1;
    }
    i = 0;
    while i < events.len() {
        let mut j = 0;
        while j < i {
            if same(events[i].name(), events[j].name()) {
                return false;
            }
            j += 1;
        }
        i += 1;
    }
    true
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
