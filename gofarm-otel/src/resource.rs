//! Who speaks: [`Resource`], sent once with each batch and not with each span.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::attribute::{Attribute, Value};
use crate::protobuf::{self, Message};

/// What is true of everything that a process reports: which service, which device, where.
///
/// The names are those of OpenTelemetry's semantic conventions; the zone of a farm has none there and is
/// `gofarm.zone`. A key that is set again takes the new value.
///
/// ```
/// use gofarm_otel::attribute::{Attribute, Value};
/// use gofarm_otel::resource::Resource;
///
/// let resource = Resource::new("irrigation-gateway")
///     .device("gw-7")
///     .zone("north")
///     .attribute(Attribute::int("gofarm.field", 12));
/// assert_eq!(resource.get("service.name"), Some(Value::Text("irrigation-gateway")));
/// assert_eq!(resource.get("gofarm.zone"), Some(Value::Text("north")));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    attributes: Vec<(Box<str>, Owned)>,
}

/// A value that outlives the call.
#[derive(Clone, Debug, PartialEq)]
enum Owned {
    Text(Box<str>),
    Bool(bool),
    Int(i64),
    Double(f64),
}

impl Resource {
    /// The resource of the service with that name (`service.name`), and which library reports (`telemetry.sdk.*`).
    #[must_use]
    pub fn new(service: &str) -> Self {
        let nothing = Self {
            attributes: Vec::new(),
        };
        nothing
            .text("service.name", service)
            .text("telemetry.sdk.name", "gofarm-otel")
            .text("telemetry.sdk.language", "rust")
            .text("telemetry.sdk.version", env!("CARGO_PKG_VERSION"))
    }

    /// This resource as one of several instances of the service (`service.instance.id`).
    #[must_use]
    pub fn instance(self, id: &str) -> Self {
        self.text("service.instance.id", id)
    }

    /// This resource in that version of the service (`service.version`).
    #[must_use]
    pub fn version(self, version: &str) -> Self {
        self.text("service.version", version)
    }

    /// This resource on that device (`device.id`).
    #[must_use]
    pub fn device(self, id: &str) -> Self {
        self.text("device.id", id)
    }

    /// This resource in that part of the farm (`gofarm.zone`).
    #[must_use]
    pub fn zone(self, zone: &str) -> Self {
        self.text("gofarm.zone", zone)
    }

    /// This resource with one attribute more, or with another value for it.
    #[must_use]
    pub fn attribute(mut self, attribute: Attribute<'_>) -> Self {
        let value = match attribute.value {
            Value::Text(text) => Owned::Text(text.into()),
            Value::Bool(so) => Owned::Bool(so),
            Value::Int(number) => Owned::Int(number),
            Value::Double(number) => Owned::Double(number),
        };
        let mut known = self.attributes.iter_mut();
        match known.find(|(key, _)| **key == *attribute.key) {
            Some((_, old)) => *old = value,
            None => self.attributes.push((attribute.key.into(), value)),
        }
        self
    }

    /// This resource as whoever deployed it says: what the environment names takes the place of what was set.
    ///
    /// `read` looks a variable up: `|name| std::env::var(name).ok()`. The variables are those of the
    /// OpenTelemetry specification: `OTEL_RESOURCE_ATTRIBUTES`, with values in percent encoding, and
    /// `OTEL_SERVICE_NAME`, which goes before the former. A list that cannot be read is ignored as a whole.
    ///
    /// ```
    /// use gofarm_otel::attribute::Value;
    /// use gofarm_otel::resource::Resource;
    ///
    /// let resource = Resource::new("gateway").environment(|name| match name {
    ///     "OTEL_RESOURCE_ATTRIBUTES" => Some("service.name=a,gofarm.zone=north%20field".to_owned()),
    ///     "OTEL_SERVICE_NAME" => Some("planner".to_owned()),
    ///     _ => None,
    /// });
    /// assert_eq!(resource.get("service.name"), Some(Value::Text("planner")));
    /// assert_eq!(resource.get("gofarm.zone"), Some(Value::Text("north field")));
    /// ```
    #[must_use]
    pub fn environment(self, read: impl Fn(&str) -> Option<String>) -> Self {
        let listed = read("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
        let members = listed.split(',').filter(|member| !member.trim().is_empty());
        let pairs: Option<Vec<_>> = members.map(pair).collect();
        let mut resource = self;
        for (key, value) in pairs.unwrap_or_default() {
            resource = resource.text(key, &value);
        }
        match read("OTEL_SERVICE_NAME") {
            Some(service) if !service.is_empty() => resource.text("service.name", &service),
            _ => resource,
        }
    }

    /// The value of an attribute.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value<'_>> {
        self.attributes()
            .find(|attribute| attribute.key == key)
            .map(|attribute| attribute.value)
    }

    /// All attributes, in the order in which they were first set.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute<'_>> {
        self.attributes.iter().map(|(key, value)| Attribute {
            key,
            value: match value {
                Owned::Text(text) => Value::Text(text),
                Owned::Bool(so) => Value::Bool(*so),
                Owned::Int(number) => Value::Int(*number),
                Owned::Double(number) => Value::Double(*number),
            },
        })
    }

    /// The message `opentelemetry.proto.resource.v1.Resource`.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut buf = Vec::new();
        let mut message = Message::new(&mut buf);
        for attribute in self.attributes() {
            protobuf::attribute(&mut message, 1, &attribute);
        }
        buf
    }

    fn text(self, key: &str, value: &str) -> Self {
        self.attribute(Attribute::text(key, value))
    }
}

/// `key=value`, the value in percent encoding.
fn pair(member: &str) -> Option<(&str, String)> {
    let (key, value) = member.split_once('=')?;
    let mut bytes = Vec::new();
    let mut rest = value.trim().bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => digit(rest.next()?)? << 4 | digit(rest.next()?)?,
            _ => byte,
        });
    }
    let key = Some(key.trim()).filter(|key| !key.is_empty())?;
    Some((key, String::from_utf8(bytes).ok()?))
}

fn digit(byte: u8) -> Option<u8> {
    u8::try_from(char::from(byte).to_digit(16)?).ok()
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::any_value::Value as Decoded;
    use opentelemetry_proto::tonic::resource::v1::Resource as Message;
    use prost::Message as _;

    use super::*;

    #[test]
    fn what_was_set_last_is_what_a_receiver_reads() {
        let resource = Resource::new("first")
            .version("0.1.0")
            .instance("a")
            .device("gw-7")
            .attribute(Attribute::bool("dry", true))
            .attribute(Attribute::double("area", 2.5))
            .text("service.name", "second");
        let message = Message::decode(&*resource.encode()).unwrap_or_default();
        let read = |key: &str| {
            let of_key: Vec<_> = message.attributes.iter().filter(|a| a.key == key).collect();
            assert_eq!(of_key.len(), 1, "{key}");
            of_key.first().and_then(|a| a.value.clone()?.value)
        };
        assert_eq!(
            read("service.name"),
            Some(Decoded::StringValue("second".to_owned()))
        );
        assert_eq!(
            read("device.id"),
            Some(Decoded::StringValue("gw-7".to_owned()))
        );
        assert_eq!(read("dry"), Some(Decoded::BoolValue(true)));
        assert_eq!(read("area"), Some(Decoded::DoubleValue(2.5)));
        assert_eq!(message.attributes.len(), resource.attributes().count());
    }

    #[test]
    fn a_list_of_the_environment_that_cannot_be_read_is_ignored_as_a_whole() {
        let named = |list: &'static str| {
            let resource = Resource::new("gateway")
                .environment(|name| (name == "OTEL_RESOURCE_ATTRIBUTES").then(|| list.into()));
            resource.attributes().count() - Resource::new("gateway").attributes().count()
        };
        let rows = [
            ("", 0),
            (" , ", 0),
            ("a=1, b = 2 ,", 2),
            ("a=%e2%82%ac", 1),
            ("a=,b=1=2", 2),
            ("a=1,b", 0),
            ("a=1,=2", 0),
            ("a=1,b=%2", 0),
            ("a=1,b=%zz", 0),
            ("a=1,b=%ff", 0),
        ];
        for (list, count) in rows {
            assert_eq!(named(list), count, "{list}");
        }
    }
}
