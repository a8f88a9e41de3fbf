//! The grammar of UCUM 2.2 (section 2.2, exhibit 1) as one pass from left to right.
//!
//! ```text
//! main-term   = ["/"] term
//! term        = component *( ("." / "/") component )
//! component   = simple-unit [exponent] [annotation] / number [annotation] / annotation / "(" term ")" [annotation]
//! simple-unit = atom / prefix metric-atom
//! exponent    = ["+" / "-"] 1*digit
//! ```
//!
//! Two readings are chosen where the exhibit and UCUM's own test cases differ: a number may be annotated
//! (`1{plant}`), and an exponent on a parenthesis, struck in revision 1.9, is refused. A leading `/` may open a
//! parenthesised term too (`m.(/s)`), as the published examples do.

use super::atom::{self, Symbol};
use super::error::{UnitError, UnitErrorKind};
use super::habit;

/// `?` in a constant function, where the operator is not stable.
macro_rules! try_at {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(error) => return Err(error),
        }
    };
}

/// Checks a whole code.
pub(super) const fn check(code: &[u8]) -> Result<(), UnitError> {
    if let Some(advice) = habit::instead_of_code(code) {
        let kind = if code.is_empty() {
            UnitErrorKind::Empty
        } else {
            UnitErrorKind::Deceptive
        };
        return Err(UnitError::new(kind, 0, advice));
    }
    let mut at = 0;
    let mut depth = 0_usize;
    let mut wants_component = true;
    let mut may_lead = true;
    while at < code.len() {
        let byte = code[at];
        if wants_component {
            match byte {
                b'/' if may_lead => {
                    at += 1;
                    may_lead = false;
                    continue;
                }
                b'(' => {
                    at += 1;
                    depth += 1;
                    may_lead = true;
                    continue;
                }
                b'.' | b'/' | b')' => return Err(missing_operand(at)),
                b'{' => at = try_at!(annotation(code, at)),
                _ => {
                    at = try_at!(simple_unit(code, at));
                    if at < code.len() && code[at] == b'{' {
                        at = try_at!(annotation(code, at));
                    }
                }
            }
            wants_component = false;
            may_lead = false;
        } else {
            match byte {
                b'.' | b'/' => {
                    at += 1;
                    wants_component = true;
                }
                b')' if depth > 0 => {
                    at += 1;
                    depth -= 1;
                    if at < code.len() && code[at] == b'{' {
                        at = try_at!(annotation(code, at));
                    }
                }
                b')' => {
                    return Err(UnitError::new(
                        UnitErrorKind::Unclosed,
                        at,
                        "this parenthesis was not opened",
                    ));
                }
                _ => return Err(missing_operator(code, at)),
            }
        }
    }
    if wants_component {
        return Err(missing_operand(at));
    }
    if depth > 0 {
        return Err(UnitError::new(
            UnitErrorKind::Unclosed,
            at,
            "a parenthesis is not closed",
        ));
    }
    Ok(())
}

/// Reads `{...}` and returns where it ends.
const fn annotation(code: &[u8], from: usize) -> Result<usize, UnitError> {
    let mut at = from + 1;
    while at < code.len() {
        match code[at] {
            b'}' => return Ok(at + 1),
            b'{' => {
                return Err(UnitError::new(
                    UnitErrorKind::Unclosed,
                    at,
                    "annotations do not nest",
                ));
            }
            33..=126 => at += 1,
            b' ' => {
                return Err(UnitError::new(
                    UnitErrorKind::Character,
                    at,
                    "an annotation has no spaces; write _ instead",
                ));
            }
            _ => {
                return Err(UnitError::new(
                    UnitErrorKind::Character,
                    at,
                    "an annotation is plain ASCII without spaces",
                ));
            }
        }
    }
    Err(UnitError::new(
        UnitErrorKind::Unclosed,
        from,
        "this annotation is not closed",
    ))
}

/// Reads a number, or a symbol with its exponent, and returns where it ends.
const fn simple_unit(code: &[u8], from: usize) -> Result<usize, UnitError> {
    let end = try_at!(end_of_symbol(code, from));
    let mut symbol_end = end;
    while symbol_end > from && code[symbol_end - 1].is_ascii_digit() {
        symbol_end -= 1;
    }
    if symbol_end == from {
        return number(code, from, end);
    }
    try_at!(symbol(code, from, symbol_end));
    // A signed exponent follows a symbol that has no digits of its own.
    if end < code.len() && (code[end] == b'+' || code[end] == b'-') && symbol_end == end {
        let digits = end + 1;
        let mut at = digits;
        while at < code.len() && code[at].is_ascii_digit() {
            at += 1;
        }
        if at == digits {
            return Err(UnitError::new(
                UnitErrorKind::Exponent,
                end,
                "a sign is followed by the digits of an exponent",
            ));
        }
        return Ok(at);
    }
    Ok(end)
}

/// Where the characters of a symbol and its unsigned exponent end.
const fn end_of_symbol(code: &[u8], from: usize) -> Result<usize, UnitError> {
    let mut at = from;
    let mut bracket = None;
    while at < code.len() {
        match (code[at], bracket) {
            (b'[', None) => bracket = Some(at),
            (b']', Some(_)) => bracket = None,
            (33..=126, Some(_)) => {}
            (b'.' | b'/' | b'(' | b')' | b'{' | b'+' | b'-', None) => break,
            (b'}' | b']' | b'=' | b'"', None) => {
                return Err(UnitError::new(
                    UnitErrorKind::Character,
                    at,
                    "this character stands in no unit code",
                ));
            }
            (33..=126, None) => {}
            _ => return Err(bad_character(code, at)),
        }
        at += 1;
    }
    match bracket {
        Some(position) => Err(UnitError::new(
            UnitErrorKind::Unclosed,
            position,
            "this square bracket is not closed",
        )),
        None if at == from => Err(missing_operand(at)),
        None => Ok(at),
    }
}

const fn number(code: &[u8], from: usize, end: usize) -> Result<usize, UnitError> {
    let mut is_zero = true;
    let mut at = from;
    while at < end {
        is_zero = is_zero && code[at] == b'0';
        at += 1;
    }
    if is_zero || end - from > 9 {
        return Err(UnitError::new(
            UnitErrorKind::Number,
            from,
            "a number in a unit is from 1 to 999999999",
        ));
    }
    Ok(end)
}

/// Checks the symbol `from..to` without its exponent.
const fn symbol(code: &[u8], from: usize, to: usize) -> Result<(), UnitError> {
    if let Some(advice) = habit::deception(code, from, to) {
        return Err(UnitError::new(UnitErrorKind::Deceptive, from, advice));
    }
    let found = atom::look_up(code, from, to);
    if let Symbol::Known = found {
        return Ok(());
    }
    if let Some(advice) = habit::instead_of_symbol(code, from, to) {
        return Err(UnitError::new(UnitErrorKind::Symbol, from, advice));
    }
    if let Symbol::PrefixOnNonMetric = found {
        return Err(UnitError::new(
            UnitErrorKind::Prefix,
            from,
            "this unit takes no metric prefix",
        ));
    }
    let mut at = from;
    while at < to {
        match code[at] {
            b'^' => {
                return Err(UnitError::new(
                    UnitErrorKind::Symbol,
                    at,
                    "an exponent follows directly: write m3",
                ));
            }
            b'*' => {
                return Err(UnitError::new(
                    UnitErrorKind::Symbol,
                    at,
                    "write . to multiply and m2 for a square",
                ));
            }
            b'[' => break,
            _ => at += 1,
        }
    }
    Err(UnitError::new(
        UnitErrorKind::Symbol,
        from,
        "UCUM knows no such symbol (codes are case sensitive); a word goes into an annotation: {word}",
    ))
}

const fn bad_character(code: &[u8], at: usize) -> UnitError {
    let message = match habit::instead_of_character(code, at) {
        Some(advice) => advice,
        None if code[at] == b' ' => "a unit code has no spaces; write . to multiply",
        None => "a unit code is plain ASCII",
    };
    UnitError::new(UnitErrorKind::Character, at, message)
}

const fn missing_operand(at: usize) -> UnitError {
    UnitError::new(UnitErrorKind::Operand, at, "a unit is missing here")
}

const fn missing_operator(code: &[u8], at: usize) -> UnitError {
    match code[at] {
        b'+' | b'-' | b'0'..=b'9' => UnitError::new(
            UnitErrorKind::Operator,
            at,
            "an exponent stands directly behind a symbol, not behind a number, parenthesis or annotation",
        ),
        33..=126 => UnitError::new(
            UnitErrorKind::Operator,
            at,
            "an operator is missing here: write . to multiply or / to divide",
        ),
        _ => bad_character(code, at),
    }
}
