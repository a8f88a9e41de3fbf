//! [`Interface`]: a line of `/proc/net/dev`.

use super::error::{Flaw, ParseError, ProcFile, number};

/// Counters of one network interface since it came up.
///
/// ```
/// use gofarm_sched::load::linux::interfaces;
///
/// let text = "Inter-|   Receive  |  Transmit
///  face |bytes    packets errs drop fifo frame compressed multicast|bytes ...
///   eth0: 1000 9 1 2 0 0 0 0 500 7 0 3 0 0 0 0
/// ";
/// let eth0 = interfaces(text).next().unwrap()?;
/// assert_eq!((eth0.name(), eth0.received(), eth0.sent()), ("eth0", 1000, 500));
/// assert_eq!((eth0.errors(), eth0.dropped()), (1, 5));
/// # Ok::<(), gofarm_sched::load::linux::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface<'a> {
    name: &'a str,
    received: u64,
    sent: u64,
    errors: u64,
    dropped: u64,
}

impl<'a> Interface<'a> {
    fn from_fields(name: &'a str, rest: &'a str) -> Result<Self, Flaw> {
        let mut fields = rest.split_ascii_whitespace();
        let received = number(&mut fields, "received bytes")?;
        number(&mut fields, "received packets")?;
        let receive_errors = number(&mut fields, "receive errors")?;
        let receive_dropped = number(&mut fields, "receive drops")?;
        for name in ["fifo errors", "frame errors", "compressed", "multicast"] {
            number(&mut fields, name)?;
        }
        let sent = number(&mut fields, "sent bytes")?;
        number(&mut fields, "sent packets")?;
        let send_errors = number(&mut fields, "send errors")?;
        let send_dropped = number(&mut fields, "send drops")?;
        Ok(Self {
            name,
            received,
            sent,
            errors: receive_errors.saturating_add(send_errors),
            dropped: receive_dropped.saturating_add(send_dropped),
        })
    }

    /// The name: `eth0`.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// Bytes received.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// Bytes sent.
    #[must_use]
    pub const fn sent(&self) -> u64 {
        self.sent
    }

    /// Errors in both directions.
    #[must_use]
    pub const fn errors(&self) -> u64 {
        self.errors
    }

    /// Packets dropped in both directions.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }
}

/// The interfaces of `/proc/net/dev`, line by line after its two lines of headings.
///
/// # Errors
/// Of a line: it has no name, or a field is missing or not a number.
pub fn interfaces(text: &str) -> impl Iterator<Item = Result<Interface<'_>, ParseError>> {
    text.lines().zip(1..).skip(2).map(|(line, at)| {
        let interface = line
            .rsplit_once(':')
            .ok_or(Flaw::Missing("the interface's name"))
            .and_then(|(name, rest)| Interface::from_fields(name.trim(), rest));
        interface.map_err(|flaw| ParseError::new(ProcFile::NetDev, at, flaw))
    })
}
