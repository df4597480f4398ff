//! What is said of rule files that take more than a line to write, as golden texts; and that every message of the sources is in one.
#![cfg(test)]

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use vocdb::rules::{Diagnostic, FolderError, RuleFile, Site, compile, read_folder, sites_of};
use vocdb::{Channel, Instrument, InstrumentId, Interval, Registry, Station, StationId, Unit, run_rule_tests};

/// Where the golden text of this release is to be written, so that it can be looked at.
const GOLDEN: &str = "VOCDB_RULES_SAID";
/// A rule with nothing to say about it.
const GOOD: &str = ".scope(\"park/S1\").when(last(\"benzene\") > 30.ppb).clear_when(last(\"benzene\") < 20.ppb, 1.minute)\
                    .on_missing(\"keep\", 1.hour);";

fn file(name: &str, text: impl Into<String>) -> RuleFile {
    RuleFile { name: name.to_owned(), text: text.into() }
}

/// Stations `park/S1`, `park/S2`, .. with one instrument each, of these channels.
fn sites(channels: &[&[Channel]]) -> Vec<Site> {
    let mut registry = Registry::default();
    for (number, channels) in (1..).zip(channels) {
        let station = StationId::new(number);
        registry.insert_station(station, Station::new(format!("park/S{number}")).unwrap());
        if !channels.is_empty() {
            let gc = Instrument::new("gc", Interval::MINUTE, channels.to_vec()).unwrap();
            registry.insert_instrument(InstrumentId::new(number), station, gc);
        }
    }
    sites_of(&registry)
}

fn benzene() -> Channel {
    Channel::species("benzene", Unit::Ppb).unwrap()
}

/// What is said of files, without what is the same but for a number.
fn said(files: &[RuleFile], sites: &[Site]) -> String {
    let found = match compile(files, sites) {
        Ok(compiled) => compiled.warnings,
        Err(found) => found,
    };
    let mut messages = BTreeSet::new();
    let is_new = |line: &String| {
        let (_, message) = line.split_once(": ").unwrap();
        messages.insert(message.replace(|letter: char| letter.is_ascii_digit(), ""))
    };
    // The rules here are about other things than recipients.
    let is_about = |one: &&Diagnostic| !one.message.contains("notifies nobody");
    found.0.iter().filter(is_about).map(ToString::to_string).filter(is_new).collect::<Vec<_>>().join("\n")
}

fn said_of(text: impl Into<String>) -> String {
    said(&[file("r.rhai", text)], &sites(&[&[benzene()]]))
}

fn rules(count: usize, prefix: &str) -> String {
    format!("for i in 0..{count} {{ alarm(`{prefix}${{i}}`){} }}", GOOD.trim_end_matches(';'))
}

/// Rule files that are large, or many, each with what it is.
fn large_ones() -> Vec<(&'static str, String)> {
    let here = &sites(&[&[benzene()]]);
    let row = |count: usize| -> Vec<RuleFile> {
        let next = |n: usize| if n + 1 < count { format!("import \"f{}\" as next;", n + 1) } else { String::new() };
        (0..count).map(|n| file(&format!("f{n}.rhai"), next(n))).collect()
    };
    let many = |count: usize, text: &str| -> Vec<RuleFile> {
        (0..count).map(|n| file(&format!("f{n:02}.rhai"), text)).collect()
    };
    let busy = "let i = 0; while i < 180000 { i += 1; }";
    let blank = format!("{}\n", " ".repeat(50_000)).repeat(20);
    vec![
        ("a thousand and one variables", said_of((0..1_001).map(|n| format!("let a{n} = {n};\n")).collect::<String>())),
        ("a hundred and thirty brackets", said_of(format!("let x = {}1{};", "(".repeat(130), ")".repeat(130)))),
        ("two statements without an end", said_of("let x = 3\nlet y = 4;")),
        ("ten thousand and one rules in one file", said_of(rules(10_001, "a"))),
        (
            "ten thousand and two rules in two files",
            said(&[file("a.rhai", rules(5_001, "a")), file("b.rhai", rules(5_001, "b"))], here),
        ),
        ("two files of one name", said(&[file("a.rhai", ""), file("a.rhai", "")], here)),
        ("fifty-two files that import each other in a row", said(&row(52), here)),
        ("a file of more than a mebibyte", said_of(blank.repeat(2))),
        ("a file of too many lines", said_of("\n".repeat(60_001))),
        ("a line that is too long", said_of(" ".repeat(60_001))),
        ("five files with a loop without an end", said(&many(5, "loop { }"), here)),
        ("files that are busy, all in all", said(&many(30, busy), here)),
        ("eighteen files of a mebibyte", said(&many(18, &blank), here)),
    ]
}

/// Rules for stations that are not as the rule would have them, each with what is the matter.
fn odd_stations() -> Vec<(&'static str, String)> {
    let rule = format!("alarm(\"a\"){}", GOOD.replace("park/S1", "park/*"));
    let channels: Vec<Channel> =
        (0..13).map(|n| Channel::quantity(format!("channel {n}"), Unit::Ppm).unwrap()).collect();
    let voc = |unit| Channel::quantity("voc", unit).unwrap();
    let rising = "alarm(\"a\").scope(\"park/*\").quorum(2).when(last(\"voc\") > last(\"voc\").ago(1.hour)).on_missing(\"keep\", 1.hour);";
    let counted = "alarm(\"a\").scope(\"park/*\").when_script(#{ n: rate(\"n\", 10.minutes) }, |s| true);";
    let limited = benzene().with_detection_limit(40.0);
    let warm = |condition: &str| {
        let rule = format!("alarm(\"a\").scope(\"park/S1\").when({condition}).on_missing(\"keep\", 1.hour);");
        said(&[file("r.rhai", rule)], &sites(&[&[Channel::quantity("t", Unit::Celsius).unwrap()]]))
    };
    vec![
        (
            "a rate of plain numbers in a closure",
            said(&[file("r.rhai", counted)], &sites(&[&[Channel::quantity("n", Unit::One).unwrap()]])),
        ),
        ("no station", said(&[file("r.rhai", rule.as_str())], &[])),
        ("a station without instruments", said(&[file("r.rhai", rule.as_str())], &sites(&[&[]]))),
        ("thirteen other channels", said(&[file("r.rhai", rule.as_str())], &sites(&[&channels]))),
        ("a detection limit above the limits", said(&[file("r.rhai", rule.as_str())], &sites(&[&[limited]]))),
        (
            "stations of a quorum that measure differently",
            said(&[file("r.rhai", rising)], &sites(&[&[voc(Unit::Ppm)], &[voc(Unit::Millivolt)]])),
        ),
        ("a number of kelvin that is added to degrees Celsius", warm("last(\"t\") + 5.K > 30.degC")),
        ("a product of degrees Celsius that is compared with kelvin", warm("last(\"t\") * 2 > 300.K")),
    ]
}

/// Folders that cannot be read, each with why.
fn odd_folders() -> Vec<(&'static str, String)> {
    let folder = |name: &str, bytes: &[u8]| {
        let dir = crate::support::scratch::dir();
        std::fs::write(dir.path().join(name), bytes).unwrap();
        dir
    };
    let of = |dir: &Path| -> String {
        let error: FolderError = read_folder(dir).unwrap_err();
        error.to_string().replace(&dir.canonicalize().unwrap_or(dir.to_owned()).display().to_string(), "<folder>")
    };
    let file = folder("x.rhai", b"");
    let outside = folder("x.rhai", b"");
    let linked = crate::support::scratch::dir();
    #[cfg(unix)]
    std::os::unix::fs::symlink(outside.path().join("x.rhai"), linked.path().join("x.rhai")).unwrap();
    let many = crate::support::scratch::dir();
    for number in 0..1_001 {
        std::fs::write(many.path().join(format!("{number}.rhai")), "").unwrap();
    }
    let mut told = vec![
        ("a file that is no text", of(folder("x.rhai", b"\xff").path())),
        ("a file that is too large", of(folder("x.rhai", &vec![b' '; (1 << 20) + 1]).path())),
        ("too many files", of(many.path())),
        ("a folder that does not exist", read_folder(Path::new("rulez")).unwrap_err().to_string()),
        ("a file in place of a folder", {
            let path = file.path().join("x.rhai");
            let error = read_folder(&path).unwrap_err().to_string();
            error.replace(&file.path().display().to_string(), "<folder>")
        }),
    ];
    if cfg!(unix) {
        told.push(("a link out of the folder", of(linked.path())));
    }
    told
}

fn odd_tests() -> Vec<(&'static str, String)> {
    let outcomes = run_rule_tests(&[], &[file("r_test.rhai", "let x = 3;")], &Registry::default());
    let failures = outcomes.iter().flat_map(|outcome| &outcome.failures);
    let told = failures.map(|failure| format!("{}: {}", failure.place, failure.message)).collect::<Vec<_>>();
    vec![("a file of tests without a test", told.join("\n"))]
}

#[test]
fn large_and_odd_files_are_told_as_they_are_in_the_golden_text() {
    let cases = [large_ones(), odd_stations(), odd_folders(), odd_tests()].concat();
    let told: String =
        cases.iter().map(|(name, told)| format!("{name}\n    {}\n", told.replace('\n', "\n    "))).collect();
    if let Ok(to) = std::env::var(GOLDEN) {
        std::fs::write(to, &told).unwrap();
    }
    assert_eq!(told, include_str!("../fixtures/rules_said.txt"), "\n{told}");
}

/// Files whose texts are no messages: the words of the language for editors.
const NO_MESSAGES: [&str; 1] = ["src/rules/script/words/definitions.rs"];
/// Texts that are in no golden text, each with why.
const SPARED: [(&str, &str); 41] = [
    ("`{written}` has several units, and a duration in rules has one", "tool/rules/messages.rs tests it"),
    ("no rule notifies a contact `{contact}`", "the same"),
    ("the rules notify {names}", "the same, where no name is near"),
    ("this text does not end on its line", "the pass over the text says it first, with the text that was meant"),
    (", ..", "a part of a list"),
    ("{} kB", "bytes of few readings"),
    ("{:.1} GB", "bytes of very many readings, which memory.rs tests"),
    (
        "the windows of all rules would take about {} of memory, of which this rule takes {}; the limit is {}",
        "an error of loading, which memory.rs and bombs.rs test",
    ),
    ("shorten the window, cover fewer stations, or raise Config::window_bytes_max", "the same"),
    ("there are more than {DIAGNOSTICS_MAX} errors; the others are not listed", "mod.rs tests it"),
    ("correct those before it first", "the same"),
    (
        "a closure that uses values from outside cannot be kept in a variable",
        "the same as `refusals`, once more at run time",
    ),
    ("the interpreter failed", "nothing is known that makes it fail"),
    ("the interpreter failed on this file", "the same"),
    ("look for what is unusual in it", "the same"),
    ("the rule files export more than {EXPORTS_BYTES_MAX} bytes together", "five hundred files of the largest lists"),
    ("export less", "the same"),
    ("the closure is longer than {CLOSURE_BYTES_MAX} bytes", "a closure of eight thousand letters"),
    ("write functions, and call them in the closure", "the same"),
    ("an instrument has {CHANNELS_PER_INSTRUMENT_MAX} channels at most", "a map of five hundred channels"),
    ("a file has {TESTS_MAX} tests at most: split the file", "testing/script.rs tests it"),
    ("the tests of a file have {STEPS_MAX} steps together at most: split the file", "the same"),
    ("the tests of a file register {INSTRUMENTS_MAX} instruments together at most: split the file", "the same"),
    ("a name has {NAME_BYTES_MAX} bytes at most", "the same"),
    (" (line ", "what is cut off a message of Rhai's"),
    (" {lag} ago", "a part of a term's label"),
    (" at {station}", "a part of a term's label"),
    ("{name} is no reserved word", "an assertion"),
    ("the rule has too many windows", "no rule of at most 1000 nodes has so many: windows.rs tests it alone"),
    ("nothing cannot be compared", "an error of a closure's own, which is tested with closures"),
    ("its suppress condition", "what a condition is called whose text is not at hand"),
    ("take the mean of fewer values", "no mean of at most 400 spreads has more than 1000 parts"),
    ("it needs {needed} of its scope `{}`", "a rule that a test leaves out, which rules_cookbook.rs tests"),
    ("its spread needs 2 stations of its scope `{}`", "the same"),
    ("it reads station `{name}`, which the test does not have", "the same"),
    ("it needs {missing} at station `{}`", "the same"),
    ("{} ({})", "the same"),
    ("a station", "the same"),
    ("{quorum} stations", "the same"),
    ("an instrument", "the same"),
    ("instrument `{name}`", "the same"),
];

/// The texts with a space in them, in functions and tables, without attributes and tests.
fn texts(tokens: TokenStream, found: &mut Vec<String>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                let _ = tokens.next_if(|next| matches!(next, TokenTree::Punct(mark) if mark.as_char() == '!'));
                let is_attribute =
                    |next: &TokenTree| matches!(next, TokenTree::Group(g) if g.delimiter() == Delimiter::Bracket);
                let Some(TokenTree::Group(attribute)) = tokens.next_if(is_attribute) else { continue };
                if attribute.stream().to_string().replace(' ', "") == "cfg(test)" {
                    let is_end =
                        |token: &TokenTree| matches!(token, TokenTree::Group(g) if g.delimiter() == Delimiter::Brace);
                    let _ = tokens.by_ref().find(is_end);
                }
            }
            TokenTree::Group(group) => texts(group.stream(), found),
            TokenTree::Literal(literal) => {
                let text = syn::parse_str::<syn::LitStr>(&literal.to_string()).map(|text| text.value());
                found.extend(text.ok().filter(|text| text.contains(' ')));
            }
            _ => {}
        }
    }
}

/// The parts of a text between what is filled in.
fn parts(template: &str) -> Vec<String> {
    let (mut parts, mut part, mut letters) = (Vec::new(), String::new(), template.chars().peekable());
    while let Some(letter) = letters.next() {
        match letter {
            '{' | '}' if letters.next_if_eq(&letter).is_some() => part.push(letter),
            '{' => {
                parts.push(std::mem::take(&mut part));
                let _ = letters.by_ref().find(|letter| *letter == '}');
            }
            other => part.push(other),
        }
    }
    parts.push(part);
    parts
}

fn is_in(line: &str, parts: &[String]) -> bool {
    let mut rest = line;
    parts.iter().all(|part| match rest.find(part.as_str()) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            rust_files(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
}

#[test]
fn every_message_about_rule_files_stands_in_a_golden_text() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let golden: String = [
        "src/rules/golden/mistakes.txt",
        "src/rules/golden/ten.txt",
        "tests/it/fixtures/rule_tests.txt",
        "tests/it/fixtures/rules_said.txt",
    ]
    .map(|path| std::fs::read_to_string(root.join(path)).unwrap())
    .concat();
    let mut files = vec![root.join("src/rules/folder.rs"), root.join("src/rules/roster.rs")];
    for folder in ["src/rules/bind", "src/rules/script", "src/rules/testing"] {
        rust_files(&root.join(folder), &mut files);
    }
    let is_spared = |text: &String| SPARED.iter().any(|(spared, _)| spared == text);
    let (mut count, mut missing) = (0, Vec::new());
    for path in files.iter().filter(|path| !NO_MESSAGES.iter().any(|spared| **path == root.join(spared))) {
        let tokens: TokenStream = std::fs::read_to_string(path).unwrap().parse().unwrap();
        let mut found = Vec::new();
        texts(tokens, &mut found);
        // Comments on items are attributes to the parser, and so are not among them.
        for text in found.into_iter().filter(|text| !is_spared(text)) {
            count += 1;
            let parts = parts(&text);
            if !golden.lines().any(|line| is_in(line, &parts)) {
                missing.push(format!("{}: {text:?}", path.strip_prefix(root).unwrap().display()));
            }
        }
    }
    assert!(count > 300, "{count} texts are too few: something is not read");
    assert!(missing.is_empty(), "{} of {count} texts\n{}", missing.len(), missing.join("\n"));
}
