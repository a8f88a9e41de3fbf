//! Host and port, from a request: [`Address`].

use http::Uri;

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address<'a> {
    /// A name or an address, without the brackets of IPv6; empty if unknown.
    pub(super) host: &'a str,
    /// Its port, if it was said.
    pub(super) port: Option<u16>,
}

impl<'a> Address<'a> {
    /// What the URI says.
    pub(super) fn of(uri: &'a Uri) -> Option<Self> {
        Some(Self {
            host: bare(uri.host()?),
            port: uri.port_u16(),
        })
    }

    /// Reads a `host` header (RFC 9110, section 7.2).
    pub(super) fn parse(text: &'a str) -> Self {
        let (host, port) = match text.rsplit_once(':') {
            // An address of IPv6 without a port has colons as well.
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()),
            _ => (text, None),
        };
        Self {
            host: bare(host),
            port,
        }
    }

    /// With the port that a scheme stands for, if none was said.
    pub(super) fn or_port_of(mut self, scheme: &str) -> Self {
        self.port = self.port.or(match scheme {
            "http" | "ws" => Some(80),
            "https" | "wss" => Some(443),
            _ => None,
        });
        self
    }
}

fn bare(host: &str) -> &str {
    let inner = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inner.unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_headers_and_uris_give_the_same_address() {
        let rows = [
            ("gateway", "gateway", None),
            ("gateway:8080", "gateway", Some(8080)),
            ("192.0.2.7:80", "192.0.2.7", Some(80)),
            ("[2001:db8::1]", "2001:db8::1", None),
            ("[2001:db8::1]:8080", "2001:db8::1", Some(8080)),
        ];
        for (text, host, port) in rows {
            let expected = Address { host, port };
            assert_eq!(Address::parse(text), expected, "{text}");
            let uri: Uri = alloc::format!("http://{text}/").parse().unwrap();
            assert_eq!(Address::of(&uri), Some(expected), "{text}");
        }
        assert_eq!(Address::parse("gateway:x").port, None);
        assert_eq!(Address::parse("a").or_port_of("https").port, Some(443));
    }
}
