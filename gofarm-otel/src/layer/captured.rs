//! What is kept of a request that is not recorded, in case it fails: [`Captured`].
//!
//! The request goes to the inner service and is gone when it fails. What a span of it would say is therefore copied
//! beforehand, cut at lengths that most requests keep; it becomes attributes only if the request fails.

use core::net::SocketAddr;

use http::uri::PathAndQuery;
use http::{Request, Version};

use super::address::Address;
use super::description::Description;
use super::inline::Inline;
use super::method::Method;
use super::picked::Picked;
use super::role::Role;

/// The bytes of path and query, of the `host` header and of the `user-agent` header that are kept.
const LENGTHS: (usize, usize, usize) = (144, 56, 56);

/// The beginning of what a request said.
pub(super) struct Captured {
    method: Method,
    scheme: &'static str,
    version: Version,
    target: Inline<{ LENGTHS.0 }>,
    host: Inline<{ LENGTHS.1 }>,
    user_agent: Inline<{ LENGTHS.2 }>,
    peer: Option<SocketAddr>,
}

impl Captured {
    /// Nothing was kept.
    pub(super) const NOTHING: Self = Self {
        method: Method::Other,
        scheme: "",
        version: Version::HTTP_11,
        target: Inline::new(),
        host: Inline::new(),
        user_agent: Inline::new(),
        peer: None,
    };

    /// Keeps nothing any more.
    pub(super) fn forget(&mut self) {
        self.target.clear();
        self.host.clear();
        self.user_agent.clear();
        self.peer = None;
    }

    /// Keeps the beginning of `request`, where nothing was kept.
    #[inline]
    pub(super) fn keep<B>(
        &mut self,
        request: &Request<B>,
        picked: &Picked<'_>,
        method: Method,
        scheme: &'static str,
        peer: Option<SocketAddr>,
    ) {
        let uri = request.uri();
        self.method = method;
        self.scheme = scheme;
        self.version = request.version();
        self.peer = peer;
        let target = uri.path_and_query().map_or("", PathAndQuery::as_str);
        self.target.push(target.as_bytes());
        // HTTP/2 has the host in the URI, HTTP/1 in a header.
        match (uri.authority(), picked.host) {
            (Some(authority), _) => self.host.push(authority.as_str().as_bytes()),
            (None, Some(host)) => self.host.push(host.as_bytes()),
            (None, None) => {}
        }
        if let Some(user_agent) = picked.user_agent {
            self.user_agent.push(user_agent.as_bytes());
        }
    }

    /// The method that an RPC asks for; empty if it did not fit.
    pub(super) fn rpc(&self) -> &str {
        let path = self.target.as_str();
        if path.len() == LENGTHS.0 {
            return "";
        }
        path.trim_start_matches('/')
    }

    pub(super) fn describe<'a>(&'a self, role: Role, route: &'a str) -> Description<'a> {
        let target = self.target.as_str();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let host = self.host.as_str();
        // What stands before the host is nobody's business.
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        Description {
            role,
            method: self.method,
            original: "",
            scheme: self.scheme,
            address: Address::parse(host).or_port_of(self.scheme),
            path,
            query,
            user_agent: self.user_agent.as_str(),
            version: self.version,
            route,
            peer: self.peer,
        }
    }
}
