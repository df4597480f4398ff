//! What messages say: data, commands, answers.

use super::{framed, good_frames, rows};
use vocdb::Interval;
use vocdb::interop::hj212::{
    Command, Content, Decoder, Edition, LocalTime, MeasurementKind, Mode, Outgoing, StationClock, SubItem,
};

/// What the message of a frame says.
fn with_content<R>(frame: &[u8], look: impl FnOnce(Content<'_>) -> R) -> R {
    let mut decoder = Decoder::new(Mode::Tolerant);
    let segment = decoder.decode(frame).unwrap().segment;
    look(Content::of(&segment).unwrap())
}

fn time(text: &str) -> LocalTime {
    LocalTime::parse(text).unwrap()
}

#[test]
fn the_messages_of_the_standard_say_what_its_annex_says() {
    let rows = rows();
    let of = |row: usize| {
        with_content(&rows[row - 1].frame, |content| match content {
            Content::Measurement(data) => {
                format!("{:?} {} {} factors", data.kind, data.data_time, data.factors().count())
            }
            other => format!("{other:?}"),
        })
    };
    let range = |start: &str| format!("DataRequest {{ kind: {start}");
    for (row, expected) in [
        (1, "RealTimeInterval { seconds: Some(30) }".to_owned()),
        (5, "Minute 20201029121000 8 factors".to_owned()),
        (10, "Hour 20240122170000 7 factors".to_owned()),
        (20, "RequestAnswer { result: 1 }".to_owned()),
        (24, "NoticeAnswer".to_owned()),
        (25, "RealTimeInterval { seconds: None }".to_owned()),
        (28, "MinuteInterval { minutes: Some(10) }".to_owned()),
        (30, "DataRequest { kind: RealTime, range: None }".to_owned()),
        (31, "Other".to_owned()),
        (32, "DataRequest { kind: RunState, range: None }".to_owned()),
        (33, "DataAnswer".to_owned()),
        (
            36,
            range(
                "Minute, range: Some((LocalTime { year: 2016, month: 8, day: 1, hour: 8, minute: 40, second: 0, ms: 0 }, ",
            ),
        ),
        (
            38,
            range(
                "Day, range: Some((LocalTime { year: 2016, month: 8, day: 1, hour: 0, minute: 0, second: 0, ms: 0 }, ",
            ),
        ),
        (40, "RealTime 20160801085857 1 factors".to_owned()),
        (41, "Minute 20160801084000 8 factors".to_owned()),
        (42, "Day 20160801000000 24 factors".to_owned()),
        (62, "RealTime 20261123020500 6 factors".to_owned()),
        (66, "RunState 20261123020500 2 factors".to_owned()),
        (67, "Heartbeat".to_owned()),
    ] {
        assert!(of(row).starts_with(&expected), "row {row}: {} is not {expected}", of(row));
    }
    let restart = with_content(&rows[38].frame, |content| {
        content == Content::Restart { data_time: time("20160801085857"), restarted: time("20160801085624") }
    });
    assert!(restart);
    let clock =
        with_content(&rows[22].frame, |content| content == Content::Clock { time: Some(time("20160801085857")) });
    assert!(clock);
}

#[test]
fn intervals_are_stored_under_their_end_and_instants_as_they_are() {
    let end = |command: Command, clock: &StationClock| {
        let frame = framed(&format!(
            "QN=20240601090001000;ST=22;CN={};PW=1;MN=M;Flag=4;CP=&&DataTime=20240331000000;a01-Avg=1,a01-Flag=N&&",
            command.number()
        ));
        with_content(&frame, |content| match content {
            Content::Measurement(data) => data.time(clock, Interval::minutes(5).unwrap()).unwrap().to_string(),
            other => panic!("{other:?}"),
        })
    };
    for (command, china, warsaw) in [
        (Command::RealTime, "2024-03-30T16:00:00Z", "2024-03-30T23:00:00Z"),
        (Command::RawVoc, "2024-03-30T16:00:00Z", "2024-03-30T23:00:00Z"),
        (Command::RunState, "2024-03-30T16:00:00Z", "2024-03-30T23:00:00Z"),
        (Command::Minute, "2024-03-30T16:05:00Z", "2024-03-30T23:05:00Z"),
        (Command::Hour, "2024-03-30T17:00:00Z", "2024-03-31T00:00:00Z"),
        // The clocks of Warsaw are put forward on this day.
        (Command::Day, "2024-03-31T16:00:00Z", "2024-03-31T22:00:00Z"),
    ] {
        assert_eq!(end(command, &StationClock::CHINA), china, "{command}");
        assert_eq!(end(command, &StationClock::of_zone("Europe/Warsaw".parse().unwrap())), warsaw, "{command}");
    }
}

#[test]
fn messages_without_what_their_command_needs_name_the_parameter() {
    for (command, content, parameter) in [
        (2011, "a01-Rtd=1,a01-Flag=N", "DataTime"),
        (2061, "BeginTime=20240601000000", "EndTime"),
        (2061, "EndTime=20240601000000", "BeginTime"),
        (9011, "", "QnRtn"),
        (9012, "ExeRtn=yes", "ExeRtn"),
        (1061, "RtdInterval=-1", "RtdInterval"),
        (2081, "DataTime=20240601000000", "RestartTime"),
    ] {
        let frame = framed(&format!("QN=20240601090001000;ST=22;CN={command};PW=1;MN=M;Flag=4;CP=&&{content}&&"));
        let mut decoder = Decoder::new(Mode::Strict);
        let fault = Content::of(&decoder.decode(&frame).unwrap().segment).unwrap_err();
        assert_eq!((fault.command, fault.parameter), (command, parameter));
    }
}

#[test]
fn answers_repeat_number_password_station_and_edition() {
    let rows = rows();
    let mut decoder = Decoder::new(Mode::Strict);
    let answers = |frame: &[u8], decoder: &mut Decoder| {
        let segment = decoder.decode(frame).unwrap().segment;
        let messages = [
            Outgoing::request_answer(&segment, 1),
            Outgoing::execution_result(&segment, 1),
            Outgoing::notice_answer(&segment),
            Outgoing::acknowledgement(&segment),
        ];
        messages.map(|message| String::from_utf8(message.encode(None).unwrap()).unwrap())
    };
    let of_2017 = answers(&rows[18].frame, &mut decoder);
    // The answers that the standard's annex has for this request.
    let annex = |row: usize| String::from_utf8(rows[row - 1].frame.clone()).unwrap();
    assert_eq!([&of_2017[0], &of_2017[2], &of_2017[3]], [&annex(20), &annex(24), &annex(33)]);
    assert!(of_2017[1].contains(";CN=9012;") && of_2017[1].contains("&&ExeRtn=1&&"));
    let heartbeat =
        Outgoing::heartbeat(time("20261123020600000"), "010000A8900016F000169DC0").system("27").password("123456");
    assert_eq!(heartbeat.encode(None).unwrap(), rows[66].frame);
    let of_2025 = answers(&rows[66].frame, &mut decoder);
    assert!(
        of_2025[2].contains(";ST=91;CN=9013;PW=123456;MN=010000A8900016F000169DC0;Flag=8;CP=&&&&"),
        "{}",
        of_2025[2]
    );
}

#[test]
fn every_good_frame_has_a_content_and_a_flag_of_an_edition() {
    for frame in good_frames() {
        with_content(&frame, |_| ());
        let mut decoder = Decoder::new(Mode::Strict);
        let segment = decoder.decode(&frame).unwrap().segment;
        assert_ne!(segment.flag().edition(), Edition::Of2005);
        assert!(Command::from_number(segment.command()).is_some(), "{}", segment.command());
        assert_eq!(segment.flag().has_packets(), segment.packet().is_some());
    }
}

#[test]
fn the_value_of_a_factor_depends_on_the_kind_of_data() {
    let kinds = MeasurementKind::ALL.map(|kind| (kind.command().number(), kind.sub_item("22"), kind.sub_item("23")));
    assert_eq!(
        kinds,
        [
            (2011, SubItem::Rtd, SubItem::Rtd),
            (2013, SubItem::Rtd, SubItem::Rtd),
            (2021, SubItem::RunState, SubItem::RunState),
            (2051, SubItem::Avg, SubItem::Level),
            (2061, SubItem::Avg, SubItem::Level),
            (2031, SubItem::Avg, SubItem::Level),
        ]
    );
}
