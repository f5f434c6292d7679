//! The history of the AWS CLI: with `cli_history = enabled` it would write the code and the session into a database.
//!
//! No variable turns it off, and where the database can't be opened, versions before 1.44.38 and 2.33.21 fail. So they
//! get one that takes no records: a view has the name of the table.

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::FileExt;

use super::ConfigFiles;
use crate::folder::Folder;
use crate::run::Run;

/// What `sqlite3` writes for `PRAGMA page_size = 512; CREATE VIEW records AS SELECT 1`, but that the write version at offset 18
/// is 3, which makes it read-only, without files beside it. The AWS CLI makes the table if there is none of the name, and
/// passes over a record that can't be inserted.
const DATABASE: &[u8; 512] = include_bytes!("history.db");

const NAME: &str = "history.db";

/// What newer versions can't open either, and pass over with a warning.
const NO_DATABASE: &str = "/";

/// Names what the AWS CLI shall take for its database. Nothing is written where no profile has a history.
pub fn file(run: &Run) -> OsString {
    let files = ConfigFiles::read(run);
    let folder = run.folder().filter(|_| files.keep_history());
    let path = folder.and_then(|folder| write_in(folder).ok().map(|()| folder.path(NAME)));
    path.map_or_else(|| NO_DATABASE.into(), OsString::from)
}

/// Writes the database, unless it is there. Another run's `aws` may be reading it: it must never find the file empty, for
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
