//! Names in a directory, made durable.

use std::fs::File;
use std::io;
use std::path::Path;

/// Makes the name of a file durable.
pub(super) fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => File::open(parent)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}
