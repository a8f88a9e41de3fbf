"""An OTLP receiver on the official definitions: `receiver.py SEEN HTTP_PORT GRPC_PORT [CERTIFICATE KEY]`.

Takes traces, metrics and logs over HTTP and gRPC, with a certificate over TLS. The id of each span that was taken goes
to the file SEEN as one line of hex digits before the request is answered. A port of 0 is any; the first line of output
is `listening HTTP_PORT GRPC_PORT`. Each line of input sets what happens to the requests from then on:

    ok              taken
    status N        HTTP: refused with status N; gRPC: with code N
    retry N         HTTP: 503 with `Retry-After: N`; gRPC: resource exhausted with a RetryInfo of N seconds
    partial N       the first N spans of each request are rejected
    delay S         taken, answered after S seconds
    large N         HTTP: 413 for a request of more than N bytes; gRPC: what grpc-go says of one
    die             the process ends when half of the next HTTP request was read, or when a gRPC request was taken
    close           HTTP: taken, and the connection closed after the answer

It is strict: a path, a content type, a message or a field that is not in the definitions is refused with 400.
"""

import os
import ssl
import sys
import threading
import time
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

seen = open(sys.argv[1], "a", buffering=1)
lock = threading.Lock()
mode = ["ok"]
KINDS = {
    "/v1/traces": (trace_service_pb2.ExportTraceServiceRequest, trace_service_pb2.ExportTraceServiceResponse),
    "/v1/metrics": (metrics_service_pb2.ExportMetricsServiceRequest, metrics_service_pb2.ExportMetricsServiceResponse),
    "/v1/logs": (logs_service_pb2.ExportLogsServiceRequest, logs_service_pb2.ExportLogsServiceResponse),
}


def parsed(kind, body):
    """The request, or None if it is not one."""
    request = kind()
    try:
        request.ParseFromString(body)
    except DecodeError:
        return None
    size = request.ByteSize()
    request.DiscardUnknownFields()
    return request if request.ByteSize() == size else None


def take(request, response):
    """Writes down what is taken, and fills the response."""
    words = mode
    rejected = int(words[1]) if words[0] == "partial" else 0
    spans = [
        span
        for resource in getattr(request, "resource_spans", [])
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert all(len(span.trace_id) == 16 and len(span.span_id) == 8 for span in spans)
    with lock:
        seen.write("".join(span.span_id.hex() + "\n" for span in spans[rejected:]))
    rejected = min(rejected, len(spans))
    if rejected:
        response.partial_success.rejected_spans = rejected
        response.partial_success.error_message = f"{rejected} spans are too many"
    if words[0] == "delay":
        time.sleep(float(words[1]))
    return response


class Http(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        length = int(self.headers["content-length"])
        if mode[0] == "die":
            self.rfile.read(length // 2)
            os._exit(1)
        body = self.rfile.read(length)
        if self.path not in KINDS or self.headers["content-type"] != "application/x-protobuf":
            return self.answer(400, b"\x12\x0bnot OTLP")
        if mode[0] == "status":
            return self.answer(int(mode[1]), b"\x08\x03\x12\x0as a status")
        if mode[0] == "large" and length > int(mode[1]):
            return self.answer(413, b"")
        if mode[0] == "retry":
            return self.answer(503, b"", {"Retry-After": mode[1]})
        request, response = KINDS[self.path]
        request = parsed(request, body)
        if request is None:
            return self.answer(400, b"\x12\x07no OTLP")
        self.close_connection = mode[0] == "close"
        self.answer(200, take(request, response()).SerializeToString())

    def answer(self, status, body, headers={}):
        self.send_response(status)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        try:
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # The client has not waited.

    def log_message(self, *_):
        pass


def varint(n):
    return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)


def field(number, body):
    return varint(number << 3 | 2) + varint(len(body)) + body


def export(path):
    kind, answer = KINDS[path]

    def handle(body, context):
        if mode[0] == "status":
            code = next(code for code in grpc.StatusCode if code.value[0] == int(mode[1]))
            context.abort(code, "as a status")
        if mode[0] == "large" and len(body) > int(mode[1]):
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "grpc: received message larger than max")
        if mode[0] == "retry":
            info = field(1, b"\x08" + varint(int(mode[1])))
            detail = field(1, b"type.googleapis.com/google.rpc.RetryInfo") + field(2, info)
            context.set_trailing_metadata([("grpc-status-details-bin", b"\x08\x08" + field(3, detail))])
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "later")
        request = parsed(kind, body)
        if request is None:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "no OTLP")
        response = take(request, answer())
        if mode[0] == "die":
            os._exit(1)
        return response

    return grpc.unary_unary_rpc_method_handler(handle, None, answer.SerializeToString)


def service(name, path):
    return grpc.method_handlers_generic_handler(name, {"Export": export(path)})


def main():
    http = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Http)
    rpc = grpc.server(futures.ThreadPoolExecutor(4))
    rpc.add_generic_rpc_handlers((
        service("opentelemetry.proto.collector.trace.v1.TraceService", "/v1/traces"),
        service("opentelemetry.proto.collector.metrics.v1.MetricsService", "/v1/metrics"),
        service("opentelemetry.proto.collector.logs.v1.LogsService", "/v1/logs"),
    ))
    address = f"127.0.0.1:{sys.argv[3]}"
    if len(sys.argv) > 4:
        certificate, key = (open(path, "rb").read() for path in sys.argv[4:6])
        port = rpc.add_secure_port(address, grpc.ssl_server_credentials([(key, certificate)]))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*sys.argv[4:6])
        http.socket = context.wrap_socket(http.socket, server_side=True)
    else:
        port = rpc.add_insecure_port(address)
    rpc.start()
    threading.Thread(target=http.serve_forever, daemon=True).start()
    print("listening", http.server_address[1], port, flush=True)
    global mode
    for line in sys.stdin:
        mode = line.split()
        print("is", line.strip(), flush=True)
    os._exit(0)


main()
