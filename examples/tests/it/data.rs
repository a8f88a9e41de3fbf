//! Where test data lies.

use std::path::{Path, PathBuf};

/// A file of the examples' own data.
pub(crate) fn own(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("data")
        .join(name)
}

/// A file that the project may read but not keep: below `$GOFARM_DATA`, or in `../shared/data` beside the
/// workspace. Where it is absent the test prints its name and is skipped, and with `CI=true` it fails.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn shared(test: &str, name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("GOFARM_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join(name);
    if path.is_file() {
        return Some(path);
    }
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "{test}: {} is missing",
        path.display()
    );
    eprintln!("skipped {test}: {} is missing", path.display());
    None
}
