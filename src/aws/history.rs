//! The history of the AWS CLI: with `cli_history = enabled` it would write the code and the session to a database.
//!
//! No variable turns the history off, and versions before 1.44.38 and 2.33.21 fail if they can't open the database. They
//! are given one that takes no records, since a view has the name of the table.

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::FileExt;

use super::ConfigFiles;
use crate::folder::Folder;
use crate::run::Run;

/// The database that `sqlite3` writes for `PRAGMA page_size = 512; CREATE VIEW records AS SELECT 1`, with one change: the
/// write version at offset 18 is 3, which makes the database read-only, so no other files are made next to it. The AWS CLI
/// makes the table only if the name isn't in use, and ignores a record that can't be inserted.
const DATABASE: &[u8; 512] = include_bytes!("history.db");

const NAME: &str = "history.db";

/// A path that can't be opened as a database; newer versions only warn.
const NO_DATABASE: &str = "/";

/// Returns the path for the AWS CLI's database. The database is written only if a profile turns the history on.
pub fn file(run: &Run) -> OsString {
    let files = ConfigFiles::read(run);
    let folder = run.folder().filter(|_| files.keep_history());
    let path = folder.and_then(|folder| write_in(folder).ok().map(|()| folder.path(NAME)));
    path.map_or_else(|| NO_DATABASE.into(), OsString::from)
}

/// Writes the database, unless it exists. The `aws` of another run may be reading it and must never find it empty, because
/// it would then make the table.
fn write_in(folder: &Folder) -> io::Result<()> {
    let file = folder.open_file(NAME)?;
    let length = u64::try_from(DATABASE.len()).map_err(io::Error::other)?;
    if file.metadata()?.len() == length {
        return Ok(());
    }
    file.write_all_at(DATABASE, 0)?;
    file.set_len(length)
}
