//! URLs without what nobody may read: [`query`] and [`url`].
//!
//! A trace is read by more people than a request. The conventions ask to leave out passwords and the signatures of
//! the large object stores ("HTTP spans", `url.full` and `url.query`). User and password are left out altogether,
//! where the conventions would write `REDACTED` for each.

use core::fmt::{Result, Write};

use super::description::Description;

/// The parameters whose values the conventions name.
const SECRET: [&str; 4] = ["AWSAccessKeyId", "Signature", "sig", "X-Goog-Signature"];

/// Writes a query with the values of secret parameters replaced.
pub(super) fn query(query: &str, out: &mut impl Write) -> Result {
    for (i, parameter) in query.split('&').enumerate() {
        if i > 0 {
            out.write_char('&')?;
        }
        match parameter.split_once('=') {
            Some((key, _)) if SECRET.contains(&key) => write!(out, "{key}=REDACTED")?,
            _ => out.write_str(parameter)?,
        }
    }
    Ok(())
}

/// Writes the whole URL of a request.
pub(super) fn url(request: &Description<'_>, out: &mut impl Write) -> Result {
    let host = request.address.host;
    if !host.is_empty() {
        let (open, close) = if host.contains(':') {
            ("[", "]")
        } else {
            ("", "")
        };
        write!(out, "{}://{open}{host}{close}", request.scheme)?;
        if let Some(port) = request
            .address
            .port
            .filter(|port| !is_default(*port, request.scheme))
        {
            write!(out, ":{port}")?;
        }
    }
    out.write_str(request.path)?;
    if !request.query.is_empty() {
        out.write_char('?')?;
        query(request.query, out)?;
    }
    Ok(())
}

fn is_default(port: u16, scheme: &str) -> bool {
    matches!((port, scheme), (80, "http") | (443, "https"))
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    #[test]
    fn signatures_are_left_out() {
        let rows = [
            ("soil=clay", "soil=clay"),
            ("sig=1&x&Signature=2", "sig=REDACTED&x&Signature=REDACTED"),
            ("signal=1&b=sig", "signal=1&b=sig"),
            ("", ""),
        ];
        for (given, written) in rows {
            let mut out = String::new();
            query(given, &mut out).unwrap();
            assert_eq!(out, written);
        }
    }
}
