use gofarm_core::Device;

#[derive(Device)]
#[device(model = "a", version = 1)]
struct Probe {
    #[prop(stale = "30 minutes")]
    a: f32,
    #[prop(stuck = "0s")]
    b: f32,
    #[prop(max_rate = "0.05 per min")]
    c: f32,
    #[prop(stale = 30)]
    d: f32,
    #[prop(max_rate = "0.000000000000000000000000000000000000000000000000001/s")]
    e: f32,
}

fn main() {}
