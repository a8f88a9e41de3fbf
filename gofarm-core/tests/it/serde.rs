//! What crosses a link as text, and that nothing invalid comes in that way.

use gofarm_core::command::{Command, CommandId, Delivery, Outcome};
use gofarm_core::device::DeviceId;
use gofarm_core::error::Kind;
use gofarm_core::quality::{Quality, Suspicion};
use gofarm_core::text::Text;
use gofarm_core::time::{UnixMillis, minutes};
use gofarm_core::trace_context::TraceContext;
use gofarm_core::{Device, Validated};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Device, Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
#[device(model = "probe", version = 1)]
struct Probe {
    #[prop(range = 0.0..=14.0)]
    ph: f32,
}

fn there_and_back<T: Serialize + DeserializeOwned>(value: &T) -> (String, T) {
    let text = serde_json::to_string(value).unwrap();
    let back = serde_json::from_str(&text).unwrap();
    (text, back)
}

#[test]
fn values_have_a_stable_text() {
    let id = DeviceId::new("urn:dev:mac:0024befffe804ff1").unwrap();
    assert_eq!(
        there_and_back(&id),
        ("\"urn:dev:mac:0024befffe804ff1\"".into(), id)
    );
    let wall = UnixMillis::new(1_790_000_000_000);
    assert_eq!(there_and_back(&wall), ("1790000000000".into(), wall));
    let name = Text::<8>::new("north").unwrap();
    assert_eq!(there_and_back(&name), ("\"north\"".into(), name));
    let quality = Quality::Suspect(Suspicion::Rate);
    assert_eq!(
        there_and_back(&quality),
        (r#"{"Suspect":"Rate"}"#.into(), quality)
    );
    assert_eq!(there_and_back(&Kind::TimedOut).0, "\"TimedOut\"");
    assert_eq!(
        there_and_back(&Outcome::Indeterminate).0,
        "\"Indeterminate\""
    );
    let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let trace: TraceContext = header.parse().unwrap();
    assert_eq!(there_and_back(&trace), (format!("\"{header}\""), trace));
}

#[test]
fn a_command_comes_back_as_it_was_sent_and_live() {
    let command = Command::new(CommandId::new([7; 16]), Probe { ph: 6.4 })
        .expires(UnixMillis::new(1_790_000_030_000))
        .lease(minutes(20));
    let (_, back) = there_and_back(&command.delivered(Delivery::Retained));
    assert_eq!(
        back, command,
        "how it was delivered is the transport's to say"
    );
}

#[test]
fn what_breaks_its_contract_does_not_come_in() {
    let valid: Validated<Probe> = serde_json::from_str(r#"{"ph":6.5}"#).unwrap();
    assert_eq!(there_and_back(&valid), (r#"{"ph":6.5}"#.into(), valid));
    let refused = serde_json::from_str::<Validated<Probe>>(r#"{"ph":15}"#).unwrap_err();
    assert!(
        refused.to_string().starts_with("ph: 15 is outside 0..=14"),
        "{refused}"
    );
    assert!(serde_json::from_str::<Text<4>>("\"north\"").is_err());
    assert!(serde_json::from_str::<DeviceId>("\"pump/7\"").is_err());
    assert!(serde_json::from_str::<TraceContext>("\"00-1\"").is_err());
}
