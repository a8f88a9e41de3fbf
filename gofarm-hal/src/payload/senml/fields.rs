//! [`Fields`] and [`Bases`]: a record as it stands in the pack, and what resolves it.

use super::label::Label;
use super::record::Data;
use super::{Name, Reason, Record, Text, Value};

/// A field's value as it stands in the pack.
#[derive(Clone, Copy, Debug)]
pub(super) enum Raw<'a> {
    Number(f64),
    Text(Text<'a>),
    Boolean(bool),
    Data(Data<'a>),
}

/// The known fields of one record.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fields<'a> {
    base_version: Option<f64>,
    base_name: Option<Text<'a>>,
    base_time: Option<f64>,
    base_unit: Option<Text<'a>>,
    base_value: Option<f64>,
    base_sum: Option<f64>,
    name: Option<Text<'a>>,
    unit: Option<Text<'a>>,
    number: Option<f64>,
    text: Option<Text<'a>>,
    boolean: Option<bool>,
    data: Option<Data<'a>>,
    sum: Option<f64>,
    time: Option<f64>,
    update_time: Option<f64>,
}

impl<'a> Fields<'a> {
    /// Whether there are base fields and nothing else: such a record sets the base of those behind it (section 5.1.7).
    fn is_base_only(&self) -> bool {
        let texts = [self.name, self.unit, self.text];
        let numbers = [self.number, self.sum, self.time, self.update_time];
        let is_regular = texts.iter().any(Option::is_some)
            || numbers.iter().any(Option::is_some)
            || self.boolean.is_some()
            || self.data.is_some();
        let bases = [
            self.base_version,
            self.base_time,
            self.base_value,
            self.base_sum,
        ];
        let has_base = bases.iter().any(Option::is_some)
            || self.base_name.is_some()
            || self.base_unit.is_some();
        has_base && !is_regular
    }

    /// Keeps a field.
    ///
    /// # Errors
    /// If it is there already or has another type.
    pub(super) fn set(&mut self, label: Label, raw: Raw<'a>) -> Result<(), Reason> {
        match label {
            Label::BaseVersion => number(&mut self.base_version, raw),
            Label::BaseTime => number(&mut self.base_time, raw),
            Label::BaseValue => number(&mut self.base_value, raw),
            Label::BaseSum => number(&mut self.base_sum, raw),
            Label::Value => number(&mut self.number, raw),
            Label::Sum => number(&mut self.sum, raw),
            Label::Time => number(&mut self.time, raw),
            Label::UpdateTime => number(&mut self.update_time, raw),
            Label::BaseName => text(&mut self.base_name, raw),
            Label::BaseUnit => text(&mut self.base_unit, raw),
            Label::Name => text(&mut self.name, raw),
            Label::Unit => text(&mut self.unit, raw),
            Label::StringValue => text(&mut self.text, raw),
            Label::BooleanValue => match raw {
                Raw::Boolean(value) => keep(&mut self.boolean, value),
                _ => Err(Reason::Type),
            },
            Label::DataValue => match raw {
                Raw::Data(value) => keep(&mut self.data, value),
                _ => Err(Reason::Type),
            },
        }
    }
}

fn number(slot: &mut Option<f64>, raw: Raw<'_>) -> Result<(), Reason> {
    match raw {
        Raw::Number(value) if value.is_finite() => keep(slot, value),
        Raw::Number(_) => Err(Reason::Number),
        _ => Err(Reason::Type),
    }
}

fn text<'a>(slot: &mut Option<Text<'a>>, raw: Raw<'a>) -> Result<(), Reason> {
    match raw {
        Raw::Text(value) => keep(slot, value),
        _ => Err(Reason::Type),
    }
}

fn keep<T>(slot: &mut Option<T>, value: T) -> Result<(), Reason> {
    if slot.is_some() {
        return Err(Reason::Duplicate);
    }
    *slot = Some(value);
    Ok(())
}

/// The base fields that apply to the next record.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bases<'a> {
    version: Option<f64>,
    name: Option<Text<'a>>,
    time: f64,
    unit: Option<Text<'a>>,
    value: Option<f64>,
    sum: Option<f64>,
}

impl<'a> Bases<'a> {
    /// Takes over the record's base fields and resolves it; `None` if it has nothing else.
    ///
    /// # Errors
    /// What is wrong with the record as a whole.
    pub(super) fn resolve(&mut self, fields: Fields<'a>) -> Result<Option<Record<'a>>, Reason> {
        self.check_version(fields.base_version)?;
        self.name = fields.base_name.or(self.name);
        self.time = fields.base_time.unwrap_or(self.time);
        self.unit = fields.base_unit.or(self.unit);
        self.value = fields.base_value.or(self.value);
        self.sum = fields.base_sum.or(self.sum);
        // With a base value, `{"bn": …}` alone is a value: a missing number counts as 0.
        if fields.is_base_only() && self.value.is_none() && self.sum.is_none() {
            return Ok(None);
        }

        let empty = Text::plain("");
        let name = Name::new(self.name.unwrap_or(empty), fields.name.unwrap_or(empty));
        let own = [
            fields.number.map(|own| {
                // Nothing is added where there is no base: -0 stays -0.
                Value::Number(self.value.map_or(own, |base| own + base))
            }),
            fields.text.map(Value::Text),
            fields.boolean.map(Value::Boolean),
            fields.data.map(Value::Data),
        ];
        let mut own = own.into_iter().flatten();
        let value = own.next();
        if own.next().is_some() {
            return Err(Reason::TwoValues);
        }
        let sum = match (fields.sum, self.sum) {
            (None, None) => None,
            (own, base) => Some(own.unwrap_or(0.0) + base.unwrap_or(0.0)),
        };
        // A missing number counts as 0 where there is a base value, unless the record says something else.
        let value = match (value, fields.sum) {
            (None, None) => self.value.map(Value::Number),
            (value, _) => value,
        };
        if value.is_none() && sum.is_none() {
            return Err(Reason::NoValue);
        }
        let record = Record {
            name: name.ok_or(Reason::Name)?,
            unit: fields.unit.or(self.unit),
            value,
            sum,
            time: self.time + fields.time.unwrap_or(0.0),
            update_time: fields.update_time,
        };
        let sums = [record.number(), record.sum, Some(record.time)];
        if sums.into_iter().flatten().all(f64::is_finite) {
            Ok(Some(record))
        } else {
            Err(Reason::Number)
        }
    }

    /// Versions up to 10 are understood (section 4.4), and 26: 10 with secondary units (RFC 9100, feature 4).
    fn check_version(&mut self, found: Option<f64>) -> Result<(), Reason> {
        const DEFAULT: f64 = 10.0;
        let first = *self.version.get_or_insert(found.unwrap_or(DEFAULT));
        let found = found.unwrap_or(first);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number that is not the same after the cut is refused"
        )]
        let whole = found as u8;
        let is_same = f64::from(whole).total_cmp(&found).is_eq() && found.total_cmp(&first).is_eq();
        if is_same && matches!(whole, 1..=10 | 26) {
            Ok(())
        } else {
            Err(Reason::Version)
        }
    }
}
