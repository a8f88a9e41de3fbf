//! The status of a gRPC call: [`Code`].

/// One of the seventeen codes of gRPC (grpc/grpc, `doc/statuscodes.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Code(u8);

const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

impl Code {
    pub(super) const CANCELLED: Self = Self(1);
    pub(super) const UNKNOWN: Self = Self(2);
    pub(super) const UNIMPLEMENTED: Self = Self(12);

    /// Reads the value of `grpc-status`; what is not a code is `UNKNOWN`, as gRPC's own libraries take it.
    pub(super) fn parse(value: &[u8]) -> Self {
        let code = match value {
            [ones @ b'0'..=b'9'] => ones - b'0',
            [b'1', ones @ b'0'..=b'6'] => 10 + ones - b'0',
            _ => return Self::UNKNOWN,
        };
        Self(code)
    }

    /// The name that the conventions use.
    pub(super) fn as_str(self) -> &'static str {
        NAMES.get(usize::from(self.0)).copied().unwrap_or("UNKNOWN")
    }

    pub(super) const fn is_ok(self) -> bool {
        self.0 == 0
    }

    /// Whether a server's span with this code is an error: the codes that the conventions name (`UNKNOWN`,
    /// `DEADLINE_EXCEEDED`, `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE`, `DATA_LOSS`).
    pub(super) const fn is_server_error(self) -> bool {
        matches!(self.0, 2 | 4 | 12..=15)
    }

    /// Whether something is broken. `UNIMPLEMENTED` is not among these: whoever asks for what is not there chooses that
    /// himself, as with a 404.
    pub(super) const fn is_failure(self) -> bool {
        self.is_server_error() && self.0 != Self::UNIMPLEMENTED.0
    }

    /// What an HTTP answer without a code stands for (grpc/grpc, `doc/http-grpc-status-mapping.md`).
    pub(super) const fn from_http(status: u16) -> Self {
        Self(match status {
            400 => 13,
            401 => 16,
            403 => 7,
            404 => 12,
            429 | 502..=504 => 14,
            _ => 2,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_grpc_reads_them() {
        let rows: [(&[u8], &str); 8] = [
            (b"0", "OK"),
            (b"4", "DEADLINE_EXCEEDED"),
            (b"12", "UNIMPLEMENTED"),
            (b"16", "UNAUTHENTICATED"),
            (b"17", "UNKNOWN"),
            (b"", "UNKNOWN"),
            (b"00", "UNKNOWN"),
            (b"-1", "UNKNOWN"),
        ];
        for (value, name) in rows {
            assert_eq!(Code::parse(value).as_str(), name);
        }
    }
}
