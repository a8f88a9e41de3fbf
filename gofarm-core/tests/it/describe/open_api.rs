//! The rules of OpenAPI for components and schema objects, as far as a contract comes near them.

use gofarm_core::contract::{Access, Descriptor, OpenApiVersion};
use serde_json::{Map, Value};

/// The words of the Schema Object of OpenAPI 3.0.3 that a contract may need.
const WORDS_3_0: [&str; 18] = [
    "additionalProperties",
    "default",
    "description",
    "enum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minimum",
    "multipleOf",
    "nullable",
    "properties",
    "readOnly",
    "required",
    "title",
    "type",
];

pub(super) fn assert_is_valid(device: &Descriptor) {
    for version in [OpenApiVersion::V3_0, OpenApiVersion::V3_1] {
        let text = device.open_api(version).to_string();
        let document = super::json(&text);
        let schemas = document["schemas"].as_object().unwrap();
        assert_eq!(schemas.len(), components(device), "{text}");
        for (name, schema) in schemas {
            let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
            assert!(!name.is_empty() && name.chars().all(is_allowed), "{name}");
            match version {
                OpenApiVersion::V3_0 => assert_schema_3_0(schema),
                _ => assert!(jsonschema::draft202012::meta::is_valid(schema), "{schema}"),
            }
        }
    }
}

fn components(device: &Descriptor) -> usize {
    let has_config = device
        .properties()
        .iter()
        .any(|p| p.accessible() == Access::Config);
    let inputs = device
        .actions()
        .iter()
        .filter(|a| !a.inputs().is_empty())
        .count();
    let data = device
        .events()
        .iter()
        .filter(|e| !e.fields().is_empty())
        .count();
    1 + usize::from(has_config) + inputs + data
}

fn assert_schema_3_0(schema: &Value) {
    let members: &Map<String, Value> = schema.as_object().unwrap();
    for word in members.keys() {
        let is_known = WORDS_3_0.contains(&&**word) || word == "writeOnly";
        assert!(is_known || word.starts_with("x-"), "{word} in {schema}");
    }
    let kind = members["type"].as_str().unwrap();
    assert!(["boolean", "integer", "number", "string", "array", "object"].contains(&kind));
    if let Some(names) = members.get("enum") {
        // 3.0.3 clarifies: `nullable` adds no value to an `enum`.
        let is_nullable = members.get("nullable") == Some(&Value::Bool(true));
        let names = names.as_array().unwrap();
        assert_eq!(names.contains(&Value::Null), is_nullable, "{schema}");
    }
    if let Some(required) = members.get("required") {
        assert!(!required.as_array().unwrap().is_empty(), "{schema}");
    }
    assert_eq!(kind == "array", members.contains_key("items"), "{schema}");
    members
        .get("items")
        .iter()
        .for_each(|items| assert_schema_3_0(items));
    for (_, inner) in members
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        assert_schema_3_0(inner);
    }
}
