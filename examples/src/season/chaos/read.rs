//! Reads a script from TOML: whole, or not at all.
//!
//! Every mistake is one line that says where it is, which key it is about, and what would be right. Nothing is taken
//! for granted: a key that nothing reads is a mistake, because a misspelt one would change nothing and not say so.

mod key;

use gofarm_core::error::{Classify, Kind};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub use self::key::Key;

use super::error::ChaosError;
use super::failure::{Failure, FailureError};
use super::number::Number;
use super::time_text;
use super::trouble::{Trouble, TroubleKind};
use super::{Chaos, check};

/// Why a text is no script, and where.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("line {line}: {mistake}")]
pub struct ReadError {
    line: usize,
    mistake: Mistake,
}

/// Why a text is no script.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Mistake {
    /// It is too long.
    #[error("a script of {bytes} bytes, the limit is {}", Chaos::LONGEST_TEXT)]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// It is not TOML.
    #[error("not TOML: {reason}")]
    Syntax {
        /// What the parser says.
        reason: String,
    },
    /// A key that nothing reads.
    #[error("{key}: unknown, wanted {}", key::List(.wanted))]
    Unknown {
        /// The key as it stands in the text.
        key: String,
        /// What there may be at this place.
        wanted: Vec<Key>,
    },
    /// A key is not there.
    #[error("{key}: missing, wanted {}", key.wanted())]
    Missing {
        /// The key.
        key: Key,
    },
    /// A value is of another type or outside its limits.
    #[error("{key}: {found} is not {}", key.wanted())]
    Value {
        /// The key.
        key: Key,
        /// The begin of the value as it stands in the text.
        found: String,
    },
    /// A failure has a figure outside its limits.
    #[error(transparent)]
    Failure(#[from] FailureError),
    /// The failures do not make a script.
    #[error(transparent)]
    Chaos(#[from] ChaosError),
}

impl ReadError {
    /// The line, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// What is wrong with it.
    #[must_use]
    pub const fn mistake(&self) -> &Mistake {
        &self.mistake
    }
}

impl Classify for ReadError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

impl Chaos {
    /// The longest text that is read, in bytes.
    pub const LONGEST_TEXT: usize = 256 * 1_024;

    /// Reads a script for a season of so many `days`, 1 to 366; a text without a failure is [`Chaos::none`].
    ///
    /// # Errors
    /// [`ReadError`] at the first mistake.
    ///
    /// ```
    /// use gofarm_examples::season::chaos::Chaos;
    ///
    /// let text = "[[failure]]\nat = \"day 3 06:00\"\nlasts = \"100h\"\nwhat = \"broker_down\"\n";
    /// let error = Chaos::read(text, 30).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "line 3: lasts: 100h is not a whole number of seconds within 1s..=72h"
    /// );
    /// ```
    pub fn read(text: &str, days: u16) -> Result<Self, ReadError> {
        let bytes = text.len();
        if bytes > Self::LONGEST_TEXT {
            let mistake = Mistake::TooLong { bytes };
            return Err(ReadError { line: 1, mistake });
        }
        let table = DeTable::parse(text).map_err(|error| not_toml(text, &error))?;
        let document = Entry {
            text,
            line: 1,
            table: table.get_ref(),
        };
        document.only(&[Key::Failure])?;
        let mut failures = Vec::new();
        if let Some(value) = document.table.get(Key::Failure.name()) {
            let entries = value.get_ref().as_array();
            let wrong = || document.wrong(Key::Failure, value);
            for entry in entries.ok_or_else(wrong)?.iter() {
                let table = entry.get_ref().as_table();
                let entry = Entry {
                    text,
                    line: line(text, entry),
                    table: table.ok_or_else(wrong)?,
                };
                failures.push((entry.line, entry.failure()?));
            }
        }
        failures.sort_by_key(|(_, failure)| failure.at());
        let (lines, failures): (Vec<usize>, Vec<Failure>) = failures.into_iter().unzip();
        check(&failures, days).map_err(|(place, error)| ReadError {
            line: lines.get(place).copied().unwrap_or(1),
            mistake: error.into(),
        })?;
        Ok(Self { failures })
    }
}

/// A table of the text.
#[derive(Clone, Copy)]
struct Entry<'a> {
    text: &'a str,
    line: usize,
    table: &'a DeTable<'a>,
}

type Value<'a> = Spanned<DeValue<'a>>;

impl Entry<'_> {
    fn failure(&self) -> Result<Failure, ReadError> {
        let name = self.value(Key::What, |value| value.as_str().map(str::to_owned));
        let kind = self.value(Key::What, |value| {
            value.as_str().and_then(TroubleKind::named)
        });
        let kind = name.and(kind)?;
        let keys = key::of(kind);
        self.only(&[&Key::ALWAYS, keys].concat())?;
        let at = self.value(Key::At, |value| time_text::moment(value.as_str()?))?;
        let lasts = self.length(Key::Lasts)?;
        let what = self.trouble(kind)?;
        Failure::new(at, lasts, what).map_err(|error| {
            let value = self.table.get(error.key());
            ReadError {
                line: value.map_or(self.line, |value| line(self.text, value)),
                mistake: error.into(),
            }
        })
    }

    fn trouble(&self, kind: TroubleKind) -> Result<Trouble, ReadError> {
        let gateway = || self.number(Key::Gateway);
        let field = || self.number(Key::Field);
        let probe = || self.number(Key::Probe);
        Ok(match kind {
            TroubleKind::GatewayCut => Trouble::GatewayCut {
                gateway: gateway()?,
            },
            TroubleKind::BrokerDown => Trouble::BrokerDown,
            TroubleKind::ClockJump => Trouble::ClockJump {
                gateway: gateway()?,
                by: self.value(Key::Jump, |value| time_text::length(value.as_str()?))?,
            },
            TroubleKind::ClockUnknown => Trouble::ClockUnknown {
                gateway: gateway()?,
            },
            TroubleKind::ProbeStuck => Trouble::ProbeStuck {
                field: field()?,
                probe: probe()?,
            },
            TroubleKind::ProbeLies => Trouble::ProbeLies {
                field: field()?,
                probe: probe()?,
                by: self.value(Key::Drift, float)?,
            },
            TroubleKind::ValveStuck => Trouble::ValveStuck {
                field: field()?,
                holds: self.length(Key::Holds)?,
            },
            TroubleKind::NodePowerCut => Trouble::NodePowerCut { field: field()? },
            TroubleKind::GatewayPowerCut => Trouble::GatewayPowerCut {
                gateway: gateway()?,
            },
            TroubleKind::RadioCut => Trouble::RadioCut { field: field()? },
            TroubleKind::Duplicates => Trouble::Duplicates { field: field()? },
            TroubleKind::Delays => Trouble::Delays {
                field: field()?,
                by: self.length(Key::Delay)?,
            },
            TroubleKind::DiskFull => Trouble::DiskFull {
                gateway: gateway()?,
            },
            TroubleKind::DiskSlow => Trouble::DiskSlow {
                gateway: gateway()?,
            },
            TroubleKind::GoodConfig => Trouble::GoodConfig {
                gateway: gateway()?,
            },
            TroubleKind::BadConfig => Trouble::BadConfig {
                gateway: gateway()?,
            },
            TroubleKind::GoodFirmware => Trouble::GoodFirmware,
            TroubleKind::BadFirmware => Trouble::BadFirmware,
        })
    }

    fn length(&self, key: Key) -> Result<core::time::Duration, ReadError> {
        self.value(key, |value| {
            time_text::length(value.as_str()?)?.try_into().ok()
        })
    }

    fn number<const FIRST: u8, const LAST: u8>(
        &self,
        key: Key,
    ) -> Result<Number<FIRST, LAST>, ReadError> {
        self.value(key, |value| {
            let number = value.as_integer()?;
            let number = u8::from_str_radix(number.as_str(), number.radix()).ok()?;
            Number::new(number)
        })
    }

    /// The value of a key as `read` takes it.
    fn value<T>(
        &self,
        key: Key,
        read: impl FnOnce(&DeValue<'_>) -> Option<T>,
    ) -> Result<T, ReadError> {
        let Some(value) = self.table.get(key.name()) else {
            let (line, mistake) = (self.line, Mistake::Missing { key });
            return Err(ReadError { line, mistake });
        };
        read(value.get_ref()).ok_or_else(|| self.wrong(key, value))
    }

    fn wrong(&self, key: Key, value: &Value<'_>) -> ReadError {
        let found = begin(self.text.get(value.span()).unwrap_or_default());
        ReadError {
            line: line(self.text, value),
            mistake: Mistake::Value { key, found },
        }
    }

    /// Refuses keys that nothing reads; of several, the first in the text.
    fn only(&self, wanted: &[Key]) -> Result<(), ReadError> {
        let is_known = |name: &str| wanted.iter().any(|key| key.name() == name);
        let unknown = self.table.keys().filter(|key| !is_known(key.get_ref()));
        let Some(key) = unknown.min_by_key(|key| key.span().start) else {
            return Ok(());
        };
        Err(ReadError {
            line: line(self.text, key),
            mistake: Mistake::Unknown {
                key: begin(key.get_ref()),
                wanted: wanted.to_vec(),
            },
        })
    }
}

/// A number with or without a fraction.
fn float(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Float(float) => float.as_str().parse().ok(),
        DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().parse().ok(),
        _ => None,
    }
}

/// The line of something in the text, from 1.
fn line<T>(text: &str, of: &Spanned<T>) -> usize {
    line_at(text, of.span().start)
}

fn line_at(text: &str, byte: usize) -> usize {
    let before = text.as_bytes().iter().take(byte);
    before.filter(|byte| **byte == b'\n').count() + 1
}

/// As much of a text as fits into a message of one line.
fn begin(text: &str) -> String {
    const MOST: usize = 40;
    let first = text.lines().next().unwrap_or_default();
    let short: String = first
        .chars()
        .filter(|c| !c.is_control())
        .take(MOST)
        .collect();
    if short == text {
        return short;
    }
    short + "..."
}

fn not_toml(text: &str, error: &toml::de::Error) -> ReadError {
    let reason: Vec<&str> = error.message().split_whitespace().collect();
    let byte = error.span().map_or(0, |span| span.start);
    ReadError {
        line: line_at(text, byte),
        mistake: Mistake::Syntax {
            reason: reason.join(" "),
        },
    }
}
