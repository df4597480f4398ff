//! Frames as they were received.

use crate::park::{Park, config, minute};
use std::path::Path;
use vocdb::interop::hj212::{Decoder, Mode};
use vocdb_gateway::archive::Archive;

fn send(dir: &Path, numbers: std::ops::Range<i64>) {
    let park = Park::open(&config(dir, "archive = \"frames\""));
    let mut station = park.connect();
    for number in numbers {
        station.send(&minute(number, "0.1", "0.2").encode(None).unwrap());
        station.answer();
    }
    park.stop();
}

#[test]
fn every_answered_frame_is_kept_and_a_changed_line_breaks_the_chain() {
    let dir = tempfile::tempdir().unwrap();
    send(dir.path(), 0..3);
    send(dir.path(), 3..5);
    let folder = dir.path().join("frames");
    assert_eq!(Archive::verify(&folder).unwrap(), 5);
    let file = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&file).unwrap();
    // The tolerant decoder reads the lines.
    for (line, number) in text.lines().skip(1).zip(0..) {
        let mut decoder = Decoder::new(Mode::Tolerant);
        let line = format!("{line}\r\n");
        let frame = decoder.decode(line.as_bytes()).unwrap();
        let sent = minute(number, "0.1", "0.2").encode(None).unwrap();
        assert_eq!(frame.raw, sent);
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut removed = lines.clone();
    removed.remove(2);
    let swapped = [lines[0], lines[2], lines[1], lines[3], lines[4], lines[5]];
    for (forged, line) in
        [(text.replacen("Avg=0.1", "Avg=0.0", 1), 2), (removed.join("\n"), 3), (swapped.join("\n"), 2)]
    {
        std::fs::write(&file, forged).unwrap();
        let error = Archive::verify(&folder).unwrap_err().to_string();
        assert!(error.contains(&format!("line {line}: the hash does not continue the chain")), "{error}");
    }
    // A file of the next day without its first line, as a crash may leave it, and a line that was cut off.
    std::fs::write(folder.join("2999-01-01.frames"), "").unwrap();
    // Its frame was not answered.
    std::fs::write(&file, &text[..text.len() - 30]).unwrap();
    send(dir.path(), 5..6);
    assert_eq!(Archive::verify(&folder).unwrap(), 5);
}
