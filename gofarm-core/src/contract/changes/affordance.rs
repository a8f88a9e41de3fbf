//! Changes of actions and events.

use super::flow::Flow;
use super::{Effect, Fact, GONE, Place, Report, Subject, membership, property};
use crate::contract::{ActionContract, Descriptor, EventContract, OnLinkLoss};

pub(super) fn actions(report: &mut Report<'_>, new: &Descriptor, old: &Descriptor) {
    let place = Place::new(Subject::Action);
    let added = |_: &&ActionContract| Effect::Compatible("nobody calls it yet");
    membership(
        report,
        place,
        new.actions(),
        old.actions(),
        |a| a.name(),
        GONE,
        added,
    );
    for now in new.actions() {
        if let Some(before) = old.actions().iter().find(|a| a.name() == now.name()) {
            action(report, place.inside(now.name()), now, before);
        }
    }
}

pub(super) fn events(report: &mut Report<'_>, new: &Descriptor, old: &Descriptor) {
    let place = Place::new(Subject::Event);
    let added = |_: &&EventContract| Effect::Compatible("nobody listens to it yet");
    membership(
        report,
        place,
        new.events(),
        old.events(),
        |e| e.name(),
        GONE,
        added,
    );
    for now in new.events() {
        if let Some(before) = old.events().iter().find(|e| e.name() == now.name()) {
            let place = place.inside(now.name());
            property::compare(
                report,
                place,
                Some(Flow::Out),
                now.fields(),
                before.fields(),
            );
        }
    }
}

fn action(report: &mut Report<'_>, place: Place, new: &ActionContract, old: &ActionContract) {
    property::compare(report, place, Some(Flow::In), new.inputs(), old.inputs());
    if new.safe_state() != old.safe_state() {
        let effect =
            Effect::Breaking("the device falls back to another state than its callers expect");
        let (from, to) = (Fact::word(old.safe_state()), Fact::word(new.safe_state()));
        report.facet(place, "safe state", from, to, effect);
    }
    if new.longest_run() != old.longest_run() {
        let effect = match (old.longest_run(), new.longest_run()) {
            (Some(from), Some(to)) if from < to => Effect::Compatible(
                "every lease is still accepted; look at what a longer run can flood",
            ),
            (Some(_), Some(_)) => Effect::Breaking("a lease that was accepted is refused"),
            (None, _) => Effect::Breaking("a command without a lease is refused"),
            (_, None) => Effect::Breaking("nothing bounds the run"),
        };
        let (from, to) = (Fact::time(old.longest_run()), Fact::time(new.longest_run()));
        report.facet(place, "maximum run", from, to, effect);
    }
    flag(
        report,
        place,
        "idempotent",
        old.is_idempotent(),
        new.is_idempotent(),
        |now| {
            if now {
                Effect::Compatible("repeating it has become harmless")
            } else {
                Effect::Breaking("a caller that repeats it does it twice")
            }
        },
    );
    flag(report, place, "closes", old.closes(), new.closes(), |now| {
        Effect::Breaking(if now {
            "it is no longer refused when late or repeated"
        } else {
            "it can now be refused when late or repeated"
        })
    });
    if new.link_loss() != old.link_loss() {
        let word = |behaviour| {
            Fact::Word(match behaviour {
                OnLinkLoss::Finish => "finish",
                OnLinkLoss::Close => "close",
            })
        };
        let effect = Effect::Breaking("a run ends otherwise than its callers expect");
        let (from, to) = (word(old.link_loss()), word(new.link_loss()));
        report.facet(place, "on link loss", from, to, effect);
    }
}

fn flag(
    report: &mut Report<'_>,
    place: Place,
    name: &'static str,
    old: bool,
    new: bool,
    effect: impl Fn(bool) -> Effect,
) {
    let word = |flag| Fact::Word(if flag { "yes" } else { "no" });
    if new != old {
        report.facet(place, name, word(old), word(new), effect(new));
    }
}
