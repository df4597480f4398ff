//! Accounts on pages: added, changed and removed by an administrator; passwords chosen by their owners.

use crate::client::{Answer, Client};
use crate::district::{District, PASSWORD};
use vocdb_platform::accounts::{Accounts, Role};
use vocdb_platform::server::accounts_of;

const OTHER: &str = "another good password";

/// The fields of a form.
type Form<'a> = &'a [(&'a str, &'a str)];

/// The secret that a page shows once.
fn secret(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let (_, rest) = answer.body.split_once("<p class=\"confirmation\">").unwrap_or_else(|| panic!("{}", answer.body));
    rest.split('<').next().unwrap().to_owned()
}

fn log_in(district: &District, name: &str, password: &str) -> (Client, Answer) {
    let mut client = district.visitor();
    let answer = client.submit("/login", "/login", &[("name", name), ("password", password)]);
    (client, answer)
}

fn choose(client: &mut Client, before: &str, new: &str, again: &str) -> Answer {
    client.submit("/password", "/password", &[("before", before), ("password", new), ("again", again)])
}

#[test]
fn an_account_is_added_with_a_password_gets_another_role_and_is_removed() {
    let district = District::open();
    let mut ada = district.person("ada");
    let eve = [("name", "eve"), ("role", "operator"), ("password", OTHER), ("reason", "new colleague")];
    ada.act("/accounts", "/accounts/add", &eve);
    let list = ada.page("/accounts");
    assert!(list.contains(">eve<") && !list.contains(OTHER) && !list.contains("argon2"), "{list}");
    let mut eve = Client::logged_in(district.address(), "eve", OTHER);
    assert_eq!(eve.get("/audit").status, 403);
    ada.act("/accounts", "/accounts/role", &[("name", "eve"), ("role", "leader"), ("reason", "promoted")]);
    assert!(eve.page("/audit").contains("account `eve` has the role leader: promoted"));
    ada.act("/accounts", "/accounts/remove", &[("name", "eve"), ("reason", "left")]);
    assert_eq!(eve.get("/audit").header("location"), Some("/login"));
    assert_eq!(log_in(&district, "eve", OTHER).1.status, 200, "the login form again");
    // Somebody else of the same name does not take over the session.
    ada.act("/accounts", "/accounts/add", &[("name", "eve"), ("role", "leader"), ("password", PASSWORD)]);
    assert_eq!(eve.get("/audit").header("location"), Some("/login"));

    let audit = ada.page("/audit");
    for text in
        ["account `eve` added, operator: new colleague", "account `eve` removed: left", "account `eve` added, leader"]
    {
        assert!(audit.contains(text), "{text} is missing: {audit}");
    }
    assert!(!audit.contains(OTHER) && !audit.contains(PASSWORD));
}

#[test]
fn a_password_that_is_made_up_is_shown_once_and_opens_only_the_page_to_choose_another() {
    let district = District::open();
    let mut ada = district.person("ada");
    let answer = ada.submit("/accounts", "/accounts/add", &[("name", "eve"), ("role", "duty-officer")]);
    assert!(answer.status == 422 && answer.body.contains("Choose a role"), "roles have their words: {}", answer.body);
    let made_up = secret(&ada.submit("/accounts", "/accounts/add", &[("name", "eve"), ("role", "duty officer")]));
    assert_eq!(made_up.len(), 20);
    for path in ["/accounts", "/audit"] {
        assert!(!ada.page(path).contains(&made_up), "{path}");
    }
    let (mut eve, answer) = log_in(&district, "eve", &made_up);
    assert_eq!(answer.header("location"), Some("/password"));
    for path in ["/alarms", "/rules", "/maintenance", "/audit"] {
        assert_eq!(eve.get(path).header("location"), Some("/password"), "{path}");
    }
    assert_eq!(eve.get("/api/alarms").status, 403);
    let act = eve.submit("/password", "/maintenance/plan", &[("stations", "**")]);
    assert_eq!(act.header("location"), Some("/password"));

    for (before, new, again, problem) in [
        ("wrong password", OTHER, OTHER, "present password is wrong"),
        (&made_up, OTHER, "yet another password", "passwords differ"),
        (&made_up, &made_up, &made_up, "is the present one"),
    ] {
        let answer = choose(&mut eve, before, new, again);
        assert!(answer.status == 200 && answer.body.contains(problem), "{problem}: {}", answer.body);
    }
    let short = choose(&mut eve, &made_up, "short", "short");
    assert!(short.status == 422 && short.body.contains("at least 10 characters"), "{}", short.body);
    assert_eq!(choose(&mut eve, &made_up, OTHER, OTHER).header("location"), Some("/"));
    eve.page("/alarms");
    assert_eq!(log_in(&district, "eve", &made_up).1.status, 200, "the login form again");
    assert_eq!(log_in(&district, "eve", OTHER).1.header("location"), Some("/"));
}

#[test]
fn a_reset_ends_sessions_and_voids_the_token() {
    let district = District::open();
    let (mut ada, mut olga) = (district.person("ada"), district.person("olga"));
    let token = secret(&ada.submit("/accounts", "/accounts/token", &[("name", "olga")]));
    let bearer = format!("Bearer {token}");
    let ask = |client: &mut Client| client.request("GET", "/api/alarms", &[("authorization", &bearer)], b"").status;
    assert_eq!(ask(&mut district.visitor()), 200);
    olga.page("/alarms");
    let made_up = secret(&ada.submit("/accounts", "/accounts/reset", &[("name", "olga"), ("reason", "lost phone")]));
    assert_eq!(olga.get("/alarms").header("location"), Some("/login"));
    assert_eq!(ask(&mut district.visitor()), 401);
    assert_eq!(log_in(&district, "olga", PASSWORD).1.status, 200, "the login form again");
    assert_eq!(log_in(&district, "olga", &made_up).1.header("location"), Some("/password"));
    assert!(ada.page("/audit").contains("password of account `olga` reset: lost phone"));
}

#[test]
fn another_password_ends_the_other_sessions_of_its_owner() {
    let district = District::open();
    let (mut one, mut other) = (district.person("dan"), district.person("dan"));
    assert_eq!(choose(&mut one, PASSWORD, OTHER, OTHER).status, 303);
    one.page("/alarms");
    assert_eq!(other.get("/alarms").header("location"), Some("/login"));
    // Guessing the present password is bounded as logins are.
    for _ in 0..5 {
        assert_eq!(choose(&mut one, "wrong password", PASSWORD, PASSWORD).status, 200);
    }
    assert_eq!(choose(&mut one, OTHER, PASSWORD, PASSWORD).status, 429);
}

#[test]
fn changes_that_make_no_sense_are_refused_and_leave_no_line() {
    let district = District::open();
    let mut ada = district.person("ada");
    let log = || Accounts::open(&accounts_of(&district.store())).unwrap().log().newest().unwrap().len();
    let before = log();
    let long = "x".repeat(300);
    let refused: &[(&str, Form<'_>, &str)] = &[
        ("/accounts/add", &[("name", "olga"), ("role", "leader"), ("password", OTHER)], "exists"),
        ("/accounts/add", &[("name", ""), ("role", "leader"), ("password", OTHER)], "1 to 64 visible characters"),
        ("/accounts/add", &[("name", " eve"), ("role", "leader"), ("password", OTHER)], "1 to 64 visible characters"),
        ("/accounts/add", &[("name", &long), ("role", "leader"), ("password", OTHER)], "1 to 64 visible characters"),
        ("/accounts/add", &[("name", "eve"), ("role", "king"), ("password", OTHER)], "Choose a role"),
        ("/accounts/add", &[("name", "eve"), ("role", "leader"), ("password", "short")], "at least 10 characters"),
        ("/accounts/add", &[("name", "eve"), ("role", "leader"), ("password", &long)], "at most 256 bytes"),
        ("/accounts/role", &[("name", "nobody"), ("role", "leader")], "No account is named `nobody`"),
        ("/accounts/role", &[("name", "ada"), ("role", "leader")], "only administrator"),
        ("/accounts/remove", &[("name", "ada")], "only administrator"),
        ("/accounts/remove", &[("name", "olga"), ("reason", &long)], "more than 200 characters"),
        ("/accounts/reset", &[("name", "nobody")], "No account is named `nobody`"),
    ];
    for (path, fields, problem) in refused {
        let answer = ada.submit("/accounts", path, fields);
        assert!(answer.status == 422 && answer.body.contains(problem), "{path} {problem}: {}", answer.body);
    }
    assert_eq!(log(), before);
    // With a second administrator, the first one may go.
    ada.act("/accounts", "/accounts/role", &[("name", "lea"), ("role", "administrator")]);
    ada.act("/accounts", "/accounts/remove", &[("name", "ada")]);
    assert_eq!(ada.get("/accounts").header("location"), Some("/login"));
    district.person("lea").page("/accounts");
}

#[test]
fn a_change_on_the_page_keeps_what_the_command_line_has_changed_meanwhile() {
    let district = District::open();
    let mut ada = district.person("ada");
    let command_line = Accounts::open(&accounts_of(&district.store())).unwrap();
    command_line.add("zoe", Role::Operator, PASSWORD).unwrap();
    ada.act("/accounts", "/accounts/role", &[("name", "lea"), ("role", "department")]);
    command_line.remove("pia").unwrap();
    let names: Vec<(String, Role)> =
        command_line.all().into_iter().map(|account| (account.name, account.role)).collect();
    for (name, role) in [("zoe", Role::Operator), ("lea", Role::Department)] {
        assert!(names.contains(&(name.to_owned(), role)), "{names:?}");
    }
    district.tick();
    assert!(!ada.page("/accounts").contains(">pia<"));
    let audit = ada.page("/audit");
    assert!(audit.contains("command line") && audit.contains("account `pia` removed"), "{audit}");
}

#[test]
fn changes_at_the_same_time_are_all_kept_and_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("accounts.json");
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let file = &file;
            scope.spawn(move || {
                let accounts = Accounts::open(file).unwrap();
                for number in 0..3 {
                    accounts.add(&format!("person {writer}-{number}"), Role::Operator, PASSWORD).unwrap();
                }
            });
        }
    });
    let accounts = Accounts::open(&file).unwrap();
    assert_eq!(accounts.all().len(), 12);
    assert_eq!(accounts.log().newest().unwrap().len(), 12);
}
