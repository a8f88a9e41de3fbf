//! Where a receiver is: [`Endpoint`].

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::str::FromStr;

use http::Uri;

use super::ConfigError;

/// Where a receiver is: `http://collector:4318`.
///
/// ```
/// use gofarm_otel::otlp::Endpoint;
///
/// let endpoint: Endpoint = "http://[::1]:4318/otlp/".parse()?;
/// assert_eq!((endpoint.host(), endpoint.port(), endpoint.path()), ("::1", 4318, "/otlp"));
/// assert!("collector:4318".parse::<Endpoint>().is_err());
/// # Ok::<(), gofarm_otel::otlp::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    is_tls: bool,
    host: String,
    port: u16,
    path: String,
}

impl Endpoint {
    /// Whether it is `https`.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// The name or address, an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port: 80 or 443 if it was not said.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The path without a `/` at its end; empty if there is none.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether one connection serves both.
    pub(super) fn is_same_server(&self, other: &Self) -> bool {
        (self.is_tls, &self.host, self.port) == (other.is_tls, &other.host, other.port)
    }

    /// Host and port as they stand in a request.
    pub(super) fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') {
            alloc::format!("[{host}]:{port}")
        } else {
            alloc::format!("{host}:{port}")
        }
    }
}

impl FromStr for Endpoint {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let invalid = || ConfigError::Endpoint {
            endpoint: text.to_owned(),
        };
        let uri: Uri = text.trim().parse().map_err(|_| invalid())?;
        let is_tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(invalid()),
        };
        let authority = uri.authority().ok_or_else(invalid)?;
        // Neither a user nor a port that is none.
        let has_more = authority.as_str().len() > authority.host().len();
        let is_odd = has_more && authority.port_u16().is_none() || authority.as_str().contains('@');
        let host = authority.host().trim_matches(['[', ']']);
        if host.is_empty() || is_odd || uri.query().is_some() {
            return Err(invalid());
        }
        Ok(Self {
            is_tls,
            host: host.to_owned(),
            port: uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 }),
            path: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_read_as_urls() {
        let rows = [
            ("http://collector", Some((false, "collector", 80, ""))),
            ("https://c.example/", Some((true, "c.example", 443, ""))),
            (
                "http://10.0.0.7:4318/a/b/",
                Some((false, "10.0.0.7", 4318, "/a/b")),
            ),
            ("http://[fd00::1]:9", Some((false, "fd00::1", 9, ""))),
            (" http://c:1 ", Some((false, "c", 1, ""))),
            ("localhost:4318", None),
            ("/v1", None),
            ("", None),
            ("ftp://c:1", None),
            ("http://:4318", None),
            ("http://c:70000", None),
            ("http://user:pw@c:1", None),
            ("http://c:1/?a=b", None),
        ];
        for (text, expected) in rows {
            let found = text.parse::<Endpoint>().ok();
            let found = found
                .as_ref()
                .map(|e| (e.is_tls(), e.host(), e.port(), e.path()));
            assert_eq!(found, expected, "{text}");
        }
    }
}
