//! Frames that are stored before they are answered, and those that are not.

use crate::park::{Park, S1, config, minute, stored};
use vocdb::interop::hj212::{Command, ContentKey, Edition, LocalTime, Outgoing, SubItem};

const ACKNOWLEDGED: u16 = 9014;
const NOTED: u16 = 9013;

#[test]
fn an_answered_frame_is_in_the_store_and_a_restarted_gateway_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), "");
    let park = Park::open(&config);
    let mut station = park.connect();
    for number in 0..3 {
        station.send(&minute(number, "0.0312", "0.1275").encode(None).unwrap());
        assert_eq!(station.answer().0, ACKNOWLEDGED);
    }
    let counts = park.stop();
    assert_eq!((counts.stored, counts.acknowledged, counts.messages_current), (3, 3, 3), "{counts}");
    let row = |number| (number, Some(0.0312), Some(0.1275));
    assert_eq!(stored(dir.path()), [row(0), row(1), row(2)]);

    let park = Park::open(&config);
    let mut station = park.connect();
    // Sent again, as its answer may have been lost; and a new one.
    for number in [2, 3] {
        station.send(&minute(number, "0.0312", "0.1275").encode(None).unwrap());
        assert_eq!(station.answer().0, ACKNOWLEDGED);
    }
    park.stop();
    assert_eq!(stored(dir.path()).len(), 4);
}

#[test]
fn frames_that_arrive_together_are_answered_in_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let park = Park::open(&config(dir.path(), ""));
    let mut station = park.connect();
    let messages: Vec<Outgoing> = (0..200).map(|number| minute(number - 200, "0.5", "0.6")).collect();
    let bytes: Vec<u8> = messages.iter().flat_map(|message| message.encode(None).unwrap()).collect();
    for piece in bytes.chunks(777) {
        station.send(piece);
    }
    let mut answers: Vec<String> = (0..200).map(|_| station.answer().1).collect();
    assert!(answers.is_sorted());
    answers.dedup();
    assert_eq!(answers.len(), 200);
    let counts = park.stop();
    assert_eq!(counts.messages_current + counts.messages_history, 200);
    // 15 minutes are current; a minute that ended 16 minutes ago is history.
    assert_eq!(counts.messages_current, 15, "{counts}");
    assert_eq!(stored(dir.path()).len(), 200);
}

#[test]
fn encrypted_frames_of_2025_are_stored_and_repeated_ones_are_history() {
    let dir = tempfile::tempdir().unwrap();
    let key = ContentKey::new(*b"0123456789abcdef");
    let park = Park::open_with(&config(dir.path(), ""), Some(key.clone()));
    let mut station = park.connect();
    let of = |number| minute(number, "0.0312", "0.1275").edition(Edition::Of2025);
    for message in [of(0), of(1).resent()] {
        let frame = message.encode(Some(&key)).unwrap();
        assert!(!frame.windows(6).any(|part| part == b"a25002"), "the content is encrypted");
        station.send(&frame);
        assert_eq!(station.answer().0, ACKNOWLEDGED);
    }
    // Encrypted with another key: its checksum, which is that of the plain text, does not hold.
    station.send(&of(2).encode(Some(&ContentKey::new([7; 16]))).unwrap());
    station.send(&of(3).encode(Some(&key)).unwrap());
    assert_eq!(station.answer().0, ACKNOWLEDGED);
    let counts = park.stop();
    assert_eq!((counts.messages_current, counts.messages_history, counts.refused_fault), (2, 1, 1), "{counts}");
    assert_eq!(stored(dir.path()).len(), 3);
}

#[test]
fn what_is_not_stored_is_not_answered() {
    let dir = tempfile::tempdir().unwrap();
    let park = Park::open(&config(dir.path(), ""));
    let mut station = park.connect();
    let of = |message: Outgoing| message.encode(None).unwrap();
    let qn = LocalTime::parse("20261123100000000").unwrap();
    let day = Outgoing::new(Command::Day, qn, S1)
        .password("123456")
        .wants_answer(true)
        .parameter("DataTime", "20261122000000")
        .factor("a25002", &[(SubItem::Avg, "0.1"), (SubItem::Flag, "N")]);
    let stranger =
        Outgoing::new(Command::Minute, qn, "NOBODY").wants_answer(true).parameter("DataTime", "20261123095900");
    for refused in [
        of(minute(0, "0.1", "0.2").password("654321")),
        of(stranger),
        of(day),                               // no instrument takes it
        of(minute(3 * 24 * 60, "0.1", "0.2")), // from the future
        b"##0012QN=garbage;;0000\r\n".to_vec(),
    ] {
        station.send(&refused);
    }
    // An hour is answered without being stored, as the configuration says.
    let hour = Outgoing::new(Command::Hour, qn, S1)
        .password("123456")
        .wants_answer(true)
        .parameter("DataTime", "20261123090000")
        .factor("a25002", &[(SubItem::Avg, "0.1"), (SubItem::Flag, "N")]);
    station.send(&of(hour));
    assert_eq!(station.answer(), (ACKNOWLEDGED, "20261123100000000".to_owned()));
    // A frame that wants no answer is stored all the same; a heartbeat has its own answer.
    station.send(&of(minute(1, "0.3", "0.4").wants_answer(false)));
    station.send(&of(Outgoing::heartbeat(qn, S1).password("123456")));
    assert_eq!(station.answer().0, NOTED);
    let counts = park.stop();
    let refused = [counts.refused_password, counts.refused_unknown_station, counts.refused_content, counts.not_stored];
    assert_eq!(refused, [1; 4], "{counts}");
    assert!(counts.refused_fault >= 1, "{counts}");
    assert_eq!(
        (counts.acknowledged_only, counts.stored, counts.acknowledged, counts.answered),
        (1, 1, 1, 1),
        "{counts}"
    );
    assert_eq!(stored(dir.path()), [(1, Some(0.3), Some(0.4))]);
}

#[test]
fn mistakes_of_a_configuration_are_named() {
    let good = "listen = \"127.0.0.1:0\"\nstore = \"s\"\n[[instrument]]\nname = \"gc\"\ndata = \"hour\"\ninterval = \"1h\"\n\
        channels = [\"benzene:ug/m3\"]\n[[station]]\nmn = \"A\"\nname = \"S\"\n";
    for (from, to, says) in [
        ("\"hour\"", "\"hourly\"", "[[instrument]] gc: `hourly` is not a kind of data"),
        ("benzene:ug/m3", "benzen:ug/m3", "benzene"),
        ("benzene:ug/m3", "benzene", "write benzene:ug/m3"),
        ("name = \"S\"", "name = \"S\"\ninstruments = [\"pid\"]", "no [[instrument]] named `pid`"),
        ("name = \"S\"", "name = \"S\"\nacknowledge_only = [\"hour\"]", "remove one of the two"),
        ("store = ", "stores = ", "stores"),
        ("[[station]]", "[webhooks]\napp = { url = \"http://x\" }\n[[station]]", "secret_env"),
    ] {
        let text = good.replace(from, to);
        let error = vocdb_gateway::Config::parse(&text, "g.toml").unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(vocdb_gateway::Config::read(&folder.join("gateway.toml")).unwrap().stations.len(), 2);
}
