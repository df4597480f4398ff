//! Floods, garbage and slow senders: others are served, and everything is counted.

use crate::park::{Client, Park, config, minute, stored};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use vocdb_gateway::config::Limits;

/// A connection from another address of the loopback network.
fn from(last: u8, to: SocketAddr) -> TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, last], 0)).into()).unwrap();
    socket.connect(&to.into()).unwrap();
    socket.into()
}

#[test]
fn garbage_half_frames_and_slow_senders_are_closed_and_a_station_is_served_beside_them() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path(), "");
    config.limits = Limits { first_frame_s: 0.3, frame_s: 0.2, garbage_bytes: 20_000, ..Limits::default() };
    let park = Park::open(&config);
    let mut station = park.connect();
    station.send(&minute(0, "0.1", "0.2").encode(None).unwrap());
    station.answer();
    let address = park.gateway.address();
    let good = minute(1, "0.1", "0.2").encode(None).unwrap();
    let mut ends = Vec::new();
    for bytes in [
        vec![0xA5; 60_000],                                       // noise
        b"##".repeat(30_000),                                     // beginnings without lengths
        b"##9999QN=".to_vec(),                                    // a long frame that does not come
        b"##2147483647QN=20261123030001001;ST=22;CP=&&".to_vec(), // a length of 2 GB
        good[..good.len() - 20].to_vec(),                         // half a frame
        Vec::new(),                                               // nothing at all
    ] {
        let mut flood = Client::connect(address);
        // The gateway may close it while it still sends.
        let _ = flood.stream.write_all(&bytes);
        ends.push(flood);
    }
    for flood in &mut ends {
        assert_eq!(flood.answer_or_end(), None);
    }
    station.send(&good);
    assert_eq!(station.answer().0, 9014);
    let counts = park.stop();
    let closed = counts.ended_no_frame + counts.ended_slow_frame + counts.ended_garbage;
    assert_eq!((closed, counts.stored), (6, 2), "{counts}");
    assert!(counts.ended_garbage >= 2 && counts.bytes_skipped >= 40_000, "{counts}");
    assert_eq!(stored(dir.path()).len(), 2);
}

#[test]
fn thousands_of_idle_connections_do_not_keep_stations_out() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path(), "");
    config.limits.connections = 32;
    let park = Park::open(&config);
    let address = park.gateway.address();
    let mut station = park.connect();
    station.send(&minute(0, "0.1", "0.2").encode(None).unwrap());
    station.answer();
    // The last hundred are held; those before them were closed by the gateway long ago.
    let mut idle = VecDeque::new();
    for number in 0..10_000 {
        idle.push_back(from(2, address));
        if idle.len() > 100 {
            idle.pop_front();
        }
        if number % 1_000 == 999 {
            // A station that was there, and one that comes in the middle of the flood.
            station.send(&minute(number / 1_000, "0.1", "0.2").encode(None).unwrap());
            assert_eq!(station.answer().0, 9014);
            let mut newcomer = park.connect();
            newcomer.send(&minute(-100 - number / 1_000, "0.1", "0.2").encode(None).unwrap());
            assert_eq!(newcomer.answer().0, 9014);
        }
    }
    let counts = park.stop();
    assert_eq!(counts.connections, 10_011, "{counts}");
    assert!(counts.connections_evicted > 1_000, "{counts}");
    assert_eq!((counts.connections_refused, counts.stored), (0, 21), "{counts}");
}

#[test]
fn a_process_that_may_open_few_files_takes_fewer_connections_and_serves_on() {
    let dir = tempfile::tempdir().unwrap();
    let text = "listen = \"127.0.0.1:0\"\nstore = \"park\"\n[limits]\nconnections = 5000\n[[instrument]]\nname = \"gc\"\n\
        data = \"minute\"\ninterval = \"1m\"\nchannels = [\"benzene:mg/m3@0C\", \"toluene:mg/m3@0C\"]\n\
        [[station]]\nmn = \"010000A8900016F000169DC0\"\nname = \"park/S1\"\n";
    std::fs::write(dir.path().join("g.toml"), text).unwrap();
    let limited = format!("ulimit -n 96 && exec {} g.toml --report-s 1", env!("CARGO_BIN_EXE_gateway"));
    let mut child = Command::new("sh")
        .args(["-c", &limited])
        .current_dir(dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let address: SocketAddr = first.strip_prefix("listening on ").unwrap().parse().unwrap();
    let idle: Vec<TcpStream> = (0..300).map(|_| from(2, address)).collect();
    let mut station = Client::connect(address);
    station.send(&minute(-60, "0.1", "0.2").encode(None).unwrap());
    assert_eq!(station.answer().0, 9014);
    drop(idle);
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(log.contains("at most 32 connections, not 5000"), "{log}");
    assert!(!log.contains("could not be accepted"), "{log}");
    assert_eq!(stored(dir.path()).len(), 1);
}
