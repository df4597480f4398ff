//! What is done to a store as a whole: mended, copied, written out and read back.

use super::Pair;
use crate::support::oracle::{Oracle, bits};
use vocdb::{Database, DumpScope, InstrumentId, ReadOnly, TimeRange};

impl Pair {
    pub(super) fn repair(&mut self, is_closed: bool) {
        match self.db.take().unwrap() {
            db if is_closed => {
                db.close().unwrap();
                self.unsealed = 0;
            }
            db => drop(db),
        }
        self.begin(Database::repair(&self.dir, Self::config(), |_, _| {}).unwrap());
    }

    /// The old store stays where it is; what follows must not be seen in it, though both have segments in common.
    /// [`Pair::assert_left_behind_is_as_it_was`] looks.
    pub(super) fn go_on_in_a_backup(&mut self) {
        let backup = self.fresh_path();
        self.db().backup(&backup).unwrap();
        let dir = self.fresh_path();
        Database::restore_backup(&backup, &dir, |_, _| {}).unwrap();
        drop(self.db.take());
        self.left_behind.push((std::mem::replace(&mut self.dir, dir), self.oracle.clone()));
        self.open();
    }

    pub(super) fn assert_left_behind_is_as_it_was(&self) {
        for (dir, oracle) in &self.left_behind {
            assert_holds(&ReadOnly::open(dir).unwrap(), oracle);
        }
    }

    pub(super) fn assert_a_dump_is_the_same(&self) {
        let (mut text, mut again) = (Vec::new(), Vec::new());
        self.db().dump(&DumpScope::WHOLE, &mut text, |_| {}).unwrap();
        let dir = self.fresh_path();
        Database::restore(text.as_slice(), &dir, |_| {}).unwrap();
        let restored = ReadOnly::open(&dir).unwrap();
        self.assert_is_seen(&restored);
        restored.dump(&DumpScope::WHOLE, &mut again, |_| {}).unwrap();
        assert!(text == again, "{}\n{}", String::from_utf8_lossy(&text), String::from_utf8_lossy(&again));
    }

    /// A path in the folder of all stores that nothing has yet.
    fn fresh_path(&self) -> std::path::PathBuf {
        let folder = self.temporary.path();
        let taken = std::fs::read_dir(folder).unwrap().count();
        (taken..).map(|number| folder.join(format!("store-{number}"))).find(|path| !path.exists()).unwrap()
    }

    fn assert_is_seen(&self, other: &ReadOnly) {
        assert_eq!(other.registry(), &self.db().registry());
        assert_holds(other, &self.oracle);
    }

    /// Another process sees what this one does, and so does a backup.
    pub(super) fn assert_others_see_the_same(&self) {
        let backup = self.fresh_path();
        self.db().backup(&backup).unwrap();
        self.assert_is_seen(&ReadOnly::open(&self.dir).unwrap());
        self.assert_is_seen(&ReadOnly::open(&backup).unwrap());
        let report = Database::verify(&backup, |_, _| {}).unwrap();
        assert!(report.is_sound(), "{report:?}");
    }
}

fn assert_holds(store: &ReadOnly, oracle: &Oracle) {
    for (id, instrument) in oracle.ids().into_iter().zip(&oracle.instruments) {
        let channels: Vec<usize> = (0..instrument.channels().len()).collect();
        let wanted = oracle.rows(id, &channels, TimeRange::ALL);
        let of_channel = |c: &usize| wanted.iter().map(|(time, samples)| (*time, samples[*c])).collect::<Vec<_>>();
        assert_eq!(seen(store, id, &channels), channels.iter().map(of_channel).collect::<Vec<_>>());
    }
}

/// Of each channel its samples, to the bit.
fn seen(
    other: &ReadOnly,
    id: InstrumentId,
    channels: &[usize],
) -> Vec<Vec<(vocdb::Timestamp, crate::support::oracle::Bits)>> {
    let rows = other.readings().rows(id, channels, TimeRange::ALL).unwrap();
    (0..channels.len()).map(|c| rows.samples(c).map(|(t, s)| (t, bits(&s))).collect()).collect()
}
