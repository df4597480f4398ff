//! The files of the languages against each other, against the code, and against the words of the engine.

use clap::ValueEnum;
use fluent_bundle::{FluentBundle, FluentResource};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use vocdb::Quality;
use vocdb::checks::QualityTest;
use vocdb::trace::OdourIntensity;
use vocdb::verdict::Priority;
use vocdb_platform::accounts::Role;

const LANGUAGES: [&str; 2] = ["en", "zh"];

fn file(language: &str) -> String {
    fs::read_to_string(format!("{}/texts/{language}.ftl", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn is_part_of_key(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '-'
}

/// The keys of a file with the names of the values within each message.
fn messages(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut messages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut key = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some((begin, _)) = line.split_once(" = ").filter(|(begin, _)| begin.chars().all(is_part_of_key)) {
            key = begin.to_owned();
        }
        let names = line.split('$').skip(1).map(|rest| rest.chars().take_while(|char| is_part_of_key(*char)).collect());
        messages.entry(key.clone()).or_default().extend(names);
    }
    messages.remove("");
    messages
}

#[test]
fn both_languages_have_the_same_messages_with_the_same_values() {
    let [english, chinese] = LANGUAGES.map(|language| messages(&file(language)));
    assert!(english.len() > 300, "{}", english.len());
    let differs = |(key, values): &(&String, &BTreeSet<String>)| chinese.get(*key) != Some(values);
    assert_eq!(english.iter().filter(differs).collect::<Vec<_>>(), []);
    let is_more = |key: &&String| !english.contains_key(*key);
    assert_eq!(chinese.keys().filter(is_more).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn every_message_is_read_and_none_is_there_twice() {
    for language in LANGUAGES {
        let text = file(language);
        let count = messages(&text).len();
        let resource = FluentResource::try_new(text).map_err(|(_, errors)| errors).unwrap();
        assert_eq!(resource.entries().filter(is_message).count(), count, "{language}");
        let mut bundle = FluentBundle::new(vec![language.parse().unwrap()]);
        bundle.add_resource(resource).unwrap();
    }
}

/// The entries have a type of another crate, whose name shows what they are.
fn is_message(entry: &impl std::fmt::Debug) -> bool {
    format!("{entry:?}").starts_with("Message")
}

/// The text of all sources.
fn sources() -> String {
    fn gather(folder: &Path, text: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                gather(&path, text);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut text = String::new();
    gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut text);
    text
}

/// The texts between quotation marks that look like keys.
fn literals(text: &str) -> BTreeSet<&str> {
    text.split('"').filter(|part| !part.is_empty() && part.chars().all(is_part_of_key)).collect()
}

/// The arguments of every call of a function: what stands between its parentheses.
fn calls<'a>(text: &'a str, function: &str) -> Vec<&'a str> {
    let ends = |rest: &str| {
        let mut depth = 1;
        rest.char_indices().find_map(|(place, char)| {
            depth += match char {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            (depth == 0).then_some(place)
        })
    };
    text.split(function).skip(1).map(|rest| &rest[..ends(rest).unwrap()]).collect()
}

/// The beginning of an argument that is a text between quotation marks.
fn quoted(text: &str) -> Option<&str> {
    text.trim_start().strip_prefix('"')?.split('"').next()
}

/// The names of values in a slice such as `&[("count", 3.into())]`, and whether the slice is written out whole.
fn names(values: &str) -> (BTreeSet<String>, bool) {
    let (mut depth, mut is_whole) = (0, true);
    let mut names = BTreeSet::new();
    for (place, char) in values.char_indices() {
        match char {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => is_whole &= depth > 1 || !char.is_alphanumeric(),
        }
        if char == '(' && depth == 2 {
            names.extend(quoted(&values[place + 1..]).map(str::to_owned));
        }
    }
    (names, is_whole)
}

#[test]
fn the_code_uses_every_message_and_no_other() {
    let (text, messages) = (sources(), messages(&file("en")));
    let used = literals(&text);
    let words: Vec<String> = [".word(", "Value::Word("]
        .iter()
        .flat_map(|function| calls(&text, function))
        .filter_map(|arguments| quoted(arguments).map(|kind| format!("{kind}-")))
        .collect();
    assert!(words.len() > 10, "{words:?}");
    let is_unused =
        |key: &&String| !used.contains(key.as_str()) && !words.iter().any(|kind| key.starts_with(kind.as_str()));
    assert_eq!(messages.keys().filter(is_unused).collect::<Vec<_>>(), Vec::<&String>::new(), "messages without a use");
    let mut asked: Vec<&str> =
        calls(&text, ".say(").into_iter().flat_map(|said| said.split('"').skip(1).step_by(2)).collect();
    for function in [".fill(", ".frame(", "Text::new(", "Value::Message("] {
        asked.extend(calls(&text, function).into_iter().filter_map(quoted));
    }
    assert!(asked.len() > 300, "{}", asked.len());
    asked.retain(|key| !messages.contains_key(*key));
    assert_eq!(asked, Vec::<&str>::new(), "keys without a message");
}

#[test]
fn the_code_gives_every_message_its_values() {
    let (text, messages) = (sources(), messages(&file("en")));
    let mut checked = 0;
    for arguments in [".fill(", ".frame("].iter().flat_map(|function| calls(&text, function)) {
        let Some((key, values)) = quoted(arguments).and_then(|key| Some((key, messages.get(key)?))) else { continue };
        // Slices that have a name are not followed.
        let (given, is_whole) = names(arguments.split_once(',').unwrap().1);
        assert!(if is_whole { given == *values } else { given.is_subset(values) }, "{key}: {given:?}");
        checked += usize::from(is_whole);
    }
    for rest in text.split("Text::new(").skip(1) {
        let Some((key, values)) = quoted(rest).and_then(|key| Some((key, messages.get(key)?))) else { continue };
        let chain = rest.split([';', '\n']).next().unwrap();
        let given: BTreeSet<String> =
            calls(chain, ".with(").into_iter().filter_map(quoted).map(str::to_owned).collect();
        assert!(given.is_subset(values), "{key}: {given:?}");
    }
    for arguments in calls(&text, ".say(").into_iter().filter_map(quoted) {
        assert!(messages.get(arguments).is_none_or(BTreeSet::is_empty), "{arguments} has values");
    }
    assert!(checked > 40, "{checked}");
}

#[test]
fn every_word_of_the_engine_has_a_message() {
    let messages = messages(&file("en"));
    let mut words: Vec<(&str, String)> = Vec::new();
    words.extend(Priority::ALL.map(|priority| ("priority", priority.name().to_owned())));
    words.extend(QualityTest::ALL.map(|test| ("test", test.name().to_owned())));
    words.extend(Quality::ALL.map(|quality| ("flag", quality.name().to_owned())));
    words.extend((0..=6).map(|level| ("odour", OdourIntensity::new(level).unwrap().name().to_owned())));
    words.extend(Role::value_variants().iter().map(|role| ("role", role.words().to_owned())));
    words.extend(["app", "sms", "email", "phone"].map(|route| ("route", route.to_owned())));
    words.extend(["open", "overdue", "located", "closed"].map(|state| ("incident-state", state.to_owned())));
    words.extend(["violation", "no-violation", "source-not-found"].map(|name| ("outcome", name.to_owned())));
    let key = |(kind, word): &(&str, String)| {
        let plain = |char: char| if char.is_ascii_alphanumeric() { char } else { '-' };
        format!("{kind}-{}", word.chars().map(plain).collect::<String>())
    };
    let missing: Vec<String> = words.iter().map(key).filter(|key| !messages.contains_key(key)).collect();
    assert_eq!(missing, Vec::<String>::new());
}
