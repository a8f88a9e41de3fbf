//! The method of a request as the conventions spell it: [`Method`].

use crate::semantic;

/// One of the methods that the conventions know (RFC 9110, RFC 5789, and `QUERY`), or any other.
///
/// A stranger chooses the method of a request; what is not known does not become a value of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Head,
    Post,
    Put,
    Delete,
    Connect,
    Options,
    Trace,
    Patch,
    Query,
    Other,
}

impl Method {
    /// How many there are.
    pub(super) const COUNT: usize = Self::Other as usize + 1;

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
            Self::Options => "OPTIONS",
            Self::Trace => "TRACE",
            Self::Patch => "PATCH",
            Self::Query => "QUERY",
            Self::Other => semantic::OTHER,
        }
    }

    /// The word for it in a span's name.
    pub(super) const fn in_name(self) -> &'static str {
        match self {
            Self::Other => "HTTP",
            known => known.as_str(),
        }
    }
}

impl From<&http::Method> for Method {
    fn from(method: &http::Method) -> Self {
        // Comparisons of constants, the most frequent first; as texts they would be calls.
        match method {
            get if get == http::Method::GET => Self::Get,
            post if post == http::Method::POST => Self::Post,
            put if put == http::Method::PUT => Self::Put,
            head if head == http::Method::HEAD => Self::Head,
            patch if patch == http::Method::PATCH => Self::Patch,
            delete if delete == http::Method::DELETE => Self::Delete,
            options if options == http::Method::OPTIONS => Self::Options,
            connect if connect == http::Method::CONNECT => Self::Connect,
            trace if trace == http::Method::TRACE => Self::Trace,
            other if other.as_str() == "QUERY" => Self::Query,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_nobody_knows_is_other() {
        for (name, expected) in [
            ("GET", "GET"),
            ("QUERY", "QUERY"),
            ("get", "_OTHER"),
            ("BREW", "_OTHER"),
        ] {
            let method = http::Method::from_bytes(name.as_bytes()).unwrap();
            assert_eq!(Method::from(&method).as_str(), expected);
        }
        assert_eq!(Method::Other.in_name(), "HTTP");
    }
}
