//! What is too large is cut.

use gofarm_core::time::{hours, millis, secs};
use gofarm_otel::batch::{Batch, Kind};
use gofarm_otel::clock::Moment;
use gofarm_otel::export::{Answer, Exporter, ExporterConfig, Reason};
use gofarm_otel::spool::Limits;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use proptest::prelude::*;
use prost::Message as _;

use super::World;

/// Sends a batch to a receiver that takes at most `most` bytes; gives what that took and what was dropped.
fn pieces(batch: Batch, most: usize) -> (Vec<Batch>, u64) {
    let now = Moment::default();
    let mut exporter = Exporter::new(ExporterConfig::DEFAULT, 7);
    exporter.handle_batch(now, batch);
    let mut taken = Vec::new();
    while let Some(batch) = exporter.poll_transmit(now) {
        if batch.body.len() <= most {
            taken.push((*batch).clone());
            exporter.handle_answer(now, Answer::Accepted);
        } else {
            exporter.handle_answer(now, Answer::TooLarge);
        }
    }
    let tally = exporter.tally();
    assert_eq!(
        tally.created().total(),
        tally.exported().total() + tally.dropped().total()
    );
    (taken, tally.dropped_for(Reason::TooLarge).total())
}

/// Resources with scopes with so many spans each.
fn request(shape: &[Vec<usize>]) -> ExportTraceServiceRequest {
    let mut number = 0_u64;
    let mut span = || {
        number += 1;
        Span {
            span_id: number.to_be_bytes().to_vec(),
            name: "a".repeat(usize::try_from(number % 90).unwrap()),
            ..Span::default()
        }
    };
    let mut scope = |count: usize| ScopeSpans {
        scope: Some(InstrumentationScope {
            name: count.to_string(),
            ..InstrumentationScope::default()
        }),
        spans: (0..count).map(|_| span()).collect(),
        schema_url: "schema".into(),
    };
    let resources = shape.iter().enumerate().map(|(at, scopes)| ResourceSpans {
        resource: Some(Resource {
            attributes: vec![KeyValue {
                key: at.to_string(),
                ..KeyValue::default()
            }],
            ..Resource::default()
        }),
        scope_spans: scopes.iter().map(|count| scope(*count)).collect(),
        schema_url: "of resource".into(),
    });
    ExportTraceServiceRequest {
        resource_spans: resources.collect(),
    }
}

/// Each span with what is said about its resource and scope.
fn told(
    request: &ExportTraceServiceRequest,
) -> Vec<(Resource, String, InstrumentationScope, String, Span)> {
    let mut told = Vec::new();
    for resource in &request.resource_spans {
        for scope in &resource.scope_spans {
            for span in &scope.spans {
                told.push((
                    resource.resource.clone().unwrap(),
                    resource.schema_url.clone(),
                    scope.scope.clone().unwrap(),
                    scope.schema_url.clone(),
                    span.clone(),
                ));
            }
        }
    }
    told
}

proptest! {
    #[test]
    fn pieces_say_what_the_whole_said(
        shape in prop::collection::vec(prop::collection::vec(0_usize..12, 0..4), 1..4),
        most in 60_usize..600,
    ) {
        let whole = request(&shape);
        let all = told(&whole);
        let items = u32::try_from(all.len()).unwrap();
        let (taken, dropped) = pieces(Batch { kind: Kind::Traces, items, body: whole.encode_to_vec() }, most);
        let mut found = Vec::new();
        for piece in taken {
            let request = ExportTraceServiceRequest::decode(&*piece.body).unwrap();
            prop_assert_eq!(told(&request).len(), usize::try_from(piece.items).unwrap());
            found.extend(told(&request));
        }
        prop_assert_eq!(found.len() as u64 + dropped, all.len() as u64);
        let mut rest = all.iter();
        prop_assert!(found.iter().all(|span| rest.any(|other| other == span)), "in order, unchanged");
    }

    #[test]
    fn any_bytes_are_cut_without_panic(body in prop::collection::vec(any::<u8>(), 0..200), items in 0_u32..5) {
        for kind in Kind::ALL {
            let batch = Batch { kind, items, body: body.clone() };
            let (taken, dropped) = pieces(batch, 10);
            let taken: u64 = taken.iter().map(|piece| u64::from(piece.items)).sum();
            prop_assert_eq!(taken + dropped, u64::from(items));
        }
    }
}

#[test]
fn metrics_are_counted_by_their_points() {
    let points = |count: usize| vec![NumberDataPoint::default(); count];
    let metric = |data| Metric {
        name: "water".into(),
        data: Some(data),
        ..Metric::default()
    };
    let metrics = vec![
        metric(Data::Gauge(Gauge {
            data_points: points(5),
        })),
        metric(Data::Sum(Sum {
            data_points: points(2),
            ..Sum::default()
        })),
        metric(Data::Sum(Sum {
            data_points: points(3),
            ..Sum::default()
        })),
    ];
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            scope_metrics: vec![ScopeMetrics {
                metrics,
                ..ScopeMetrics::default()
            }],
            ..ResourceMetrics::default()
        }],
    };
    let body = request.encode_to_vec();
    let most = body.len() - 1;
    let (taken, dropped) = pieces(
        Batch {
            kind: Kind::Metrics,
            items: 10,
            body,
        },
        most,
    );
    assert_eq!(
        taken.iter().map(|piece| piece.items).collect::<Vec<_>>(),
        [5, 5]
    );
    assert_eq!(dropped, 0);
}

#[test]
fn a_batch_larger_than_a_segment_is_kept_in_pieces() {
    let mut world = World::new(
        ExporterConfig::DEFAULT,
        Limits::new(1 << 20).with_segment_bytes(4 << 10),
    );
    world.create(1_000);
    world.down(secs(60));
    assert_eq!(world.exporter.spool_stats().unwrap().held().total(), 1_000);
    world.run(hours(1), millis(1), |_, _| (true, Answer::Accepted));
    assert_eq!(
        (world.tally().exported().total(), world.arrived.distinct()),
        (1_000, 1_000)
    );
}
