//! Logging in and out.

use crate::district::{District, NOW_MS, PASSWORD};

#[test]
fn a_session_begins_with_the_right_password_and_ends_with_the_logout() {
    let district = District::open();
    let mut client = district.visitor();
    assert!(client.page("/").contains("Log in"));
    let wrong = client.submit("/login", "/login", &[("name", "olga"), ("password", "wrong password")]);
    assert!(wrong.status == 200 && wrong.body.contains("Name or password is wrong."), "{}", wrong.body);
    let nobody = client.submit("/login", "/login", &[("name", "nobody"), ("password", PASSWORD)]);
    assert!(nobody.body.contains("Name or password is wrong."), "{}", nobody.body);

    let right = client.submit("/login", "/login", &[("name", "olga"), ("password", PASSWORD)]);
    let cookie = right.header("set-cookie").unwrap();
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
    assert!(client.page("/").contains("olga (operator)"));
    let kept = client.cookies.clone();
    client.act("/", "/logout", &[]);
    // The old cookie is worth nothing now.
    client.cookies = kept;
    assert_eq!(client.get("/alarms").header("location"), Some("/login"));
}

#[test]
fn a_session_ends_after_twelve_hours() {
    let district = District::open();
    let mut olga = district.person("olga");
    district.clock.set_ms(NOW_MS + 12 * 3_600_000 - 1);
    olga.page("/alarms");
    district.clock.set_ms(NOW_MS + 12 * 3_600_000);
    assert_eq!(olga.get("/alarms").header("location"), Some("/login"));
}

#[test]
fn guessing_a_password_is_refused_until_a_quarter_of_an_hour_is_over() {
    let district = District::open();
    let mut client = district.visitor();
    let mut attempt =
        |name, password| client.submit("/login", "/login", &[("name", name), ("password", password)]).status;
    for _ in 0..5 {
        assert_eq!(attempt("olga", "wrong password"), 200);
    }
    assert_eq!(attempt("olga", PASSWORD), 429);
    assert_eq!(attempt("dan", PASSWORD), 303, "another name is not affected");
    district.clock.set_ms(NOW_MS + 15 * 60_000);
    let mut client = district.visitor();
    assert_eq!(client.submit("/login", "/login", &[("name", "olga"), ("password", PASSWORD)]).status, 303);
}
