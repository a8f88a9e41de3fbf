//! Places jobs on this machine and on two that it makes up, for a few seconds: `cargo run --bin dispatch`.

#[cfg(target_os = "linux")]
#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "a person runs it")]
async fn main() -> Result<(), Box<dyn core::error::Error>> {
    use gofarm_examples::dispatch::{Answer, Dispatcher, elsewhere, run};
    use gofarm_sched::driver::TokioClock;
    use gofarm_sched::node::Node;
    use gofarm_sched::resource::Resources;
    use tokio::sync::mpsc;

    let office = Node::new("office", Resources::new(2_000, 4 << 30)).zone("yard");
    let mut dispatcher = Dispatcher::new(office, "/proc")?;
    for machine in elsewhere::machines() {
        dispatcher.add(machine);
    }
    let (messages, inbox) = mpsc::channel(64);
    let (answers, outbox) = mpsc::unbounded_channel();
    let farm = elsewhere::play(20, messages, outbox, |answer| match answer {
        Answer::Start { job, why, .. } => println!("job {job:2} -> {why}"),
        Answer::Refused { job, why } => println!("job {job:2} refused: {why}"),
        _ => {}
    });
    let stop = async {
        // Without signals it runs to its end.
        if tokio::signal::ctrl_c().await.is_err() {
            core::future::pending::<()>().await;
        }
    };
    let (dispatcher, ()) = tokio::join!(
        run(dispatcher, TokioClock::new(), inbox, answers, stop),
        farm
    );
    println!("{:?}", dispatcher.counts());
    Ok(())
}

/// Only Linux tells its load in `/proc`.
#[cfg(not(target_os = "linux"))]
fn main() {}
