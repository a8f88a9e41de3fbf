//! The encodings of plain types.
