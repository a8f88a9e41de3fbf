use gofarm_crdt::cell::Content;
use gofarm_crdt::dot::{Actor, ReplicaId};
use gofarm_crdt::field::Pen;
use gofarm_crdt::{FieldName, Replicated, Timestamp};

use super::flag::Flag;

#[derive(Replicated, Default)]
struct ValveState {
    /// Whether water flows.
    open: Flag,
    #[replicated(name = "litres")]
    volume: Flag<u64>,
    r#type: Flag,
    #[replicated(number = 1)]
    first: Flag,
}

fn pen() -> Pen<'static> {
    let actor = Actor::new(ReplicaId::new(7), 1);
    Pen::new(actor, 0, Timestamp::from_bits(1), &())
}

#[test]
fn fields_are_sorted_by_number_and_numbered_by_name() {
    let numbers: Vec<u16> = ValveState::FIELDS.iter().map(FieldName::number).collect();
    assert!(numbers.is_sorted());
    for name in ["open", "litres", "type"] {
        let field = FieldName::new(name);
        assert!(ValveState::FIELDS.contains(&field), "{name}");
    }
    assert_eq!(ValveState::FIELDS.len(), 4);
    assert_eq!(ValveState::FIELDS[0], FieldName::numbered(1, "first"));
}

#[test]
fn each_number_finds_its_own_field() {
    let mut state = ValveState::default();
    for (nth, field) in (1..).zip(ValveState::FIELDS) {
        assert!(state.field(field.number()).is_some());
        let found = state.field_mut(field.number()).unwrap();
        for _ in 0..nth {
            found.join(&[], &Content::Marks(&[])).unwrap();
        }
    }
    let joined = |name: &str| match name {
        "open" => state.open.joined,
        "litres" => state.volume.joined,
        "type" => state.r#type.joined,
        _ => state.first.joined,
    };
    for (nth, field) in (1..).zip(ValveState::FIELDS) {
        assert_eq!(joined(field.name()), nth, "{}", field.name());
    }
}

#[test]
fn unknown_numbers_find_nothing() {
    let mut state = ValveState::default();
    for number in (0..=u16::MAX).filter(|n| ValveState::FIELDS.iter().all(|f| f.number() != *n)) {
        assert!(state.field(number).is_none() && state.field_mut(number).is_none());
    }
}

#[test]
fn an_edit_has_the_fields_of_the_state() {
    let mut state = ValveState::default();
    state.volume.beside = 120;
    let pen = pen();
    let edit: ValveStateEdit<'_> = state.edit(&pen);
    assert_eq!((edit.volume.beside, edit.open.joined), (120, 0));
    assert_eq!(format!("{edit:?}"), "ValveStateEdit { .. }");
}

#[derive(Replicated)]
struct Reported<T: Default + Send, const N: usize = 2>
where
    T: PartialEq,
{
    last: Flag<T>,
    many: Flag<[u8; N]>,
}

impl<T: Default + Send + PartialEq, const N: usize> Default for Reported<T, N> {
    fn default() -> Self {
        Self {
            last: Flag::default(),
            many: Flag {
                joined: 0,
                beside: [7; N],
            },
        }
    }
}

#[test]
fn a_state_may_have_parameters() {
    let mut state = Reported::<String>::default();
    assert!(state.field(FieldName::new("last").number()).is_some());
    let pen = pen();
    let edit: ReportedEdit<'_, String, 2> = state.edit(&pen);
    assert_eq!((edit.last.beside.as_str(), edit.many.beside), ("", [7, 7]));
}

#[derive(Replicated, Default)]
struct Nothing {}

#[test]
fn a_state_may_be_without_fields_yet() {
    let mut state = Nothing::default();
    let pen = pen();
    let _: NothingEdit<'_> = state.edit(&pen);
    assert!(Nothing::FIELDS.is_empty() && state.field(1).is_none());
}
