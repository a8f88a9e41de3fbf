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

const TABLE: [(Label, &str, i8); 15] = [
    (Label::BaseVersion, "bver", -1),
    (Label::BaseName, "bn", -2),
    (Label::BaseTime, "bt", -3),
    (Label::BaseUnit, "bu", -4),
    (Label::BaseValue, "bv", -5),
    (Label::BaseSum, "bs", -6),
    (Label::Name, "n", 0),
    (Label::Unit, "u", 1),
    (Label::Value, "v", 2),
    (Label::StringValue, "vs", 3),
    (Label::BooleanValue, "vb", 4),
    (Label::Sum, "s", 5),
    (Label::Time, "t", 6),
    (Label::UpdateTime, "ut", 7),
    (Label::DataValue, "vd", 8),
];

impl Label {
    /// The label of a member name.
    pub(super) fn from_text(text: Text<'_>) -> Option<Self> {
        TABLE.iter().find(|row| text == *row.1).map(|row| row.0)
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

    /// The member name in JSON.
    pub(super) const fn as_str(self) -> &'static str {
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
        for (label, text, key) in TABLE {
            assert_eq!((label.as_str(), label.key()), (text, key));
            assert_eq!(Label::from_text(Text::plain(text)), Some(label));
            assert_eq!(Label::from_key(key.into()), Some(label));
        }
        assert_eq!(Label::from_key(9), None);
        assert_eq!(Label::from_text(Text::plain("bver_")), None);
    }
}
