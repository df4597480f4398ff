//! The command line itself: help, and what it refuses.

use super::{assert_golden, run};

#[test]
fn help_texts_are_the_golden_ones() {
    let dir = crate::support::scratch::dir();
    let help = |arguments: &[&str]| -> String {
        let printed = run(dir.path(), arguments).printed();
        printed.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
    };
    assert_golden("help.txt", &help(&["--help"]));
    for command in ["check", "test", "backtest", "load", "show", "unload"] {
        assert_golden(&format!("help_rules_{command}.txt"), &help(&["rules", command, "--help"]));
    }
    for command in [
        "import",
        "profiles",
        "query",
        "inspect",
        "verify",
        "compact",
        "backup",
        "delete",
        "repair",
        "alarms",
        "dump",
        "restore",
        "quality",
        "audit",
        "cpf",
        "locate",
        "trace",
        "outages",
        "incident",
        "report",
        "attainment",
    ] {
        assert_golden(&format!("help_{command}.txt"), &help(&[command, "--help"]));
    }
    assert_golden("help_hj212_decode.txt", &help(&["hj212", "decode", "--help"]));
    for command in ["import", "list", "set"] {
        assert_golden(&format!("help_stations_{command}.txt"), &help(&["stations", command, "--help"]));
    }
}

#[test]
fn a_command_line_that_makes_no_sense_ends_with_code_two_and_says_what_would() {
    let dir = crate::support::scratch::dir();
    let import = ["import", "s", "f", "--station", "S", "--instrument", "i", "--time", "t"];
    let query = ["query", "s", "--station", "S", "--channel", "c"];
    for (begin, rest, says) in [
        (&import[..], &["--interval", "1m"][..], "--channel <COL=NAME:UNIT[@20C]>"),
        (&import, &["--channel", "a=b:ppb"], "--interval <LENGTH>"),
        (&import, &["--interval", "1 month", "--channel", "a=b:ppb"], "write a number and ms, s, m or min, h or d"),
        (&import, &["--interval", "1m", "--channel", "a:ppb"], "write COL=NAME:UNIT"),
        (&import, &["--interval", "1m", "--channel", "a=b:ppq"], "`ppq` is not a known unit"),
        (&import, &["--interval", "1m", "--channel", "a=b:ug/m3@warm"], "`warm` is not a reference state"),
        (&import, &["--interval", "1m", "--channel", "a=b:ppb", "--time-format", "ISO"], "rfc3339, epoch-s"),
        (&import, &["--interval", "1m", "--channel", "a=b:ppb", "--delimiter", ";;"], "write one character"),
        (&query, &["--from", "yesterday"], "`yesterday` is not a time"),
        (&query, &["--fn", "max"], "--window <LENGTH>"),
        (&query, &["--window", "1h", "--fn", "median"], "possible values: mean"),
        (&query, &["--window", "1h", "--coverage", "175"], "from 0 to 100"),
        (&query, &["--window", "1h", "--coverage", "0.75"], "for 0.75 of all samples write 75"),
        (&["alarms", "ack", "s", "1"], &["--by", "Anna\nforged"], "write it on one line"),
        (&["alarms", "ack", "s", "1"], &["--by", ""], "must not be empty"),
        (
            &["alarms", "ack", "s", "1", "--by", "Anna"],
            &["--comment", "on\u{1b}[2J"],
            "without control or invisible characters",
        ),
        (&["rules", "load", "s", "r", "--why", "x"], &["--by", ""], "must not be empty"),
        (&["rules", "unload", "s", "--by", "Anna"], &[], "--reason <WHY>"),
        (&["inspect"], &[], "<STORE>"),
        (&["inspekt"], &["s"], "inspect"),
    ] {
        let error = run(dir.path(), &[begin, rest].concat()).error(2);
        assert!(error.contains(says), "{rest:?}: {error}");
        assert!(error.lines().all(vocdb::base::escape::is_plain), "{rest:?}: {error:?}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is made");
}

#[test]
fn completions_of_every_shell_name_the_commands_and_need_no_store() {
    let dir = crate::support::scratch::dir();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(dir.path(), &["completions", shell]).printed();
        for word in ["import", "backtest", "hide-unknown"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let error = run(dir.path(), &["completions", "csh"]).error(2);
    assert!(error.contains("possible values: bash"), "{error}");
}

#[test]
fn the_version_is_that_of_the_crate() {
    let dir = crate::support::scratch::dir();
    assert_eq!(run(dir.path(), &["--version"]).printed(), format!("vocdb {}\n", env!("CARGO_PKG_VERSION")));
}
