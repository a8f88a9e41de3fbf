//! What a span says about the request: [`Description`].

use core::fmt::Write;
use core::net::SocketAddr;

use http::Version;

use super::address::Address;
use super::inline::{Inline, cut};
use super::list::List;
use super::method::Method;
use super::redacted;
use super::role::Role;
use crate::attribute::Attribute;
use crate::semantic::{http as names, network, rpc};

/// The longest URL, path or query that is written down, in bytes.
const LONGEST: usize = 512;

/// The longest name of a host (RFC 1035, section 2.3.4), of a program or of a method, in bytes.
const LONGEST_NAME: usize = 255;

/// All that a span says about a request, borrowed from the request itself or from what was kept of it.
#[derive(Clone, Copy)]
pub(super) struct Description<'a> {
    pub(super) role: Role,
    pub(super) method: Method,
    /// The method as it came, where nobody knows it.
    pub(super) original: &'a str,
    pub(super) scheme: &'a str,
    pub(super) address: Address<'a>,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) user_agent: &'a str,
    pub(super) version: Version,
    /// The template of a server's route; the method of an RPC.
    pub(super) route: &'a str,
    pub(super) peer: Option<SocketAddr>,
}

impl Description<'_> {
    /// Gives the attributes to `to`, with those in `more`.
    pub(super) fn tell<T>(
        &self,
        more: &[Attribute<'_>],
        to: impl FnOnce(&[Attribute<'_>]) -> T,
    ) -> T {
        let (mut url, mut peer) = (Inline::<LONGEST>::new(), Inline::<46>::new());
        // An inline text takes all and cuts.
        let _ = self.write_url(&mut url);
        if let Some(address) = self.peer {
            let _ = write!(peer, "{}", address.ip());
        }
        let mut list = List::new();
        if self.role.is_grpc() {
            list.text(rpc::SYSTEM_NAME, rpc::GRPC);
            list.text(rpc::METHOD, cut(self.route, LONGEST_NAME));
        } else {
            list.text(names::REQUEST_METHOD, self.method.as_str());
            list.text(
                names::REQUEST_METHOD_ORIGINAL,
                cut(self.original, LONGEST_NAME),
            );
            match self.role.is_server() {
                true => {
                    list.text(names::URL_SCHEME, self.scheme);
                    list.text(names::URL_PATH, cut(self.path, LONGEST));
                    list.text(names::URL_QUERY, url.as_str());
                    list.text(names::ROUTE, self.route);
                    list.text(
                        names::USER_AGENT_ORIGINAL,
                        cut(self.user_agent, LONGEST_NAME),
                    );
                }
                false => {
                    list.text(names::URL_FULL, url.as_str());
                    list.text(names::URL_TEMPLATE, self.route);
                }
            }
            list.text(network::PROTOCOL_VERSION, version(self.version));
        }
        list.text(
            network::SERVER_ADDRESS,
            cut(self.address.host, LONGEST_NAME),
        );
        list.port(network::SERVER_PORT, self.address.port);
        if self.role.is_server() {
            list.text(network::CLIENT_ADDRESS, peer.as_str());
        }
        list.text(network::PEER_ADDRESS, peer.as_str());
        list.port(network::PEER_PORT, self.peer.map(|peer| peer.port()));
        for attribute in more {
            list.push(*attribute);
        }
        to(&list)
    }

    /// The query for a server, the whole URL for a client.
    fn write_url(&self, out: &mut Inline<LONGEST>) -> core::fmt::Result {
        match self.role {
            Role::HttpServer => redacted::query(self.query, out),
            Role::HttpClient => redacted::url(self, out),
            Role::GrpcServer | Role::GrpcClient => Ok(()),
        }
    }
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_11 => "1.1",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "",
    }
}
