//! Packets of split messages on disk, until their messages are complete and stored.
//!
//! A station may forget a packet once it is answered. Its message may be complete only later, so that every packet is written to a file
//! before its answer goes out, and the file is read again at the start. Two files take turns: packets are appended to `packets.hj212`; when
//! that is large it becomes `packets-old.hj212`, which is removed once its last message must be complete or given up. A file with packets of
//! messages that were given up is not removed but renamed to `incomplete-TIME.hj212`.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use vocdb::{Interval, Timestamp};

/// Bytes at which the file becomes the old one.
const FILE_BYTES_MAX: u64 = 8 << 20;

/// The files of packets.
#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
    file: Option<File>,
    bytes: u64,
    /// When the old file was put aside.
    old_since: Option<Timestamp>,
    /// Whether packets in the files belong to a message that was given up.
    has_lost: bool,
}

impl Spool {
    /// The files of a folder, which is created with the first packet. An old file counts as put aside at `now`.
    #[must_use]
    pub fn open(folder: &Path, now: Timestamp) -> Self {
        let old_since = folder.join("packets-old.hj212").exists().then_some(now);
        let bytes = std::fs::metadata(folder.join("packets.hj212")).map_or(0, |file| file.len());
        Self { folder: folder.to_owned(), file: None, bytes, old_since, has_lost: false }
    }

    /// The folder of the files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self) -> PathBuf {
        self.folder.join("packets.hj212")
    }

    fn old_path(&self) -> PathBuf {
        self.folder.join("packets-old.hj212")
    }

    /// All packets that were kept, oldest first.
    ///
    /// # Errors
    /// The error of the system.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        for path in [self.old_path(), self.path()] {
            match std::fs::read(&path) {
                Ok(bytes) => all.extend(bytes),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }

    /// Appends packets that were received at `now` or before, and returns once they are durable.
    ///
    /// # Errors
    /// The error of the system; none of the packets counts as kept.
    pub fn append<'a>(&mut self, packets: impl Iterator<Item = &'a [u8]>, now: Timestamp) -> io::Result<()> {
        let mut bytes = Vec::new();
        for packet in packets {
            bytes.extend_from_slice(packet);
            if !packet.ends_with(b"\r\n") {
                bytes.extend_from_slice(b"\r\n");
            }
        }
        if bytes.is_empty() {
            return Ok(());
        }
        if self.bytes + bytes.len() as u64 > FILE_BYTES_MAX && self.old_since.is_none() {
            self.put_aside(now)?;
        }
        let file = self.file()?;
        file.write_all(&bytes)?;
        file.sync_data()?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn file(&mut self) -> io::Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                std::fs::create_dir_all(&self.folder)?;
                let file = OpenOptions::new().create(true).append(true).open(self.path())?;
                self.bytes = file.metadata()?.len();
                File::open(&self.folder)?.sync_all()?;
                file
            }
        };
        Ok(self.file.insert(file))
    }

    fn put_aside(&mut self, now: Timestamp) -> io::Result<()> {
        self.file = None;
        std::fs::rename(self.path(), self.old_path())?;
        self.bytes = 0;
        self.old_since = Some(now);
        Ok(())
    }

    /// Removes what is not needed any more. `is_waiting`: a message lacks packets; `has_lost`: one was given up since the last call.
    ///
    /// # Errors
    /// The error of the system.
    pub fn tick(&mut self, now: Timestamp, (is_waiting, has_lost): (bool, bool), age: Interval) -> io::Result<()> {
        self.has_lost |= has_lost;
        let is_old_done = self.old_since.is_some_and(|since| now.since_ms(since) > 2 * age.as_ms());
        if self.old_since.is_some() && (is_old_done || !is_waiting) {
            self.retire(&self.old_path(), now)?;
            self.old_since = None;
        }
        if !is_waiting && self.bytes > 0 {
            self.file = None;
            self.bytes = 0;
            self.retire(&self.path(), now)?;
            self.has_lost = false;
        }
        Ok(())
    }

    fn retire(&self, path: &Path, now: Timestamp) -> io::Result<()> {
        if self.has_lost {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            return std::fs::rename(path, self.folder.join(format!("incomplete-{}-{stem}.hj212", now.as_ms())));
        }
        std::fs::remove_file(path)
    }
}
