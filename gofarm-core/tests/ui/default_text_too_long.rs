use gofarm_core::Device;
use gofarm_core::text::Text;

#[derive(Device)]
#[device(model = "a", version = 1)]
struct Probe {
    #[prop(default = "too long")]
    label: Option<Text<4>>,
}

fn main() {}
