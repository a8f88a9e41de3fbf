//! The contracts of the example's devices in every format that gofarm-core writes.

use gofarm_core::Device;
use gofarm_core::contract::{Descriptor, Dialect, OpenApiVersion};

use super::arguments::{DeviceName, Format};
use super::contract::{SoilProbe, Valve};

/// The id of the described device; a real one has its own.
const ID: &str = "urn:dev:mac:0024befffe804ff1";

/// The contract of `device` in `format`, as one line of JSON.
#[must_use]
pub fn describe(device: DeviceName, format: Format) -> String {
    let descriptor: &Descriptor = match device {
        DeviceName::Probe => SoilProbe::DESCRIPTOR,
        DeviceName::Valve => Valve::DESCRIPTOR,
    };
    match format {
        Format::JsonSchema => descriptor.json_schema(Dialect::Draft202012).to_string(),
        Format::Td => descriptor.thing_description(ID).to_string(),
        Format::Tm => descriptor.thing_model().to_string(),
        Format::Openapi => descriptor.open_api(OpenApiVersion::V3_1).to_string(),
        Format::All => {
            let member = |name, format| format!("\"{name}\":{}", describe(device, format));
            let members = [
                member("json_schema", Format::JsonSchema),
                member("thing_description", Format::Td),
                member("thing_model", Format::Tm),
                member("openapi", Format::Openapi),
            ];
            format!("{{{}}}", members.join(","))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_json_with_the_limits_of_the_contract() {
        for device in [DeviceName::Probe, DeviceName::Valve] {
            for format in [
                Format::JsonSchema,
                Format::Td,
                Format::Tm,
                Format::Openapi,
                Format::All,
            ] {
                let text = describe(device, format);
                let value: serde_json::Value = serde_json::from_str(&text).unwrap();
                assert!(value.is_object(), "{format:?}");
                let limit = match device {
                    DeviceName::Probe => "\"maximum\":0.6",
                    DeviceName::Valve => "\"maximum\":40",
                };
                assert!(text.contains(limit), "{format:?}: {text}");
            }
        }
    }
}
