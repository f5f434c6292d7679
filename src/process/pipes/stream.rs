//! A pipe that is a child's stdout or stderr.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// The parent's end of the pipe until the child's end is closed, and what was read from it.
pub struct Stream {
    pipe: Option<File>,
    bytes: Vec<u8>,
    is_cut: bool,
}

impl Stream {
    /// Begins with nothing read.
    pub fn new(pipe: Option<OwnedFd>) -> Self {
        Self {
            pipe: pipe.map(File::from),
            bytes: Vec::new(),
            is_cut: false,
        }
    }

    /// Returns the pipe, unless it is at its end.
    pub fn pipe(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Returns how many bytes are kept.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Reads once from a pipe that is ready.
    pub fn read(&mut self) -> io::Result<()> {
        let mut chunk = [0; 16 << 10];
        let count = self
            .pipe
            .as_mut()
            .map_or(Ok(0), |pipe| pipe.read(&mut chunk))?;
        self.bytes
            .extend_from_slice(chunk.get(..count).unwrap_or_default());
        if count == 0 {
            self.pipe = None;
        }
        Ok(())
    }

    /// Drops the beginning of what is more than this.
    pub fn keep_end(&mut self, most: usize) {
        let excess = self.bytes.len().saturating_sub(most);
        self.bytes.drain(..excess);
        self.is_cut |= excess > 0;
    }

    /// Returns what is kept, without a line whose beginning was dropped: half a secret wouldn't be recognised as one.
    pub fn into_bytes(mut self) -> Vec<u8> {
        if self.is_cut {
            let rest = self.bytes.iter().take_while(|byte| **byte != b'\n');
            self.bytes.drain(..rest.count());
        }
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::properties;

    fn kept(chunks: &[Vec<u8>], most: usize) -> Vec<u8> {
        let mut stream = Stream::new(None);
        for chunk in chunks {
            stream.bytes.extend(chunk);
            stream.keep_end(most);
        }
        stream.into_bytes()
    }

    #[test]
    fn a_secret_that_was_cut_is_dropped_to_the_end_of_its_line() {
        let chunks = [b"x\nmy pass".to_vec(), b" phrase\nend".to_vec()];
        assert_eq!(kept(&chunks, 20), b"x\nmy pass phrase\nend");
        for most in 5..19 {
            assert_eq!(kept(&chunks, most), b"\nend", "{most}");
        }
    }

    proptest! {
        #![proptest_config(properties::config())]

        #[test]
        fn what_is_kept_is_the_end_from_a_whole_line_on(
            chunks in vec(vec(select(&b"\n ab"[..]), 0..20), 0..9), most in 1..60_usize,
        ) {
            let all = chunks.concat();
            let kept = kept(&chunks, most);
            prop_assert!(kept.len() <= most && all.ends_with(&kept));
            prop_assert!(all.len() > most || kept == all);
            prop_assert!(kept == all || kept.is_empty() || kept.starts_with(b"\n"));
        }
    }
}
