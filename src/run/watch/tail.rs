//! The end of a file of JSON lines that another process appends to, and cuts off when it resumes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::marker::PhantomData;
use std::path::PathBuf;

use serde::de::DeserializeOwned;

/// Most bytes read at once.
const CHUNK: u64 = 1 << 20;

/// How far a file of lines is read.
pub(super) struct Tail<T> {
    path: PathBuf,
    /// Bytes of the whole lines that were read.
    read: u64,
    /// The last of these lines, by which a rewritten file is told from one that has grown.
    last: Vec<u8>,
    lines: PhantomData<T>,
}

/// What is new in a file.
#[derive(Debug, PartialEq)]
pub(super) enum News<T> {
    /// The next lines. After none there is nothing more to read now.
    Lines(Vec<T>),
    /// What was read is not in the file any more: reading starts over.
    Rewound,
}

impl<T: DeserializeOwned> Tail<T> {
    /// From the beginning of a file, which need not be there yet.
    pub(super) fn new(path: PathBuf) -> Self {
        Tail {
            path,
            read: 0,
            last: Vec::new(),
            lines: PhantomData,
        }
    }

    /// Starts over.
    pub(super) fn rewind(&mut self) {
        self.read = 0;
        self.last.clear();
    }

    /// What is new: whole lines only, and of many lines only the first. A line that is none of ours is
    /// left out: a later version may write others.
    pub(super) fn next(&mut self) -> News<T> {
        loop {
            let before = self.read;
            let lines = match self.bytes() {
                Ok(Some(bytes)) => self.lines(&bytes),
                Ok(None) => {
                    self.rewind();
                    return News::Rewound;
                }
                // A file that cannot be read now may be there later. One that is deleted was seen.
                Err(_) => return News::Lines(Vec::new()),
            };
            if !lines.is_empty() || self.read == before {
                return News::Lines(lines);
            }
        }
    }

    /// The bytes behind what was read; none where that has changed.
    fn bytes(&self) -> io::Result<Option<Vec<u8>>> {
        let mut file = File::open(&self.path)?;
        if file.metadata()?.len() < self.read {
            return Ok(None);
        }
        file.seek(SeekFrom::Start(self.read - self.last.len() as u64))?;
        let mut last = Vec::with_capacity(self.last.len());
        file.by_ref()
            .take(self.last.len() as u64)
            .read_to_end(&mut last)?;
        if last != self.last {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        file.by_ref().take(CHUNK).read_to_end(&mut bytes)?;
        // A line longer than that is read whole.
        while !bytes.contains(&b'\n')
            && file.by_ref().take(CHUNK).read_to_end(&mut bytes)? as u64 == CHUNK
        {}
        Ok(Some(bytes))
    }

    fn lines(&mut self, bytes: &[u8]) -> Vec<T> {
        let Some(end) = bytes.iter().rposition(|&byte| byte == b'\n') else {
            return Vec::new();
        };
        let whole = &bytes[..=end];
        self.read += whole.len() as u64;
        let start = whole[..end].iter().rposition(|&byte| byte == b'\n');
        self.last = whole[start.map_or(0, |at| at + 1)..].to_vec();
        whole
            .split(|&byte| byte == b'\n')
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs::OpenOptions;
    use std::io::Write;

    use super::*;

    fn append(path: &std::path::Path, text: &str) {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn lines(tail: &mut Tail<u64>) -> Vec<u64> {
        match tail.next() {
            News::Lines(lines) => lines,
            News::Rewound => vec![u64::MAX],
        }
    }

    #[test]
    fn whole_lines_are_read_once_and_torn_ones_wait() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let mut tail = Tail::new(path.clone());
        assert!(lines(&mut tail).is_empty());
        append(&path, "1\n2\n3");
        assert_eq!(lines(&mut tail), [1, 2]);
        assert!(lines(&mut tail).is_empty());
        append(&path, "4\nnone of ours\n\n5\n");
        assert_eq!(lines(&mut tail), [34, 5]);
        assert!(lines(&mut tail).is_empty());
    }

    #[test]
    fn a_file_that_was_cut_is_read_anew_also_when_it_has_grown_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let mut tail = Tail::new(path.clone());
        append(&path, "1\n2\n3\n");
        assert_eq!(lines(&mut tail), [1, 2, 3]);
        std::fs::write(&path, "1\n").unwrap();
        assert_eq!(tail.next(), News::Rewound);
        assert_eq!(lines(&mut tail), [1]);
        append(&path, "2\n");
        assert_eq!(lines(&mut tail), [2]);
        std::fs::write(&path, "1\n7\n8\n9\n").unwrap();
        assert_eq!(tail.next(), News::Rewound);
        assert_eq!(lines(&mut tail), [1, 7, 8, 9]);
        // What is cut and written again alike was never away.
        std::fs::write(&path, "1\n7\n8\n9\n3\n").unwrap();
        assert_eq!(lines(&mut tail), [3]);
    }

    #[test]
    fn what_was_read_of_a_file_that_is_deleted_stays_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let mut tail = Tail::new(path.clone());
        append(&path, "1\n2\n");
        assert_eq!(lines(&mut tail), [1, 2]);
        std::fs::remove_file(&path).unwrap();
        assert!(lines(&mut tail).is_empty());
        append(&path, "1\n2\n3\n");
        assert_eq!(lines(&mut tail), [3]);
        std::fs::remove_file(&path).unwrap();
        assert!(lines(&mut tail).is_empty());
        append(&path, "4\n");
        assert_eq!(tail.next(), News::Rewound);
        assert_eq!(lines(&mut tail), [4]);
    }

    #[test]
    fn long_files_and_long_lines_are_read_in_pieces() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let count = 400_000u64;
        let text: String = (0..count).map(|number| format!("{number}\n")).collect();
        append(&path, &text);
        let mut tail = Tail::new(path.clone());
        let mut read = Vec::new();
        loop {
            let next = lines(&mut tail);
            if next.is_empty() {
                break;
            }
            read.extend(next);
        }
        assert_eq!(read, (0..count).collect::<Vec<_>>());
        append(&path, &format!("{}7\n", " ".repeat(3 << 20)));
        assert_eq!(lines(&mut tail), [7]);
    }
}
