//! [`BrokerAddress`]: where a broker is.

use core::fmt;
use core::num::NonZeroU16;
use core::str::FromStr;

use gofarm_core::error::{Classify, Kind};

/// The port of MQTT without TLS.
const PORT: u16 = 1883;

/// Where a broker without TLS and login is: `mqtt://HOST` or `mqtt://HOST:PORT`, nothing behind it.
///
/// The port is 1883 if none is given. An address of IPv6 stands in brackets.
///
/// ```
/// use gofarm_examples::season::BrokerAddress;
///
/// let broker: BrokerAddress = "mqtt://127.0.0.1".parse()?;
/// assert_eq!(broker.to_string(), "mqtt://127.0.0.1:1883");
/// assert!("mqtts://127.0.0.1".parse::<BrokerAddress>().is_err());
/// # Ok::<(), gofarm_examples::season::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerAddress {
    host: String,
    port: u16,
}

impl BrokerAddress {
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for BrokerAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let rest = text.strip_prefix("mqtt://").ok_or(AddressError::Form)?;
        let (host, port) = if let Some(rest) = rest.strip_prefix('[') {
            let (host, port) = rest.split_once(']').ok_or(AddressError::Form)?;
            let is_address = host.parse::<core::net::Ipv6Addr>().is_ok();
            (is_address.then_some(host), port)
        } else {
            let (host, port) = rest.split_at(rest.find(':').unwrap_or(rest.len()));
            let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
            let is_name = !host.is_empty() && host.chars().all(is_plain);
            (is_name.then_some(host), port)
        };
        let host = host.ok_or(AddressError::Form)?.to_owned();
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => PORT,
            None => return Err(AddressError::Form),
            Some(port) => {
                let is_number = !port.is_empty() && port.bytes().all(|c| c.is_ascii_digit());
                let number = is_number.then(|| port.parse::<NonZeroU16>());
                let number = number.ok_or(AddressError::Form)?;
                number.map_err(|_| AddressError::Port)?.get()
            }
        };
        Ok(Self { host, port })
    }
}

impl fmt::Display for BrokerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            return write!(f, "mqtt://[{host}]:{port}");
        }
        write!(f, "mqtt://{host}:{port}")
    }
}

/// A text that is no address of a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Another scheme, no host, or more than host and port.
    #[error("not of the form mqtt://HOST or mqtt://HOST:PORT")]
    Form,
    /// There is no such port.
    #[error("not a port of 1..=65535")]
    Port,
}

impl Classify for AddressError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_in_full() {
        for (text, written) in [
            (
                "mqtt://broker.example.org",
                "mqtt://broker.example.org:1883",
            ),
            ("mqtt://10.0.0.7:8883", "mqtt://10.0.0.7:8883"),
            ("mqtt://[::1]", "mqtt://[::1]:1883"),
            ("mqtt://[::1]:1", "mqtt://[::1]:1"),
        ] {
            let broker: BrokerAddress = text.parse().unwrap();
            assert_eq!(broker.to_string(), written);
            assert_eq!(written.parse(), Ok(broker));
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for (text, error) in [
            ("", AddressError::Form),
            ("localhost:1883", AddressError::Form),
            ("mqtts://localhost", AddressError::Form),
            ("mqtt://", AddressError::Form),
            ("mqtt://:1883", AddressError::Form),
            ("mqtt://localhost/", AddressError::Form),
            ("mqtt://me:secret@localhost", AddressError::Form),
            ("mqtt://me@localhost", AddressError::Form),
            ("mqtt://a b", AddressError::Form),
            ("mqtt://::1", AddressError::Form),
            ("mqtt://[::1", AddressError::Form),
            ("mqtt://[::1]1883", AddressError::Form),
            ("mqtt://[farm]", AddressError::Form),
            ("mqtt://localhost:", AddressError::Form),
            ("mqtt://localhost:0", AddressError::Port),
            ("mqtt://localhost:65536", AddressError::Port),
            ("mqtt://localhost:1883/topic", AddressError::Form),
        ] {
            assert_eq!(text.parse::<BrokerAddress>(), Err(error), "{text}");
        }
    }
}
