//! OTLP over sockets.
