//! [`Label`]: the fields of RFC 8428, tables 2 and 4.

use super::Text;

/// A field of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    BaseVersion,
    BaseName,
    BaseTime,
    BaseUnit,
    BaseValue,
    BaseSum,
    Name,
    Unit,
    Value,
    StringValue,
    BooleanValue,
    Sum,
    Time,
    UpdateTime,
    DataValue,
}

/// Each with its member as it is written in JSON behind another one, and its key in CBOR.
const TABLE: [(Label, &str, i8); 15] = [
    (Label::BaseVersion, r#","bver":"#, -1),
    (Label::BaseName, r#","bn":"#, -2),
    (Label::BaseTime, r#","bt":"#, -3),
    (Label::BaseUnit, r#","bu":"#, -4),
    (Label::BaseValue, r#","bv":"#, -5),
    (Label::BaseSum, r#","bs":"#, -6),
    (Label::Name, r#","n":"#, 0),
    (Label::Unit, r#","u":"#, 1),
    (Label::Value, r#","v":"#, 2),
    (Label::StringValue, r#","vs":"#, 3),
    (Label::BooleanValue, r#","vb":"#, 4),
    (Label::Sum, r#","s":"#, 5),
    (Label::Time, r#","t":"#, 6),
    (Label::UpdateTime, r#","ut":"#, 7),
    (Label::DataValue, r#","vd":"#, 8),
];

impl Label {
    /// The label of a member name.
    pub(super) fn from_text(text: Text<'_>) -> Option<Self> {
        match text.as_str() {
            Some(plain) => Self::from_bytes(plain.as_bytes()),
            None => {
                let mut bytes = [0; 4]; // the longest
                let mut len = 0;
                for c in text.chars() {
                    *bytes.get_mut(len)? = u8::try_from(c).ok()?;
                    len += 1;
                }
                Self::from_bytes(bytes.get(..len)?)
            }
        }
    }

    const fn from_bytes(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"bver" => Self::BaseVersion,
            b"bn" => Self::BaseName,
            b"bt" => Self::BaseTime,
            b"bu" => Self::BaseUnit,
            b"bv" => Self::BaseValue,
            b"bs" => Self::BaseSum,
            b"n" => Self::Name,
            b"u" => Self::Unit,
            b"v" => Self::Value,
            b"vs" => Self::StringValue,
            b"vb" => Self::BooleanValue,
            b"s" => Self::Sum,
            b"t" => Self::Time,
            b"ut" => Self::UpdateTime,
            b"vd" => Self::DataValue,
            _ => return None,
        })
    }

    /// The label of a CBOR key.
    pub(super) fn from_key(key: i64) -> Option<Self> {
        TABLE
            .iter()
            .find(|row| i64::from(row.2) == key)
            .map(|row| row.0)
    }

    const fn row(self) -> (Self, &'static str, i8) {
        match self {
            Self::BaseVersion => TABLE[0],
            Self::BaseName => TABLE[1],
            Self::BaseTime => TABLE[2],
            Self::BaseUnit => TABLE[3],
            Self::BaseValue => TABLE[4],
            Self::BaseSum => TABLE[5],
            Self::Name => TABLE[6],
            Self::Unit => TABLE[7],
            Self::Value => TABLE[8],
            Self::StringValue => TABLE[9],
            Self::BooleanValue => TABLE[10],
            Self::Sum => TABLE[11],
            Self::Time => TABLE[12],
            Self::UpdateTime => TABLE[13],
            Self::DataValue => TABLE[14],
        }
    }

    /// `,"bn":` in JSON.
    pub(super) const fn member(self) -> &'static str {
        self.row().1
    }

    /// The key in CBOR.
    pub(super) const fn key(self) -> i8 {
        self.row().2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_leads_back_from_both_forms() {
        for (label, member, key) in TABLE {
            assert_eq!((label.member(), label.key()), (member, key));
            let name = member
                .strip_prefix(",\"")
                .and_then(|rest| rest.strip_suffix("\":"));
            let name = name.expect("a member");
            assert_eq!(Label::from_text(Text::plain(name)), Some(label));
            let escaped: String = name
                .chars()
                .map(|c| format!("\\u{:04x}", u32::from(c)))
                .collect();
            assert_eq!(Label::from_text(Text::escaped(&escaped)), Some(label));
            assert_eq!(Label::from_key(key.into()), Some(label));
        }
        assert_eq!(Label::from_key(9), None);
        assert_eq!(Label::from_text(Text::plain("bver_")), None);
    }
}
