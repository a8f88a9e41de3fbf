use gofarm_core::Action;

#[derive(Action)]
#[action(max_run = "30min")]
struct NoSafeState;

#[derive(Action)]
#[action(safe = "closed", closes, max_run = "30min")]
struct ClosingRun;

#[derive(Action)]
#[action(on_link_loss = "close")]
struct NoRun;

#[derive(Action)]
#[action(safe = "closed", max_run = "half an hour", on_link_loss = "stop")]
struct Malformed;

#[derive(Action)]
struct Input {
    #[prop(stale = "30min", config)]
    opening: u8,
}

fn main() {}
