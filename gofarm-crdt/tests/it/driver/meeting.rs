//! Two replicas over a channel, with time standing still between the steps.

use std::sync::mpsc;

use gofarm_core::time::{hours, millis, minutes, secs};
use gofarm_crdt::driver::handle::HandleError;
use gofarm_crdt::ledger::Ledger;
use gofarm_crdt::store::fault::{Cut, FaultyStore};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::lossy::{Cable, Lossy};
use super::*;

/// Keeps tokio from skipping time while a replica's thread works: it does not while a blocking task runs.
struct Still {
    _release: mpsc::Sender<()>,
}

fn hold_time() -> Still {
    let (release, released) = mpsc::channel();
    tokio::task::spawn_blocking(move || released.recv());
    Still { _release: release }
}

/// Two nodes and the tasks between them.
struct Pair {
    time: Time,
    nodes: [Node<Time>; 2],
    tasks: Vec<JoinHandle<()>>,
    stops: Vec<oneshot::Sender<()>>,
    notices: UnboundedReceiver<Notice>,
    tell: UnboundedSender<Notice>,
    sessions: u32,
    _still: Still,
}

impl Pair {
    fn new() -> Self {
        let time = Time::new();
        let (tell, notices) = unbounded_channel();
        Self {
            nodes: [1, 2].map(|id| Node::new(id, time.clone())),
            time,
            tasks: Vec::new(),
            stops: Vec::new(),
            notices,
            tell,
            sessions: 0,
            _still: hold_time(),
        }
    }

    fn connect<X: Transport + 'static>(&mut self, ends: [X; 2], limits: Limits) {
        for (at, end) in ends.into_iter().enumerate() {
            self.sessions += 1;
            let (node, peer) = (&self.nodes[at], self.nodes[1 - at].id);
            let session = node.session(peer, limits, self.sessions);
            let (stop, stopped) = oneshot::channel::<()>();
            let tell = self.tell.clone();
            let (owner, clock) = (node.owner.clone(), node.clock.clone());
            self.stops.push(stop);
            self.tasks.push(tokio::spawn(async move {
                let until = async { stopped.await.unwrap_or(()) };
                let notice = move |notice| tell.send(notice).unwrap_or(());
                // A channel whose other end was dropped is no news here.
                run(owner, session, end, clock, until, notice).await.ok();
            }));
        }
    }

    /// Lets everything that is ready happen, at one moment.
    async fn settle(&self) {
        for _ in 0..20 {
            for node in &self.nodes {
                node.owner.read(|_| ()).await.unwrap();
            }
            tokio::task::yield_now().await;
        }
    }

    async fn pass(&self, time: Duration) {
        self.time.0.advance(time);
        tokio::time::advance(time).await;
        self.settle().await;
    }

    /// Lets time pass in steps until both are the same and hold `litres`.
    async fn meet(&self, litres: u64, step: Duration, within: Duration) {
        let start = self.time.now();
        loop {
            let views = [self.nodes[0].view().await, self.nodes[1].view().await];
            if views[0] == views[1] && views[0].litres == litres {
                return;
            }
            let waited = self.time.now().saturating_since(start);
            let litres = views.map(|view| view.litres);
            assert!(waited < within, "apart after {waited:?}: {litres:?}");
            self.pass(step).await;
        }
    }

    /// Lets time pass until both sessions say that they are synced.
    async fn sync(&mut self) {
        let mut missing = 2;
        for _ in 0..10_000 {
            while let Ok(notice) = self.notices.try_recv() {
                missing -= i32::from(notice == Notice::Session(Event::Synced));
            }
            if missing <= 0 {
                return;
            }
            self.pass(millis(10)).await;
        }
        panic!("not synced");
    }
}

#[tokio::test(start_paused = true)]
async fn a_committed_write_is_sent_at_once() {
    let mut pair = Pair::new();
    pair.connect(channel::pair(128).into(), Limits::mqtt());
    pair.sync().await;
    let before = pair.time.now();
    pair.nodes[0].write(1, 7).await;
    for _ in 0..100_000 {
        if pair.nodes[1].litres().await == 1 {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(pair.nodes[1].view().await.soil, [(1, 7)]);
    assert_eq!(pair.time.now(), before, "no timer was needed");
}

#[tokio::test(start_paused = true)]
async fn seventy_two_hours_apart_then_everything_is_there() {
    let mut pair = Pair::new();
    let cable = Arc::new(Cable::default());
    let (one, two) = channel::pair(128);
    let ends = [(one, 1), (two, 2)].map(|(end, seed)| Lossy::new(end, 0, seed, &cable));
    pair.connect(ends, Limits::mqtt());
    pair.sync().await;
    cable.cut(true);
    let before = cable.frames();
    for n in 0..720 {
        pair.nodes[0].write(n, 1).await;
        pair.nodes[1].write(n / 2, 2).await;
        pair.pass(minutes(6)).await;
    }
    let tries = cable.frames() - before;
    assert!(tries < 12_000, "{tries} frames into a dead link");
    cable.cut(false);
    pair.meet(1_440, secs(1), minutes(30)).await;
}

#[tokio::test(start_paused = true)]
async fn a_window_of_frames_that_was_lost_holds_up_the_link_for_seconds() {
    let mut pair = Pair::new();
    let cable = Arc::new(Cable::default());
    let (one, two) = channel::pair(128);
    let ends = [(one, 1), (two, 2)].map(|(end, seed)| Lossy::new(end, 0, seed, &cable));
    pair.connect(ends, Limits::mqtt());
    pair.sync().await;
    cable.cut(true);
    for n in 0..200 {
        pair.nodes[0].write(n, 1).await;
        pair.nodes[1].write(n, 2).await;
        pair.pass(millis(5)).await;
    }
    cable.cut(false);
    pair.meet(400, millis(100), secs(20)).await;
}

#[tokio::test(start_paused = true)]
async fn a_lossy_link_loses_no_write() {
    for seed in 0..4 {
        let mut pair = Pair::new();
        let cable = Arc::new(Cable::default());
        let (one, two) = channel::pair(16);
        let ends = [(one, 1), (two, 2)].map(|(end, at)| Lossy::new(end, 30, 2 * seed + at, &cable));
        pair.connect(ends, Limits::lan());
        for n in 0..300 {
            pair.nodes[0].write(n, 1).await;
            pair.nodes[1].write(n, 2).await;
            if n % 10 == 0 {
                pair.pass(millis(20)).await;
            }
        }
        pair.meet(600, millis(50), hours(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn tasks_that_are_cancelled_at_any_moment_lose_no_write() {
    let mut pair = Pair::new();
    let mut random = SplitMix64::new(1);
    for n in 0..200_u32 {
        pair.connect(channel::pair(128).into(), Limits::lan());
        pair.nodes[0].write(n, 1).await;
        pair.nodes[1].write(n, 2).await;
        for _ in 0..random.below(40) {
            tokio::task::yield_now().await;
        }
        if random.below(4) == 0 {
            pair.pass(millis(5)).await;
        }
        for task in pair.tasks.drain(..) {
            task.abort();
            task.await.unwrap_or(());
        }
        pair.stops.clear();
    }
    pair.connect(channel::pair(128).into(), Limits::lan());
    pair.meet(400, millis(10), minutes(10)).await;
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_stopped_has_taken_what_arrived() {
    let mut pair = Pair::new();
    pair.connect(channel::pair(128).into(), Limits::mqtt());
    pair.sync().await;
    // The thread of the receiver is held, so that frames wait when the stop comes.
    let (release, released) = mpsc::channel::<()>();
    let (entered, is_inside) = oneshot::channel();
    let owner = pair.nodes[1].owner.clone();
    let held = tokio::spawn(async move {
        let read = owner.read(move |_| {
            entered.send(()).unwrap();
            released.recv().unwrap();
        });
        read.await.unwrap();
    });
    is_inside.await.unwrap();
    pair.nodes[0].write(1, 7).await;
    for _ in 0..200 {
        pair.nodes[0].owner.read(|_| ()).await.unwrap();
        tokio::task::yield_now().await;
    }
    pair.stops.pop().unwrap().send(()).unwrap();
    release.send(()).unwrap();
    held.await.unwrap();
    pair.tasks.pop().unwrap().await.unwrap();
    assert_eq!(pair.nodes[1].view().await.soil, [(1, 7)]);
}

#[tokio::test(start_paused = true)]
async fn frames_that_wait_are_merged_in_one_commit() {
    let mut pair = Pair::new();
    for n in 0..2_000 {
        pair.nodes[0].write(n, n).await;
    }
    let revision = |node: &Node<Time>| {
        let owner = node.owner.clone();
        async move { owner.read(Ledger::revision).await.unwrap() }
    };
    let before = revision(&pair.nodes[1]).await;
    let cable = Arc::new(Cable::default());
    let (one, two) = channel::pair(256);
    let ends = [(one, 1), (two, 2)].map(|(end, at)| Lossy::new(end, 0, at, &cable));
    pair.connect(ends, Limits::lan().with_max_frame(200));
    pair.meet(2_000, millis(5), minutes(1)).await;
    let commits = revision(&pair.nodes[1]).await - before;
    let frames = cable.frames();
    assert!(
        frames > 150 && commits * 2 < frames,
        "{commits} commits for {frames} frames"
    );
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_fails_ends_the_task_with_the_error() {
    let _still = hold_time();
    let time = Time::new();
    let sender = Node::new(1, time.clone());
    sender.write(1, 7).await;
    let mut store = FaultyStore::new(MemoryStore::new(ReplicaId::new(2), 7));
    store.cut_at(1, Cut::Before);
    let replica = Replica::open(store, time.at()).unwrap();
    let owner = Owner::start(replica).unwrap();
    let (one, two) = channel::pair(128);
    let limits = Limits::lan();
    tokio::spawn(run(
        sender.owner.clone(),
        sender.session(ReplicaId::new(2), limits, 1),
        one,
        time.clone(),
        core::future::pending(),
        |_| (),
    ));
    let session = sender.session(ReplicaId::new(1), limits, 2);
    let running = run(
        owner,
        session,
        two,
        time.clone(),
        core::future::pending(),
        |_| (),
    );
    let mut running = tokio::spawn(running);
    for _ in 0..10_000 {
        tokio::select! {
            biased;
            ended = &mut running => {
                let error = ended.unwrap().unwrap_err();
                assert!(matches!(error, RunError::Replica(HandleError::Commit(_))), "{error}");
                return;
            }
            () = async {
                sender.owner.read(|_| ()).await.unwrap();
                time.0.advance(millis(5));
                tokio::time::advance(millis(5)).await;
            } => {}
        }
    }
    panic!("the task did not end");
}
