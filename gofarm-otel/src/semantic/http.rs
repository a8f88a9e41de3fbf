//! Names of HTTP requests and of the URL that they ask for.

/// The method as the standard spells it, or `_OTHER`.
pub const REQUEST_METHOD: &str = "http.request.method";

/// The method as it came, where [`REQUEST_METHOD`] is `_OTHER`.
pub const REQUEST_METHOD_ORIGINAL: &str = "http.request.method_original";

/// The status code of the answer, a number.
pub const RESPONSE_STATUS_CODE: &str = "http.response.status_code";

/// The template that the server matched: `/plots/{plot}`.
pub const ROUTE: &str = "http.route";

/// How long a server took for a request, a histogram in `s`.
pub const SERVER_REQUEST_DURATION: &str = "http.server.request.duration";

/// How many requests a server works on, a sum that grows and shrinks, in `{request}` (in development).
pub const SERVER_ACTIVE_REQUESTS: &str = "http.server.active_requests";

/// How long a request of a client took, a histogram in `s`.
pub const CLIENT_REQUEST_DURATION: &str = "http.client.request.duration";

/// The whole URL, without passwords.
pub const URL_FULL: &str = "url.full";

/// The path of the URL.
pub const URL_PATH: &str = "url.path";

/// What follows the `?` of the URL.
pub const URL_QUERY: &str = "url.query";

/// The scheme of the URL: `http`, `https`.
pub const URL_SCHEME: &str = "url.scheme";

/// The path with placeholders that a client fills in: `/plots/{plot}` (in development).
pub const URL_TEMPLATE: &str = "url.template";

/// What the client calls itself.
pub const USER_AGENT_ORIGINAL: &str = "user_agent.original";
