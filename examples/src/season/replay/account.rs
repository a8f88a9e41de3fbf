//! [`Account`]: what there is to tell of a field.

use gofarm_core::command::{CommandId, Outcome};
use gofarm_core::time::Instant;
use gofarm_crdt::clock::Now;

use super::word::{Told, Word};
use crate::season::controller::{Choice, Controller, Issue, Quarter, Verdict};
use crate::season::gateway::{Input, Output};
use crate::season::message::ToValve;

/// The last decision for a field, and the run that was under way then.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) field: u8,
    pub(super) decision: Option<Made>,
    run: Option<Run>,
    /// A run that began after the time that was asked for is another story.
    is_complete: bool,
}

/// A decision, and what it rests on.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) at: Now,
    pub(super) quarter: Quarter,
    pub(super) verdicts: [Verdict; 3],
    /// The readings that count: the probe's place, when it was taken, in m³/m³.
    pub(super) trusted: Vec<(usize, Instant, f32)>,
    pub(super) choice: Choice,
    pub(super) issue: Issue,
}

/// A command that opens the valve, and all that was said of it and of its close.
#[derive(Debug)]
pub(super) struct Run {
    /// The commands, in order of sending.
    sent: Vec<CommandId>,
    pub(super) words: Vec<(Instant, Word)>,
    /// When it was known that no water runs for it any more.
    over: Option<Instant>,
    /// When its lease has ended at the latest, whatever was heard.
    until: Instant,
}

impl Account {
    pub(super) const fn new(field: u8) -> Self {
        Self {
            field,
            decision: None,
            run: None,
            is_complete: false,
        }
    }

    /// Keeps a decision, if there is one for this field among what a gateway did.
    pub(super) fn decided(
        &mut self,
        at: Now,
        input: &Input,
        outputs: &[Output],
        controllers: &[Controller],
    ) {
        let Input::Quarter { quarter, .. } = input else {
            return;
        };
        for output in outputs {
            match *output {
                Output::Decided {
                    field,
                    verdicts,
                    choice,
                    issue,
                } if field == self.field => {
                    let mut controllers = controllers.iter();
                    let own = controllers.find(|controller| controller.number() == field);
                    let trusted = own.map(|own| {
                        let trusted = own.trusted(at.instant());
                        trusted
                            .map(|(place, good)| (place, good.taken(), *good.value()))
                            .collect()
                    });
                    self.decision = Some(Made {
                        at,
                        quarter: *quarter,
                        verdicts,
                        trusted: trusted.unwrap_or_default(),
                        choice,
                        issue,
                    });
                }
                _ => {}
            }
        }
    }

    /// Takes what was said between the gateway and the valve's node.
    pub(super) fn hear(&mut self, now: Now, input: &Input, outputs: &[Output], is_after: bool) {
        match input {
            Input::Heard { field, message } if *field == self.field => {
                self.note(now, Word::heard(message));
            }
            _ => {}
        }
        for output in outputs {
            match output {
                Output::Radio { field, message } if *field == self.field => {
                    self.send(now, message, is_after);
                }
                Output::Ended { field, id, outcome } if *field == self.field => {
                    self.note(now, Some(Word::Ended(*id, *outcome)));
                }
                _ => {}
            }
        }
    }

    fn send(&mut self, now: Now, message: &ToValve, is_after: bool) {
        let Some(told) = Told::of(message, now.wall()) else {
            return;
        };
        let run = self.run.as_ref();
        if run.is_some_and(|run| run.sent.contains(&told.id)) {
            return self.note(now, Some(Word::SentAgain(told.id)));
        }
        if told.is_open && is_after {
            self.is_complete = true;
        } else if told.is_open {
            let longest = told.valid.unwrap_or_default() + told.lease.unwrap_or_default();
            self.run = Some(Run {
                sent: Vec::new(),
                words: Vec::new(),
                over: None,
                until: now.instant() + longest,
            });
        }
        self.note(now, Some(Word::Sent(told)));
    }

    fn note(&mut self, now: Now, word: Option<Word>) {
        if let (Some(word), Some(run), false) = (word, &mut self.run, self.is_complete) {
            if let Word::Sent(told) = &word {
                run.sent.push(told.id);
            }
            if word.command().is_some_and(|id| !run.sent.contains(&id)) {
                return; // late, of an earlier run
            }
            let is_over = match &word {
                Word::Closed(_) => true,
                Word::Ended(id, Outcome::Expired | Outcome::Refused) => run.opens(*id),
                Word::Ended(id, Outcome::Executed) => !run.opens(*id),
                _ => false,
            };
            run.over = run.over.or_else(|| is_over.then_some(now.instant()));
            run.words.push((now.instant(), word));
        }
    }

    /// The run that the decision began or found under way.
    pub(super) fn run(&self) -> Option<&Run> {
        let decided = self.decision.as_ref()?.at.instant();
        let run = self.run.as_ref();
        run.filter(|run| run.over.unwrap_or(run.until) >= decided)
    }
}

impl Run {
    pub(super) fn is_over(&self) -> bool {
        self.over.is_some()
    }

    /// Whether a command is the one that opens.
    pub(super) fn opens(&self, id: CommandId) -> bool {
        self.sent.first() == Some(&id)
    }
}
