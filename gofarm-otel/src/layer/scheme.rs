//! Schemes as constants, so that they can be kept: [`known_scheme`].

/// The scheme, if it is one that layers know.
pub(super) fn known_scheme(scheme: Option<&str>) -> Option<&'static str> {
    let scheme = scheme?;
    let known = ["http", "https", "ws", "wss"];
    known
        .into_iter()
        .find(|known| scheme.eq_ignore_ascii_case(known))
}
