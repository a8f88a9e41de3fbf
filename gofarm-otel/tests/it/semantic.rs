//! The names are those of the published conventions.

use gofarm_otel::semantic::{self, database, http, messaging, network, rpc};
use opentelemetry_semantic_conventions::{attribute, metric};

#[test]
fn every_name_is_in_the_published_conventions() {
    let rows = [
        (semantic::ERROR_TYPE, attribute::ERROR_TYPE),
        (http::REQUEST_METHOD, attribute::HTTP_REQUEST_METHOD),
        (
            http::REQUEST_METHOD_ORIGINAL,
            attribute::HTTP_REQUEST_METHOD_ORIGINAL,
        ),
        (
            http::RESPONSE_STATUS_CODE,
            attribute::HTTP_RESPONSE_STATUS_CODE,
        ),
        (http::ROUTE, attribute::HTTP_ROUTE),
        (
            http::SERVER_REQUEST_DURATION,
            metric::HTTP_SERVER_REQUEST_DURATION,
        ),
        (
            http::SERVER_ACTIVE_REQUESTS,
            metric::HTTP_SERVER_ACTIVE_REQUESTS,
        ),
        (
            http::CLIENT_REQUEST_DURATION,
            metric::HTTP_CLIENT_REQUEST_DURATION,
        ),
        (http::URL_FULL, attribute::URL_FULL),
        (http::URL_PATH, attribute::URL_PATH),
        (http::URL_QUERY, attribute::URL_QUERY),
        (http::URL_SCHEME, attribute::URL_SCHEME),
        (http::URL_TEMPLATE, attribute::URL_TEMPLATE),
        (http::USER_AGENT_ORIGINAL, attribute::USER_AGENT_ORIGINAL),
        (network::CLIENT_ADDRESS, attribute::CLIENT_ADDRESS),
        (network::SERVER_ADDRESS, attribute::SERVER_ADDRESS),
        (network::SERVER_PORT, attribute::SERVER_PORT),
        (network::PEER_ADDRESS, attribute::NETWORK_PEER_ADDRESS),
        (network::PEER_PORT, attribute::NETWORK_PEER_PORT),
        (network::PROTOCOL_NAME, attribute::NETWORK_PROTOCOL_NAME),
        (
            network::PROTOCOL_VERSION,
            attribute::NETWORK_PROTOCOL_VERSION,
        ),
        (rpc::SYSTEM_NAME, attribute::RPC_SYSTEM_NAME),
        (rpc::METHOD, attribute::RPC_METHOD),
        (rpc::METHOD_ORIGINAL, attribute::RPC_METHOD_ORIGINAL),
        (
            rpc::RESPONSE_STATUS_CODE,
            attribute::RPC_RESPONSE_STATUS_CODE,
        ),
        (rpc::SERVER_CALL_DURATION, metric::RPC_SERVER_CALL_DURATION),
        (rpc::CLIENT_CALL_DURATION, metric::RPC_CLIENT_CALL_DURATION),
        (database::SYSTEM_NAME, attribute::DB_SYSTEM_NAME),
        (database::NAMESPACE, attribute::DB_NAMESPACE),
        (database::COLLECTION_NAME, attribute::DB_COLLECTION_NAME),
        (database::OPERATION_NAME, attribute::DB_OPERATION_NAME),
        (
            database::OPERATION_BATCH_SIZE,
            attribute::DB_OPERATION_BATCH_SIZE,
        ),
        (database::QUERY_SUMMARY, attribute::DB_QUERY_SUMMARY),
        (database::QUERY_TEXT, attribute::DB_QUERY_TEXT),
        (
            database::RESPONSE_STATUS_CODE,
            attribute::DB_RESPONSE_STATUS_CODE,
        ),
        (
            database::RESPONSE_RETURNED_ROWS,
            attribute::DB_RESPONSE_RETURNED_ROWS,
        ),
        (
            database::CLIENT_OPERATION_DURATION,
            metric::DB_CLIENT_OPERATION_DURATION,
        ),
        (messaging::SYSTEM, attribute::MESSAGING_SYSTEM),
        (
            messaging::DESTINATION_NAME,
            attribute::MESSAGING_DESTINATION_NAME,
        ),
        (
            messaging::DESTINATION_TEMPLATE,
            attribute::MESSAGING_DESTINATION_TEMPLATE,
        ),
        (
            messaging::OPERATION_NAME,
            attribute::MESSAGING_OPERATION_NAME,
        ),
        (
            messaging::OPERATION_TYPE,
            attribute::MESSAGING_OPERATION_TYPE,
        ),
        (messaging::MESSAGE_ID, attribute::MESSAGING_MESSAGE_ID),
        (
            messaging::MESSAGE_BODY_SIZE,
            attribute::MESSAGING_MESSAGE_BODY_SIZE,
        ),
        (
            messaging::BATCH_MESSAGE_COUNT,
            attribute::MESSAGING_BATCH_MESSAGE_COUNT,
        ),
        (messaging::CLIENT_ID, attribute::MESSAGING_CLIENT_ID),
        (
            messaging::CLIENT_OPERATION_DURATION,
            metric::MESSAGING_CLIENT_OPERATION_DURATION,
        ),
        (
            messaging::PROCESS_DURATION,
            metric::MESSAGING_PROCESS_DURATION,
        ),
    ];
    for (ours, published) in rows {
        assert_eq!(ours, published);
    }
}
