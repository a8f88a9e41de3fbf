//! How a receiver is reached: [`OtlpConfig`].

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use http::{HeaderName, HeaderValue};

#[cfg(feature = "tls")]
use super::Tls;
use super::{ConfigError, Endpoint, OtlpClient};
use crate::batch::Kind;

/// In which form OTLP goes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// HTTP/1.1, `POST /v1/traces`; usually port 4318.
    #[default]
    Http,
    /// gRPC over HTTP/2; usually port 4317.
    #[cfg(feature = "grpc")]
    Grpc,
}

/// How a receiver is reached.
///
/// ```
/// use core::time::Duration;
/// use gofarm_otel::otlp::OtlpConfig;
///
/// let client = OtlpConfig::new("http://collector:4318")?
///     .with_header("authorization", "Bearer secret")?
///     .with_timeout(Duration::from_secs(20))
///     .client()?; // nothing is connected yet
/// # Ok::<(), gofarm_otel::otlp::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct OtlpConfig {
    pub(super) protocol: Protocol,
    /// The base, to which the path of each kind is added.
    pub(super) endpoint: Endpoint,
    /// Of one kind and in full, by the order of [`Kind::ALL`].
    pub(super) own_endpoints: [Option<Endpoint>; 3],
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) timeout: Duration,
    pub(super) response_bytes: usize,
    #[cfg(feature = "tls")]
    pub(super) tls: Option<Tls>,
}

impl OtlpConfig {
    /// By HTTP to `endpoint`, 10 s for each request, at most 64 KiB of response.
    ///
    /// # Errors
    /// When it is not `http://…` or `https://…`.
    pub fn new(endpoint: &str) -> Result<Self, ConfigError> {
        Ok(Self {
            protocol: Protocol::Http,
            endpoint: endpoint.parse()?,
            own_endpoints: [None, None, None],
            headers: Vec::new(),
            timeout: Duration::from_secs(10),
            response_bytes: 64 << 10,
            #[cfg(feature = "tls")]
            tls: None,
        })
    }

    /// What the environment says (OpenTelemetry, "OpenTelemetry Protocol Exporter"); none if it names no endpoint.
    ///
    /// Read are `OTEL_EXPORTER_OTLP_ENDPOINT`, `_TRACES_ENDPOINT`, `_METRICS_ENDPOINT` and `_LOGS_ENDPOINT`,
    /// `_HEADERS`, `_TIMEOUT` (milliseconds), `_PROTOCOL` (`http/protobuf`, `grpc`) and `_CERTIFICATE`; `variable` is
    /// usually `|name| std::env::var(name).ok()`. Empty means not set. Not followed are `_COMPRESSION`, for requests go
    /// out as they are, and the other variables of one kind of signal.
    ///
    /// # Errors
    /// When a value is not what it has to be.
    ///
    /// ```
    /// use gofarm_otel::otlp::OtlpConfig;
    ///
    /// let variable = |name: &str| match name {
    ///     "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("http://collector:4318".to_owned()),
    ///     "OTEL_EXPORTER_OTLP_HEADERS" => Some("x-farm=north,authorization=Bearer%20s".to_owned()),
    ///     _ => None,
    /// };
    /// assert!(OtlpConfig::from_environment(variable)?.is_some());
    /// # Ok::<(), gofarm_otel::otlp::ConfigError>(())
    /// ```
    pub fn from_environment(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, ConfigError> {
        let variable = |name: &str| {
            let value = variable(&alloc::format!("OTEL_EXPORTER_OTLP_{name}"))?;
            Some(value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let own = ["TRACES_ENDPOINT", "METRICS_ENDPOINT", "LOGS_ENDPOINT"].map(&variable);
        let base = variable("ENDPOINT");
        let Some(first) = base.as_ref().or_else(|| own.iter().flatten().next()) else {
            return Ok(None);
        };
        let mut config = Self::new(first)?;
        for (kind, endpoint) in Kind::ALL.into_iter().zip(own) {
            if let Some(endpoint) = endpoint {
                config = config.with_endpoint_of(kind, &endpoint)?;
            }
        }
        if let Some(protocol) = variable("PROTOCOL") {
            config.protocol = match protocol.as_str() {
                "http/protobuf" => Protocol::Http,
                #[cfg(feature = "grpc")]
                "grpc" => Protocol::Grpc,
                _ => return Err(ConfigError::Protocol { protocol }),
            };
        }
        if let Some(headers) = variable("HEADERS") {
            for pair in headers.split(',').filter(|pair| !pair.trim().is_empty()) {
                let (name, value) = pair.split_once('=').ok_or_else(|| ConfigError::Header {
                    name: pair.to_owned(),
                })?;
                config = config.with_header(name.trim(), &percent_decoded(value.trim()))?;
            }
        }
        if let Some(value) = variable("TIMEOUT") {
            let millis = value.parse().map_err(|_| ConfigError::Timeout { value })?;
            config = config.with_timeout(Duration::from_millis(millis));
        }
        #[cfg(feature = "tls")]
        if let Some(file) = variable("CERTIFICATE") {
            config = config.with_tls(Tls::trusting_file(&file)?);
        }
        Ok(Some(config))
    }

    /// This configuration by gRPC.
    #[cfg(feature = "grpc")]
    pub const fn with_grpc(mut self) -> Self {
        self.protocol = Protocol::Grpc;
        self
    }

    /// This configuration with another endpoint for one kind, taken in full: no path is added to it.
    ///
    /// # Errors
    /// When it is not `http://…` or `https://…`.
    pub fn with_endpoint_of(mut self, kind: Kind, endpoint: &str) -> Result<Self, ConfigError> {
        let endpoint = endpoint.parse()?;
        if let Some(own) = self.own_endpoints.get_mut(kind as usize) {
            *own = Some(endpoint);
        }
        Ok(self)
    }

    /// This configuration with one more header in each request, for example `authorization`.
    ///
    /// # Errors
    /// When HTTP does not allow the name or the value.
    pub fn with_header(mut self, name: &str, value: &str) -> Result<Self, ConfigError> {
        let invalid = || ConfigError::Header {
            name: name.to_owned(),
        };
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?;
        let mut value = HeaderValue::from_str(value).map_err(|_| invalid())?;
        value.set_sensitive(true);
        self.headers.push((header, value));
        Ok(self)
    }

    /// This configuration with that much time for each request, the connection included.
    ///
    /// A request that runs into it has twice the time when it is tried again, up to eight times: a large one over a
    /// slow link would never arrive otherwise.
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// This configuration with that trust for `https`; without, the system's certificates are trusted.
    #[cfg(feature = "tls")]
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// A client for this; it connects when the first request goes out.
    ///
    /// # Errors
    /// When the endpoint is `https` and there is no TLS, or no certificate to trust.
    pub fn client(self) -> Result<OtlpClient, ConfigError> {
        OtlpClient::new(self)
    }

    /// The server and the path for one kind.
    pub(super) fn target(&self, kind: Kind) -> (&Endpoint, String) {
        let own = self
            .own_endpoints
            .get(kind as usize)
            .and_then(Option::as_ref);
        let endpoint = own.unwrap_or(&self.endpoint);
        match self.protocol {
            Protocol::Http if own.is_some() && endpoint.path().is_empty() => {
                (endpoint, "/".to_owned())
            }
            Protocol::Http if own.is_some() => (endpoint, endpoint.path().to_owned()),
            Protocol::Http => (
                endpoint,
                alloc::format!("{}/v1/{}", endpoint.path(), kind.as_str()),
            ),
            #[cfg(feature = "grpc")]
            Protocol::Grpc => (endpoint, super::grpc::path(kind).to_owned()),
        }
    }
}

/// The text of which `%41` stands for `A` (W3C Baggage, of which the variable takes its form).
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = after.first_chunk::<2>().filter(|_| *first == b'%');
        let escaped = escaped.and_then(|digits| core::str::from_utf8(digits).ok());
        let escaped = escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() {
            after.get(2..).unwrap_or_default()
        } else {
            after
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;

    fn read(variables: &[(&str, &str)]) -> Result<Option<OtlpConfig>, ConfigError> {
        let variables: BTreeMap<String, &str> = variables
            .iter()
            .map(|(name, value)| (alloc::format!("OTEL_EXPORTER_OTLP_{name}"), *value))
            .collect();
        OtlpConfig::from_environment(|name| variables.get(name).map(|value| (*value).to_owned()))
    }

    #[test]
    fn the_environment_is_read_as_the_specification_says() {
        let config = read(&[
            ("ENDPOINT", "http://c:4318/base/"),
            ("METRICS_ENDPOINT", "http://m:9/exact"),
            ("LOGS_ENDPOINT", "http://l:9"),
            ("HEADERS", "a=1, authorization=Basic%20eA==,"),
            ("TIMEOUT", "2500"),
            ("PROTOCOL", "http/protobuf"),
        ]);
        let config = config.unwrap().unwrap();
        let targets = Kind::ALL.map(|kind| {
            let (server, path) = config.target(kind);
            (server.authority(), path)
        });
        let expected = [
            ("c:4318", "/base/v1/traces"),
            ("m:9", "/exact"),
            ("l:9", "/"),
        ];
        assert_eq!(
            targets,
            expected.map(|(server, path)| (server.into(), path.into()))
        );
        assert_eq!(config.timeout, Duration::from_millis(2_500));
        let headers: Vec<_> = config
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        assert_eq!(headers, [("a", "1"), ("authorization", "Basic eA==")]);
    }

    #[test]
    fn what_is_empty_is_not_set_and_what_is_wrong_is_said() {
        assert!(
            read(&[("ENDPOINT", " "), ("TIMEOUT", "x")])
                .unwrap()
                .is_none()
        );
        let base = ("ENDPOINT", "http://c:4318");
        for wrong in [
            ("PROTOCOL", "http/json"),
            ("TIMEOUT", "2s"),
            ("HEADERS", "a"),
            ("HEADERS", "a b=1"),
            ("LOGS_ENDPOINT", "l:9"),
        ] {
            assert!(read(&[base, wrong]).is_err(), "{wrong:?}");
        }
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn https_without_tls_is_said_at_the_start() {
        let client = OtlpConfig::new("https://c").unwrap().client();
        assert_eq!(
            client.unwrap_err(),
            ConfigError::NeedsTls { host: "c".into() }
        );
    }
}
