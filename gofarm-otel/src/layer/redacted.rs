//! URLs without what nobody may read: [`query`] and [`url`].
//!
//! A trace is read by more people than a request. The conventions ask to leave out passwords and the signatures of
//! the large object stores ("HTTP spans", `url.full` and `url.query`).

use core::fmt::{Result, Write};

use http::Uri;

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

/// Writes a whole URL without user and password.
pub(super) fn url(uri: &Uri, out: &mut impl Write) -> Result {
    if let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) {
        write!(out, "{scheme}://")?;
        let text = authority.as_str();
        match text.rsplit_once('@') {
            Some((_, host)) => write!(out, "REDACTED:REDACTED@{host}")?,
            None => out.write_str(text)?,
        }
    }
    out.write_str(uri.path())?;
    if let Some(text) = uri.query() {
        out.write_char('?')?;
        query(text, out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    #[test]
    fn passwords_and_signatures_are_left_out() {
        let rows = [
            ("http://gw:80/plots?soil=clay", "http://gw:80/plots?soil=clay"),
            ("https://me:secret@gw/", "https://REDACTED:REDACTED@gw/"),
            ("/a?sig=1&x&Signature=2", "/a?sig=REDACTED&x&Signature=REDACTED"),
            ("/a?signal=1&b=sig", "/a?signal=1&b=sig"),
        ];
        for (given, written) in rows {
            let mut out = String::new();
            url(&given.parse().unwrap(), &mut out).unwrap();
            assert_eq!(out, written);
        }
    }
}
