//! What changed since the released contract, and whether it breaks anyone.
//!
//! A device in the field keeps its firmware for years, and its readers and callers are released at other times. So a
//! build compares its contracts with the released ones ([`Descriptor::changes`]) and stops at a breaking change.
//!
//! Whether a change breaks depends on the way a value flows. A **reading** flows out of the device, as an event's data
//! does: what may now appear and could not before breaks its readers. **Configuration** flows in, as a written value
//! and an action's input do: what was accepted and is now refused breaks the callers.
//!
//! | change | flows out | flows in |
//! |---|---|---|
//! | limit, length or step made wider | breaking | compatible |
//! | limit, length or step made narrower | compatible | breaking |
//! | name added to an enumeration | breaking | compatible |
//! | name removed from an enumeration | compatible | breaking |
//! | value made optional | breaking | compatible |
//! | optional value made required | compatible | breaking |
//! | value added to a record, an input, an event | compatible | breaking, unless optional or with a default |
//! | default taken away | compatible | breaking, unless optional |
//!
//! | change | |
//! |---|---|
//! | property, action or event removed (or renamed) | breaking |
//! | shape, representation, unit or number of elements changed | breaking |
//! | an integer's step changed, and neither is a multiple of the other | breaking |
//! | reading added, or a value to be written that is no configuration | compatible |
//! | configuration added, or another property made configuration | breaking, unless optional or with a default |
//! | any other change of access of a device's own property | breaking |
//! | access of a value inside of a property, an input or an event | compatible: it says nothing there |
//! | maximum rate, stale or stuck time, a float's step, a default's value, an order | compatible |
//! | action or event added | compatible |
//! | maximum run time made longer | compatible: look at what a longer run can flood |
//! | maximum run time made shorter, given or taken away | breaking |
//! | safe state, closing or behaviour on link loss changed | breaking |
//! | action made idempotent / no longer idempotent | compatible / breaking |
//! | model changed | breaking |
//! | version lowered, or not raised although something changed | breaking |
//!
//! Descriptions do not count. Names are the contract, positions are not: an encoding by position needs its own rule.

mod affordance;
mod flow;
mod numeric;
mod property;

use core::fmt;
use core::time::Duration;

use super::{Descriptor, Literal, MAX_DEPTH, Number, Rate};

impl Descriptor {
    /// What changed from `old` to this contract, each change with its effect on others.
    ///
    /// Meant for a build step: each item costs one walk over both contracts.
    ///
    /// ```
    /// use gofarm_core::contract::{Descriptor, Number, Numeric, Property, Repr, Schema};
    ///
    /// const fn ph(max: f32) -> Schema {
    ///     Schema::Numeric(Numeric::new(Repr::F32).at_least(Number::F32(0.0)).at_most(Number::F32(max)))
    /// }
    /// const RELEASED: Descriptor = Descriptor::new("acme-ph", 1, &[Property::new("ph", ph(14.0))], &[], &[]);
    /// const BUILT: Descriptor = Descriptor::new("acme-ph", 2, &[Property::new("ph", ph(16.0))], &[], &[]);
    ///
    /// let breaking: Vec<String> =
    ///     BUILT.changes(&RELEASED).filter(|c| c.is_breaking()).map(|c| c.to_string()).collect();
    /// assert_eq!(
    ///     breaking,
    ///     ["property ph: maximum 14 -> 16: breaking, a reader may meet a value that could not appear before"]
    /// );
    /// ```
    #[must_use]
    pub const fn changes(&self, old: &Self) -> Changes {
        Changes {
            new: *self,
            old: *old,
            next: 0,
        }
    }
}

/// The changes between two contracts; made by [`Descriptor::changes`].
///
/// An iterator; without any item, nothing changed that a peer could depend on. See [`Descriptor::changes`] for an
/// example.
#[derive(Clone, Debug)]
pub struct Changes {
    new: Descriptor,
    old: Descriptor,
    next: usize,
}

impl Iterator for Changes {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        let mut left = self.next;
        let mut found = None;
        compare(&self.new, &self.old, &mut |change| {
            if left == 0 && found.is_none() {
                found = Some(change);
            }
            left = left.saturating_sub(1);
        });
        self.next += 1;
        found
    }
}

/// What part of a contract a [`Change`] is about.
///
/// ```
/// use gofarm_core::contract::{Descriptor, EventContract, Subject};
///
/// const LEAK: EventContract = EventContract::new("leak");
/// const RELEASED: Descriptor = Descriptor::new("acme-valve", 1, &[], &[], &[&LEAK]);
/// const BUILT: Descriptor = Descriptor::new("acme-valve", 2, &[], &[], &[]);
///
/// let subjects: Vec<Subject> = BUILT.changes(&RELEASED).map(|change| change.subject()).collect();
/// assert_eq!(subjects, [Subject::Contract, Subject::Event]); // a higher version, and `leak` is gone
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Subject {
    /// The contract as a whole.
    Contract,
    /// A property, or a value inside of it.
    Property,
    /// An action, or a value of its input.
    Action,
    /// An event, or a value of its data.
    Event,
}

/// One difference between two contracts.
///
/// ```
/// use gofarm_core::contract::{Descriptor, Property, Schema};
///
/// const RELEASED: Descriptor = Descriptor::new("acme-lamp", 1, &[], &[], &[]);
/// const BUILT: Descriptor =
///     Descriptor::new("acme-lamp", 1, &[Property::new("on", Schema::Boolean)], &[], &[]);
///
/// let changes: Vec<_> = BUILT.changes(&RELEASED).collect();
/// assert!(changes[0].is_breaking());
/// assert_eq!(changes[0].reason(), "a contract that changed needs a higher version");
/// assert_eq!(changes[1].path(), ["on"]);
/// assert_eq!(changes[1].to_string(), "property on added: compatible, nobody reads it yet");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    place: Place,
    what: What,
    effect: Effect,
}

impl Change {
    /// Whether somebody who relied on the old contract fails under the new one.
    #[must_use]
    pub const fn is_breaking(&self) -> bool {
        matches!(self.effect, Effect::Breaking(_))
    }

    /// Why it breaks, or why it does not.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self.effect {
            Effect::Breaking(why) | Effect::Compatible(why) => why,
        }
    }

    /// What part of the contract it is about.
    #[must_use]
    pub const fn subject(&self) -> Subject {
        self.place.subject
    }

    /// The names that lead to the changed part, outermost first; empty for the contract as a whole and for the order of
    /// its properties, actions or events. An array adds no name.
    #[must_use]
    pub fn path(&self) -> &[&'static str] {
        self.place.names.get(..self.place.depth).unwrap_or_default()
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.place.subject {
            Subject::Contract => "contract",
            Subject::Property => "property",
            Subject::Action => "action",
            Subject::Event => "event",
        })?;
        for (i, name) in self.path().iter().enumerate() {
            write!(f, "{}{name}", if i == 0 { " " } else { "." })?;
        }
        match self.what {
            What::Added => f.write_str(" added")?,
            What::Removed => f.write_str(" removed")?,
            What::Facet { name, from, to } => write!(f, ": {name} {from} -> {to}")?,
        }
        match self.effect {
            Effect::Breaking(why) => write!(f, ": breaking, {why}"),
            Effect::Compatible(why) => write!(f, ": compatible, {why}"),
        }
    }
}

/// Where a change is.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    subject: Subject,
    names: [&'static str; MAX_DEPTH + 1],
    depth: usize,
}

impl Place {
    const fn new(subject: Subject) -> Self {
        Self {
            subject,
            names: [""; MAX_DEPTH + 1],
            depth: 0,
        }
    }

    /// The part called `name` inside this one; too deep a part is reported at the deepest place there is room for.
    fn inside(mut self, name: &'static str) -> Self {
        if let Some(slot) = self.names.get_mut(self.depth) {
            *slot = name;
            self.depth += 1;
        }
        self
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    Added,
    Removed,
    Facet {
        name: &'static str,
        from: Fact,
        to: Fact,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Effect {
    Breaking(&'static str),
    Compatible(&'static str),
}

/// One side of a changed facet.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fact {
    None,
    Word(&'static str),
    Number(Number),
    Time(Duration),
    Rate(Rate),
    Default(Literal),
}

impl Fact {
    /// A word; an empty one is none.
    fn word(word: &'static str) -> Self {
        match word {
            "" => Self::None,
            word => Self::Word(word),
        }
    }

    fn number(number: Option<Number>) -> Self {
        number.map_or(Self::None, Self::Number)
    }

    fn time(time: Option<Duration>) -> Self {
        time.map_or(Self::None, Self::Time)
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Word(word) | Self::Default(Literal::Text(word)) => f.write_str(word),
            Self::Number(number) | Self::Default(Literal::Number(number)) => number.fmt(f),
            Self::Default(Literal::Boolean(flag)) => flag.fmt(f),
            Self::Time(time) => write!(f, "{time:?}"),
            Self::Rate(rate) => write!(f, "{} per {:?}", rate.amount(), rate.per()),
        }
    }
}

/// Collects the changes at one place.
struct Report<'v> {
    visit: &'v mut dyn FnMut(Change),
}

impl Report<'_> {
    fn say(&mut self, place: Place, what: What, effect: Effect) {
        (self.visit)(Change {
            place,
            what,
            effect,
        });
    }

    fn facet(&mut self, place: Place, name: &'static str, from: Fact, to: Fact, effect: Effect) {
        self.say(place, What::Facet { name, from, to }, effect);
    }
}

/// Hands every change from `old` to `new` to `visit`, in a fixed order.
fn compare(new: &Descriptor, old: &Descriptor, visit: &mut dyn FnMut(Change)) {
    let mut report = Report { visit };
    let contract = Place::new(Subject::Contract);
    if new.model() != old.model() {
        let effect = Effect::Breaking("peers know a device by its model");
        let (from, to) = (Fact::word(old.model()), Fact::word(new.model()));
        report.facet(contract, "model", from, to, effect);
    }
    if let Some(effect) = version(new, old) {
        let number = |version: u32| Fact::Number(Number::U64(version.into()));
        let (from, to) = (number(old.version()), number(new.version()));
        report.facet(contract, "version", from, to, effect);
    }
    property::compare(
        &mut report,
        Place::new(Subject::Property),
        None,
        new.properties(),
        old.properties(),
    );
    affordance::actions(&mut report, new, old);
    affordance::events(&mut report, new, old);
}

fn version(new: &Descriptor, old: &Descriptor) -> Option<Effect> {
    if new.version() > old.version() {
        return Some(Effect::Compatible("a later revision"));
    }
    if new.version() < old.version() {
        return Some(Effect::Breaking(
            "a later revision is taken for an earlier one",
        ));
    }
    // Equal versions: the fingerprint covers everything that counts.
    (new.fingerprint() != old.fingerprint()).then_some(Effect::Breaking(
        "a contract that changed needs a higher version",
    ))
}

/// Reports the parts that only one side has, and whether the common ones stand in another order.
fn membership<T>(
    report: &mut Report<'_>,
    place: Place,
    new: &[T],
    old: &[T],
    name: impl Fn(&T) -> &'static str + Copy,
    removed: Effect,
    added: impl Fn(&T) -> Effect,
) {
    let is_in = |list: &[T], item: &T| list.iter().any(|other| name(other) == name(item));
    for item in old.iter().filter(|item| !is_in(new, item)) {
        report.say(place.inside(name(item)), What::Removed, removed);
    }
    for item in new.iter().filter(|item| !is_in(old, item)) {
        report.say(place.inside(name(item)), What::Added, added(item));
    }
    let common_new = new.iter().filter(|item| is_in(old, item)).map(name);
    let common_old = old.iter().filter(|item| is_in(new, item)).map(name);
    if let Some((to, from)) = common_new.zip(common_old).find(|(new, old)| new != old) {
        let effect = Effect::Compatible("names are the contract, positions are not");
        report.facet(place, "order", Fact::Word(from), Fact::Word(to), effect);
    }
}

/// The effect of a property, action or event that is gone or has another name.
const GONE: Effect = Effect::Breaking("whoever used it finds nothing");
