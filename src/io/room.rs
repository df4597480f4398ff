//! Log files with room made ahead: a sync that also has to make a file longer takes about twice as long as one that does not, because the file
//! system then writes down the new length and where the new blocks lie. So zeros are written and synced behind the end by a thread of their own,
//! where the log is synced so often that it matters, and frames go over them. They are cut off when the log is closed; after a crash they stay
//! until the log is next opened, and are no frames.

use super::LogFile;
use super::directory::sync_parent;
use super::log::FRAME_HEAD_BYTES;
use crate::base::background::{BYTES_AT_A_TIME, Worker, give_way, let_others_go_first};
use parking_lot::{Mutex, MutexGuard};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Bytes of room that there are at most.
const ROOM_BYTES: u64 = 512 << 10;
/// Room is made anew when so many bytes of it are used: few, because a sync of frames that comes meanwhile writes the zeros too.
const ROOM_BYTES_USED: u64 = ROOM_BYTES / 4;
/// Bytes that are written while an append that has come to the end of the room has to wait for it.
const PIECE_BYTES: usize = BYTES_AT_A_TIME;
/// Where more than this comes between two syncs, their time goes into the bytes themselves, and room would only be written twice.
const SYNC_BYTES_MAX: u64 = ROOM_BYTES / 4;

static ZEROS: [u8; PIECE_BYTES] = [0; PIECE_BYTES];

/// A log file of the operating system.
#[derive(Debug)]
pub(super) struct FsLog {
    shared: Arc<Shared>,
    /// Once there was need of it; none where no thread could be started.
    maker: OnceLock<Option<Worker>>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    /// Held by whoever makes the file longer: before `ends`, which is never held while zeros are written.
    growing: Mutex<()>,
    ends: Mutex<Ends>,
}

#[derive(Debug)]
struct Handles {
    file: File,
    /// The same file once more: of each handle the system tells errors of its own, so that none that a sync of frames must see is told to the
    /// one that makes room.
    second: File,
}

impl Handles {
    /// Opens a file, and makes it if it is not there.
    fn open(path: &Path) -> io::Result<Self> {
        let open = || OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        Ok(Self { file: open()?, second: open()? })
    }
}

#[derive(Debug)]
struct Ends {
    handles: Arc<Handles>,
    /// Behind the last frame.
    frames: u64,
    /// Behind the last byte of the file.
    file: u64,
    /// Appended since the last sync.
    unsynced_bytes: u64,
    /// Whether somebody else has cut the file: what stood there is lost.
    is_cut: bool,
    making: Making,
}

impl Ends {
    /// Refuses a file that somebody else has cut, from then on.
    fn check_length(&mut self) -> io::Result<()> {
        let Looks { length, .. } = Looks::of(&self.handles.file)?;
        self.check(length)
    }

    fn check(&mut self, length: u64) -> io::Result<()> {
        self.is_cut |= length < self.file;
        if !self.is_cut {
            return Ok(());
        }
        Err(io::Error::other(format!("the file was cut to {length} of its {} bytes while it was open", self.file)))
    }
}

/// Whether room is being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Making {
    Idle,
    Busy,
    /// Not any more: the log is closed, or the disk is full.
    Over,
}

impl FsLog {
    /// Opens a file, and makes it if it is not there.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let handles = Arc::new(Handles::open(path)?);
        let length = handles.file.metadata()?.len();
        let ends =
            Ends { handles, frames: length, file: length, unsynced_bytes: 0, is_cut: false, making: Making::Idle };
        let shared = Shared { path: path.to_owned(), growing: Mutex::default(), ends: Mutex::new(ends) };
        let shared = Arc::new(shared);
        Ok(Self { shared, maker: OnceLock::new() })
    }

    /// The thread that makes room. Whoever waits for a sync, or is told of an alarm, wakes up beside it.
    fn start_maker(&self) -> io::Result<Worker> {
        let shared = Arc::clone(&self.shared);
        Worker::start("vocdb-room", move || {
            give_way();
            shared.make_room();
        })
    }

    pub(super) fn sync_all(&self) -> io::Result<()> {
        let handles = Arc::clone(&self.shared.ends.lock().handles);
        handles.file.sync_all()
    }
}

impl LogFile for FsLog {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut ends = self.shared.ends.lock();
        let mut growing = None;
        if ends.frames + bytes.len() as u64 > ends.file {
            drop(ends);
            growing = Some(self.shared.growing.lock());
            ends = self.shared.ends.lock();
        }
        if ends.unsynced_bytes == 0 {
            // Once between two syncs: what is behind a hole would not be read again.
            ends.check_length()?;
        }
        (&ends.handles.file).seek(SeekFrom::Start(ends.frames))?;
        (&ends.handles.file).write_all(bytes)?;
        ends.frames += bytes.len() as u64;
        ends.file = ends.file.max(ends.frames);
        ends.unsynced_bytes += bytes.len() as u64;
        drop((ends, growing));
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let (handles, synced_bytes) = {
            let mut ends = self.shared.ends.lock();
            (Arc::clone(&ends.handles), std::mem::take(&mut ends.unsynced_bytes))
        };
        handles.file.sync_data()?;
        drop(handles);
        let mut ends = self.shared.check_place()?;
        let is_small = (1..=SYNC_BYTES_MAX).contains(&synced_bytes);
        if is_small && ends.making == Making::Idle && ends.file <= ends.frames + ROOM_BYTES - ROOM_BYTES_USED {
            ends.making = Making::Busy;
            drop(ends);
            match self.maker.get_or_init(|| self.start_maker().ok()) {
                Some(maker) => maker.wake(),
                None => self.shared.ends.lock().making = Making::Over,
            }
        }
        Ok(())
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        let _growing = self.shared.growing.lock();
        let mut ends = self.shared.ends.lock();
        ends.check_length()?;
        ends.handles.file.set_len(length)?;
        (ends.frames, ends.file) = (length, length);
        if ends.making == Making::Over {
            ends.making = Making::Idle;
        }
        drop(ends);
        self.sync_all()
    }
}

impl Drop for FsLog {
    fn drop(&mut self) {
        self.shared.ends.lock().making = Making::Over;
        drop(self.maker.take());
        let ends = self.shared.ends.lock();
        if self.shared.is_only_room(&ends).unwrap_or(false) {
            // Room that stays is no harm.
            let _ = ends.handles.file.set_len(ends.frames);
        }
    }
}

impl Shared {
    /// Looks, behind a sync, whether the file still has its name and its length. One that was deleted under this handle is written again.
    fn check_place(&self) -> io::Result<MutexGuard<'_, Ends>> {
        let mut ends = self.ends.lock();
        let Looks { length, is_deleted } = Looks::of(&ends.handles.file)?;
        if is_deleted {
            drop(ends);
            let growing = self.growing.lock();
            ends = self.ends.lock();
            if Looks::of(&ends.handles.file)?.is_deleted {
                self.restore(&mut ends)?;
            }
            drop(growing);
        } else {
            ends.check(length)?;
        }
        Ok(ends)
    }

    /// Writes all frames into a new file of the name, durably. A file that has taken the name meanwhile is an error.
    fn restore(&self, ends: &mut Ends) -> io::Result<()> {
        let temporary = self.path.with_extension("restored");
        let copy = File::create(&temporary)?;
        (&ends.handles.file).seek(SeekFrom::Start(0))?;
        let copied = io::copy(&mut (&ends.handles.file).take(ends.frames), &mut &copy);
        let restored = copied.and_then(|_| copy.sync_all()).and_then(|()| fs::hard_link(&temporary, &self.path));
        let _ = fs::remove_file(&temporary);
        restored?;
        sync_parent(&self.path)?;
        ends.handles = Arc::new(Handles::open(&self.path)?);
        ends.file = ends.frames;
        Ok(())
    }

    /// Whether there is room, and the file is as it was left: nobody has gone on with it.
    fn is_only_room(&self, ends: &Ends) -> io::Result<bool> {
        if ends.frames == ends.file || ends.handles.file.metadata()?.len() != ends.file {
            return Ok(false);
        }
        (&ends.handles.file).seek(SeekFrom::Start(ends.frames))?;
        let mut begin = Vec::new();
        (&ends.handles.file).take(FRAME_HEAD_BYTES as u64).read_to_end(&mut begin)?;
        Ok(begin.iter().all(|byte| *byte == 0))
    }

    /// Makes room. Where it cannot, the log grows as it can.
    fn make_room(&self) {
        let made = self.write_zeros().and_then(|()| Arc::clone(&self.ends.lock().handles).second.sync_data());
        let mut ends = self.ends.lock();
        if ends.making == Making::Busy {
            ends.making = if made.is_ok() { Making::Idle } else { Making::Over };
        }
    }

    /// Piece by piece, and never where a frame is: none goes beyond the end of the file meanwhile. Whoever waits to do so waits for a piece
    /// at most.
    fn write_zeros(&self) -> io::Result<()> {
        while let Some(growing) = self.write_piece()? {
            MutexGuard::unlock_fair(growing);
            let_others_go_first();
        }
        Ok(())
    }

    /// `None` where there is enough room.
    fn write_piece(&self) -> io::Result<Option<MutexGuard<'_, ()>>> {
        let growing = self.growing.lock();
        let (handles, end) = {
            let mut ends = self.ends.lock();
            if ends.making != Making::Busy || ends.file >= ends.frames + ROOM_BYTES {
                return Ok(None);
            }
            // Zeros behind a file that was cut would hide from the next append that it was.
            ends.check_length()?;
            (Arc::clone(&ends.handles), ends.file)
        };
        (&handles.second).seek(SeekFrom::Start(end))?;
        (&handles.second).write_all(&ZEROS)?;
        self.ends.lock().file = end + PIECE_BYTES as u64;
        Ok(Some(growing))
    }
}

/// How an open file looks now.
#[derive(Debug, Clone, Copy)]
struct Looks {
    length: u64,
    /// Whether it has no name any more. Where the system keeps the names of open files, or nobody can tell, it has one.
    is_deleted: bool,
}

impl Looks {
    /// Asks for nothing else: where Linux has been asked for the time of the last change, it writes down a new one with the next write (since
    /// 6.13), which made an append with its sync take a third longer.
    #[cfg(target_os = "linux")]
    fn of(file: &File) -> io::Result<Self> {
        use rustix::fs::{AtFlags, StatxFlags, statx};
        match statx(file, c"", AtFlags::EMPTY_PATH, StatxFlags::SIZE | StatxFlags::NLINK) {
            Ok(found) => Ok(Self { length: found.stx_size, is_deleted: found.stx_nlink == 0 }),
            // Not every sandbox lets this call through.
            Err(_) => Ok(Self::of_metadata(&file.metadata()?)),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn of(file: &File) -> io::Result<Self> {
        Ok(Self::of_metadata(&file.metadata()?))
    }

    #[cfg(unix)]
    fn of_metadata(found: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self { length: found.len(), is_deleted: found.nlink() == 0 }
    }

    #[cfg(not(unix))]
    fn of_metadata(found: &Metadata) -> Self {
        Self { length: found.len(), is_deleted: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Waits until nobody makes room any more.
    fn settled(log: &FsLog) -> u64 {
        loop {
            let ends = log.shared.ends.lock();
            if ends.making != Making::Busy {
                return ends.file;
            }
            drop(ends);
            std::thread::yield_now();
        }
    }

    #[test]
    fn frames_go_over_room_that_is_made_behind_them_and_closing_cuts_it_off() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut wanted = Vec::new();
        let log = FsLog::open(&path).unwrap();
        for round in 0..100_u8 {
            let bytes = vec![round + 1; 20_000];
            log.append(&bytes).unwrap();
            log.sync().unwrap();
            wanted.extend_from_slice(&bytes);
            if round % 7 == 0 {
                let length = settled(&log);
                assert!(length > wanted.len() as u64 + ROOM_BYTES - ROOM_BYTES_USED, "round {round}: {length}");
                let found = fs::read(&path).unwrap();
                assert_eq!(found.len() as u64, length);
                let (frames, room) = found.split_at(wanted.len());
                assert!(frames == wanted && room.iter().all(|byte| *byte == 0), "round {round}");
            }
        }
        log.truncate(30_000).unwrap();
        log.append(b"end").unwrap();
        wanted.truncate(30_000);
        wanted.extend_from_slice(b"end");
        log.sync().unwrap();
        drop(log);
        assert_eq!(fs::read(&path).unwrap(), wanted);
        let log = FsLog::open(&path).unwrap();
        log.append(b" and on").unwrap();
        wanted.extend_from_slice(b" and on");
        drop(log);
        assert_eq!(fs::read(&path).unwrap(), wanted);
    }

    #[test]
    fn no_room_is_made_for_much_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let log = FsLog::open(&dir.path().join("log")).unwrap();
        log.append(&vec![7; 1 << 20]).unwrap();
        log.sync().unwrap();
        assert_eq!(settled(&log), 1 << 20);
    }
}
