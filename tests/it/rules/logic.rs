//! The logic of a rule: equal where its verdicts must be equal, another where a closure looks at something else.
#![cfg(test)]

use vocdb::base::checksum::Digest;
use vocdb::rules::{RuleFile, compile, sites_of};
use vocdb::{Channel, Instrument, InstrumentId, Interval, Registry, Station, StationId, Unit};

fn registry() -> Registry {
    let (mut registry, station) = (Registry::default(), StationId::new(1));
    registry.insert_station(station, Station::new("park/S1").unwrap());
    let channels = vec![Channel::species("benzene", Unit::Ppb).unwrap()];
    let gc = Instrument::new("gc", Interval::MINUTE, channels).unwrap();
    registry.insert_instrument(InstrumentId::new(1), station, gc);
    registry
}

/// The logic of the rule `a`, whose text may have `CLOSURE` for the beginning of its interpreted condition.
fn logic(text: &str, imported: &str) -> Digest {
    const CLOSURE: &str = "alarm(\"a\").scope(\"park/S1\").when_script(#{ b: last(\"benzene\") / 1.ppb }, ";
    let file = |name: &str, text: &str| RuleFile { name: name.to_owned(), text: text.to_owned() };
    let files = [file("limits.rhai", imported), file("r.rhai", &text.replace("CLOSURE ", CLOSURE))];
    let plans = compile(&files, &sites_of(&registry())).unwrap_or_else(|found| panic!("{text}\n{found}")).plans;
    plans.iter().find(|plan| plan.spec.rule == "a").unwrap().spec.logic
}

const LIMITS: &str = "export const TRIP = 30.0;";

fn differ(one: &str, other: &str) {
    assert_eq!(logic(one, LIMITS), logic(one, LIMITS), "{one}");
    assert_ne!(logic(one, LIMITS), logic(other, LIMITS), "{one}\n{other}");
}

fn agree(one: &str, other: &str) {
    assert_eq!(logic(one, LIMITS), logic(other, LIMITS), "{one}\n{other}");
}

#[test]
fn an_edit_of_a_captured_value_is_another_logic() {
    differ("let limit = 30.0; CLOSURE |s| s.b > limit);", "let limit = 31.0; CLOSURE |s| s.b > limit);");
    differ("let limit = 30.0; CLOSURE |s| s.b > limit);", "let limit = 30; CLOSURE |s| s.b > limit);");
    differ("let l = [1.0, [2.0]]; CLOSURE |s| s.b > l[0]);", "let l = [1.0, [2.5]]; CLOSURE |s| s.b > l[0]);");
    differ("let l = #{ a: 1.0 }; CLOSURE |s| s.b > l.a);", "let l = #{ a: 1.0, b: 2.0 }; CLOSURE |s| s.b > l.a);");
    differ(
        "let t = \"ab\"; CLOSURE |s| s.b > 1.0 && t == \"c\");",
        "let t = \"a\"; CLOSURE |s| s.b > 1.0 && t == \"c\");",
    );
    let chosen = |limit: &str| format!("fn rule(limit) {{ CLOSURE |s| s.b > limit); }} rule({limit});");
    differ(&chosen("30.0"), &chosen("31.0"));
}

#[test]
fn an_edit_of_a_function_that_is_called_is_another_logic() {
    let called = |body: &str| format!("fn limit(x) {{ {body} }} CLOSURE |s| s.b > limit(1.0));");
    differ(&called("x * 30.0"), &called("x * 31.0"));
    let within = |body: &str| format!("fn f(x) {{ g(x) }} fn g(x) {{ {body} }} CLOSURE |s| s.b > f(1.0));");
    differ(&within("x * 30.0"), &within("x * 31.0"));
    let method = |body: &str| format!("fn twice() {{ {body} }} CLOSURE |s| s.b.twice() > 3.0);");
    differ(&method("this * 2.0"), &method("this * 3.0"));
    let by_name = |body: &str| {
        format!("fn limit(x) {{ {body} }} CLOSURE |s| {{ let n = \"lim\"; s.b > Fn(n + \"it\").call(1.0) }});")
    };
    differ(&by_name("x * 30.0"), &by_name("x * 31.0"));
    let pointed =
        |body: &str| format!("fn limit(x) {{ {body} }} let f = Fn(\"limit\"); CLOSURE |s| s.b > f.call(1.0));");
    differ(&pointed("x * 30.0"), &pointed("x * 31.0"));
    let listed =
        |body: &str| format!("fn limit(x) {{ {body} }} let f = [Fn(\"limit\")]; CLOSURE |s| s.b > f[0].call(1.0));");
    differ(&listed("x * 30.0"), &listed("x * 31.0"));
    let made = |limit: &str| format!("fn make() {{ |s| s.b > {limit} }} CLOSURE make());");
    differ(&made("30.0"), &made("31.0"));
    let named = |limit: &str| format!("{{ let test = |s| s.b > {limit}; CLOSURE test); }}");
    differ(&named("30.0"), &named("31.0"));
}

#[test]
fn an_edit_of_an_imported_file_is_another_logic() {
    let text = "import \"limits\" as limits; let trip = limits::TRIP; CLOSURE |s| s.b > trip);";
    assert_eq!(logic(text, LIMITS), logic(text, LIMITS));
    assert_ne!(logic(text, LIMITS), logic(text, "export const TRIP = 31.0;"));
    assert_eq!(logic(text, LIMITS), logic(text, "export const OTHER = 5.0; export const TRIP = 30.0;"));
}

#[test]
fn what_the_closure_does_not_look_at_leaves_the_logic_as_it_is() {
    let closure = "CLOSURE |s| s.b > f(g(1.0)));";
    let (f, g) = ("fn f(x) { x * 2.0 }", "fn g(x) { x + 1.0 }");
    agree(&format!("{f} {g} {closure}"), &format!("{g}\n\n// Between.\n{f} {closure}"));
    agree(&format!("{f} {g} {closure}"), &format!("{f} {g} fn h(x) {{ x }} let other = 3; {closure}"));
    agree(&format!("{f} {g} {closure}"), &format!("{closure} fn f(x) {{ x /* twice */ * 2.0 }} {g}"));
    agree(
        "let a = 1.0; let b = 2.0; CLOSURE |s| s.b > a + b);",
        "let b = 2.0; let c = 3.0; let a = 1.0; CLOSURE |s| s.b > a + b);",
    );
    agree(
        "let l = #{ a: 1.0, b: 2.0 }; CLOSURE |s| s.b > l.a);",
        "let l = #{ b: 2.0, a: 1.0 }; CLOSURE |s| s.b > l.a);",
    );
    let plain = "alarm(\"a\").scope(\"park/S1\").when(last(\"benzene\") > TRIP);";
    agree(&format!("const TRIP = 30.ppb; {plain}"), &format!("const OTHER = 1.ppb; const TRIP = 30.ppb; {plain}"));
    differ(&format!("const TRIP = 30.ppb; {plain}"), &format!("const TRIP = 31.ppb; {plain}"));
}
