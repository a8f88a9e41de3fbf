//! The skeleton of a gateway service, to copy: field nodes over MQTT, a store on disk, settings that change while it
//! runs, HTTP for people and probes, telemetry, and an end in good order.
//!
//! This file is the service. What it decides is in `zone`, how settings are read and kept in `config_reload`.
//!
//! ```console
//! $ mosquitto -p 1883 &
//! $ cargo run --release --bin gateway -- --broker 127.0.0.1:1883 --node 100 --store gateway
//! $ curl 127.0.0.1:8080/zones              # and /livez, /readyz?verbose, /metrics
//! $ curl -X PUT 127.0.0.1:8080/settings -d 'start_at = 0.7'
//! ```
#![expect(clippy::print_stdout, reason = "for its operator")]

extern crate alloc;

use alloc::sync::Arc;
use core::error::Error;
use core::hash::{BuildHasher, Hasher};
use std::{hash::RandomState, process::ExitCode};

use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use axum::{Router, routing::get, routing::put};
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::{hot::Hot, link::LinkState, time::secs};
use gofarm_crdt::driver::{handle::Handle, mqtt, run::run};
use gofarm_crdt::sync::{Limits, PeerIdentity, Session};
use gofarm_crdt::{Replica, dot::ReplicaId, ledger::Ledger, store::RedbStore};
use gofarm_examples::config_reload::{Loader, Rule, Settings};
use gofarm_examples::gateway::{Arguments, Stop, end_asked};
use gofarm_examples::zone::{self, Zone};
use gofarm_examples::{clocks::Clocks, command_line, instruments};
use gofarm_otel::sampler::{Percent, Sampler};
use gofarm_otel::telemetry::{Telemetry, mebibytes};
use gofarm_otel::{prometheus, resource::Resource};
use gofarm_resilience::policy::health::{HealthConfig, Registry};
use gofarm_resilience::{Outcome, health_service::Health};
use tokio::{net::TcpListener, sync::Notify, task::JoinSet, time::timeout};

type Failure = Box<dyn Error + Send + Sync>;

/// What requests and tasks share.
#[derive(Clone)]
struct Gateway {
    replica: Handle<Replica<RedbStore>>,
    zones: Arc<[(u64, gofarm_crdt::Handle<Zone>)]>,
    settings: Arc<(Loader, Hot<Settings, Rule>)>,
    reloaded: Arc<Notify>,
    telemetry: Arc<Telemetry>,
    clocks: Clocks,
}

#[tokio::main]
async fn main() -> ExitCode {
    command_line::end::<Arguments>(serve(command_line::read()).await)
}

async fn serve(arguments: Arguments) -> Result<(), Failure> {
    let (folder, own) = (&arguments.store, ReplicaId::new(arguments.replica));
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let name = format!("gateway-{own}");
    let mut builder = Telemetry::builder("irrigation-gateway")
        .device(&name)
        .instruments(&zone::INSTRUMENTS)
        .instruments(&instruments::all().concat());
    if let Some(url) = &arguments.otlp {
        builder = builder
            .sampler(Sampler::device_hash(10.percent()).escalate_on_error())
            .otlp(url)
            .spool(folder.join("telemetry"), mebibytes(64));
    }
    let telemetry = Arc::new(builder.start()?);
    let loader = Loader::new(name.parse()?, folder);
    let (settings, _) = loader.start(&mut None)?;

    let clocks = Clocks::new();
    let store = RedbStore::open_or_create(folder.join("state.redb"), own)?;
    let mut replica = Replica::open(store, clocks.read())?;
    replica.set_observer(telemetry.observer());
    let mut zones = Vec::new();
    for &node in &arguments.nodes {
        zones.push((node, replica.register(&zone::name(node))?));
    }
    let gateway = Gateway {
        replica: Handle::start(replica)?,
        zones: zones.into(),
        settings: Arc::new((loader, settings)),
        reloaded: Arc::default(),
        telemetry,
        clocks,
    };
    let observer = gateway.telemetry.observer();
    let (host, port) = &arguments.broker;
    let (client, pump) = mqtt::client(mqtt::Config::new(host, *port, "farm", own)?);
    let app = router(&gateway, client.clone())?;
    let listener = TcpListener::bind(arguments.listen).await;
    let listener = listener.map_err(|error| format!("{}: {error}", arguments.listen))?;
    let (stop, asked) = (Stop::new(), end_asked()?); // from here on it ends in good order
    println!("gateway: http://{}", listener.local_addr()?);

    let mut random = SplitMix64::new(RandomState::new().build_hasher().finish());
    let mut tasks: JoinSet<Result<(), Failure>> = JoinSet::new();
    for &node in &arguments.nodes {
        let peer = ReplicaId::new(node);
        let number = u32::try_from(random.next_u64() >> 32)?;
        let session = Session::new(PeerIdentity::own_only(peer), Limits::mqtt(), number);
        let (held, link, until) = (gateway.replica.clone(), client.peer(peer)?, stop.told());
        tasks.spawn(async move { Ok(run(held, session, link, clocks, until, |_| ()).await?) });
    }
    let (pump, until) = (pump.with_observer(observer), stop.told());
    tasks.spawn(async move {
        pump.run(clocks, random, until).await;
        Ok(())
    });
    let http = axum::serve(listener, app).with_graceful_shutdown(stop.told());
    tasks.spawn(async move { Ok(http.await?) });
    tasks.spawn(gateway.clone().decide(stop.told()));

    let ended = tokio::select! {
        () = asked => Ok(()),
        Some(task) = tasks.join_next() => task?, // by itself none ends but by a failure
    };
    stop.tell();
    let all = async { while tasks.join_next().await.is_some() {} };
    let _ = timeout(secs(2), all).await; // who still talks then is cut off
    drop(gateway.replica.stop().await); // what waits is committed, and the file closed
    gateway.telemetry.flush(secs(1)).await;
    ended
}

fn router(gateway: &Gateway, broker: mqtt::Client) -> Result<Router, Failure> {
    let components = Registry::builder()
        .component("store", HealthConfig::required())
        .component("broker", HealthConfig::optional().down_after(1)); // it works without
    let store = gateway.replica.clone();
    let health = Health::new(Arc::new(components.build_shared()?))
        .observe(gateway.telemetry.observer())
        .check("store", move || {
            let store = store.clone();
            async move { Outcome::of(&store.read(|_| ()).await) }
        })?
        .check("broker", move || {
            let is_up = broker.status().state() == LinkState::Connected;
            let outcome = is_up.then_some(Outcome::Success);
            core::future::ready(outcome.unwrap_or(Outcome::Failure))
        })?;
    Ok(Router::new()
        .route("/zones", get(zones))
        .route("/settings", put(settings))
        .layer(gateway.telemetry.server_layer())
        .route("/metrics", get(metrics))
        .route_service("/livez", health.http())
        .route_service("/readyz", health.http())
        .with_state(gateway.clone()))
}

impl Gateway {
    /// Judges all zones whenever something was committed, whoever wrote it, and when the settings are others.
    async fn decide(self, stopped: impl Future<Output = ()>) -> Result<(), Failure> {
        let mut commits = self.replica.commits();
        let mut stopped = core::pin::pin!(stopped);
        loop {
            let (here, settings) = (self.clone(), self.settings.1.load());
            let seen = self.replica.read(Ledger::revision).await?;
            let judge = move |replica: &mut _| {
                let (now, observer) = (here.clocks.read(), here.telemetry.registry());
                zone::judge_all(replica, now, &here.zones, &settings, observer);
            };
            self.replica.update(judge).await?;
            tokio::select! {
                () = &mut stopped => return Ok(()),
                _ = commits.other_than(seen) => {}
                () = self.reloaded.notified() => {}
            }
        }
    }
}

async fn zones(State(gateway): State<Gateway>) -> Result<String, StatusCode> {
    let zones = Arc::clone(&gateway.zones);
    let list = move |replica: &_| zone::json(replica, &zones);
    let list = gateway.replica.read(list).await;
    list.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
}

async fn settings(State(gateway): State<Gateway>, text: String) -> (StatusCode, String) {
    let (loader, settings) = &*gateway.settings;
    let reload = || loader.reload(settings, &mut Some(text));
    let reloaded = tokio::task::block_in_place(reload); // it waits for the disk
    gateway.reloaded.notify_one();
    match reloaded {
        Ok(_) => (StatusCode::OK, format!("{:?}\n", *settings.load())),
        Err(error) => (StatusCode::BAD_REQUEST, format!("{error}\n")),
    }
}

async fn metrics(State(gateway): State<Gateway>, request: Request) -> Response<String> {
    let resource = Resource::new("irrigation-gateway");
    prometheus::respond(&request, gateway.telemetry.registry(), &resource)
}
