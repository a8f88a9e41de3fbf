//! Everything that is read from text at run time: an accepted text is written back as it was, nothing panics.
//!
//! UCUM codes are not among it: they are constants of the program.
#![no_main]

use gofarm_core::DeviceId;
use gofarm_core::command::CommandId;
use gofarm_core::quantity::Unit;
use gofarm_core::trace_context::TraceContext;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(context) = text.parse::<TraceContext>() {
        let written = context.to_string();
        assert_eq!(written.parse(), Ok(context));
        assert_eq!(written[2..], text[2..55]);
        assert_eq!(TraceContext::from_bytes(context.to_bytes()), Some(context));
    }
    if let Ok(id) = DeviceId::new(text) {
        assert_eq!(id.as_str(), text);
    }
    if let Ok(id) = text.parse::<CommandId>() {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
    let _ = Unit::from_senml(text);
});
