//! Public behaviour of gofarm-otel, a file per subject.

mod semantic;
