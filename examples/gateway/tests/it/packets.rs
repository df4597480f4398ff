//! Split messages.

use crate::park::{NOW_MS, Park, config, minute, stored};

fn packets(number: i64, benzene: &str) -> Vec<Vec<u8>> {
    let packets = minute(number, benzene, "0.5").encode_split(60, None).unwrap();
    assert_eq!(packets.len(), 2);
    packets
}

#[test]
fn a_message_is_complete_after_a_restart_between_its_packets() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), "");
    let [first, second] = <[Vec<u8>; 2]>::try_from(packets(0, "0.25")).unwrap();
    let park = Park::open(&config);
    let mut station = park.connect();
    // The first packet is answered, so that a station that waits for the answer goes on.
    station.send(&second);
    assert_eq!(station.answer().0, 9014);
    park.stop();
    assert_eq!(stored(dir.path()), []);

    let park = Park::open(&config);
    let mut station = park.connect();
    station.send(&first);
    assert_eq!(station.answer().0, 9014);
    assert_eq!(park.stop().stored, 1);
    assert_eq!(stored(dir.path()), [(0, Some(0.25), Some(0.5))]);

    // Nothing is waited for any more: the file of packets is removed, also by a gateway that did not write it.
    let park = Park::open(&config);
    park.runtime.block_on(park.gateway.tick());
    park.stop();
    assert_eq!(std::fs::read_dir(dir.path().join("park-packets")).unwrap().count(), 0);
}

#[test]
fn packets_that_are_repeated_change_nothing_and_a_new_version_is_a_correction() {
    let dir = tempfile::tempdir().unwrap();
    let park = Park::open(&config(dir.path(), ""));
    let mut station = park.connect();
    for version in ["0.25", "0.25", "0.75"] {
        for packet in packets(0, version) {
            station.send(&packet);
            assert_eq!(station.answer().0, 9014);
        }
    }
    // One packet alone, whose answer was lost.
    station.send(&packets(0, "0.75")[1]);
    assert_eq!(station.answer().0, 9014);
    let counts = park.stop();
    assert_eq!((counts.incomplete, counts.refused_packet), (0, 0), "{counts}");
    assert_eq!(stored(dir.path()), [(0, Some(0.75), Some(0.5))]);
}

#[test]
fn a_message_that_stays_incomplete_is_given_up_loudly_and_its_packets_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let park = Park::open(&config(dir.path(), ""));
    let mut station = park.connect();
    station.send(&packets(0, "0.25")[0]);
    assert_eq!(station.answer().0, 9014);
    let tick = || park.runtime.block_on(park.gateway.tick());
    park.clock.set_ms(NOW_MS + 29 * 60_000);
    tick();
    park.clock.set_ms(NOW_MS + 31 * 60_000);
    tick();
    // An answered frame proves that the ticks before it are done.
    station.send(&minute(31, "0.1", "0.2").encode(None).unwrap());
    station.answer();
    assert_eq!(park.gateway.counts().incomplete, 1);
    park.stop();
    let folder = dir.path().join("park-packets");
    let names: Vec<String> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.len() == 1 && names[0].starts_with("incomplete-"), "{names:?}");
    let kept = std::fs::read(folder.join(&names[0])).unwrap();
    assert_eq!(kept, packets(0, "0.25")[0]);
    assert_eq!(stored(dir.path()), [(31, Some(0.1), Some(0.2))]);
}

/// Time passes all the while: the file of packets is not removed between the last packet of a message and its storing.
#[test]
fn packets_are_kept_until_their_message_is_stored_however_time_passes() {
    for round in 0..20 {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path(), "");
        let park = Park::open(&config);
        let mut station = park.connect();
        let [first, second] = <[Vec<u8>; 2]>::try_from(packets(0, "0.25")).unwrap();
        station.send(&second);
        assert_eq!(station.answer().0, 9014);
        let ticks = async {
            for _ in 0..50 {
                park.gateway.tick().await;
            }
        };
        station.send(&first);
        park.runtime.block_on(ticks);
        assert_eq!(station.answer().0, 9014);
        // Either both packets are in the file or none.
        park.stop();
        let kept = std::fs::read(dir.path().join("park-packets/packets.hj212")).unwrap_or_default();
        let lines = kept.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
        assert!(lines == 0 || lines == 2, "round {round}: {lines} packets");
        assert_eq!(stored(dir.path()), [(0, Some(0.25), Some(0.5))]);
    }
}
