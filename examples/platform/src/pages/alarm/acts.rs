//! What people do about an alarm. The ledger has each act, with its author, before the answer.

use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::Text;
use crate::view::Form;
use crate::visit::{Act, Number, Visitor};
use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use std::sync::Arc;
use vocdb::alarm::AlarmRecord;
use vocdb::alarm::event::{AlarmKey, Shelving};
use vocdb::{AlarmId, Database, Error};

type Answer = Result<Redirect, Failure>;

/// Who does what about which alarm.
struct Deed {
    alarm: AlarmId,
    by: String,
    comment: String,
}

impl Deed {
    fn of(number: u64, act: &Act, right: Right) -> Result<Self, Failure> {
        let by = act.visitor.must(right)?.name.clone();
        Ok(Self { alarm: AlarmId(number), by, comment: act.fields.text("comment")?.to_owned() })
    }

    /// The comment, where the act needs a reason.
    fn with_reason(self) -> Result<Self, Failure> {
        if self.comment.is_empty() {
            return Err(Failure::Invalid(Text::new("reason-missing")));
        }
        Ok(self)
    }

    async fn run(
        self,
        platform: &Arc<Platform>,
        run: impl FnOnce(&Database, &Self) -> Result<(), Error> + Send + 'static,
    ) -> Answer {
        let number = self.alarm.0;
        platform.act(move |db| run(db, &self)).await?;
        Ok(Redirect::to(&format!("/alarms/{number}")))
    }
}

/// `POST /alarms/{number}/acknowledge`
pub(crate) async fn acknowledge(State(platform): State<Arc<Platform>>, Number(number): Number, act: Act) -> Answer {
    let deed = Deed::of(number, &act, Right::Acknowledge)?;
    deed.run(&platform, |db, deed| db.acknowledge(deed.alarm, &deed.by, &deed.comment)).await
}

/// `POST /alarms/{number}/comment`
pub(crate) async fn comment(State(platform): State<Arc<Platform>>, Number(number): Number, act: Act) -> Answer {
    let deed = Deed::of(number, &act, Right::Comment)?.with_reason()?;
    deed.run(&platform, |db, deed| db.comment(deed.alarm, &deed.by, &deed.comment)).await
}

/// `POST /alarms/{number}/hand-over`
pub(crate) async fn hand_over(State(platform): State<Arc<Platform>>, Number(number): Number, act: Act) -> Answer {
    let deed = Deed::of(number, &act, Right::Direct)?;
    let to = act.fields.required("to")?.to_owned();
    if platform.accounts.get(&to).is_none() {
        return Err(Failure::Invalid(Text::new("account-unknown").with("name", to.as_str())));
    }
    deed.run(&platform, move |db, deed| db.hand_over(deed.alarm, &to, &deed.by, &deed.comment)).await
}

/// `POST /alarms/{number}/shelve`
pub(crate) async fn shelve(State(platform): State<Arc<Platform>>, Number(number): Number, act: Act) -> Answer {
    let deed = Deed::of(number, &act, Right::Direct)?.with_reason()?;
    let until = platform.zone.read(act.fields.required("until")?);
    let until = until.map_err(|error| Failure::Invalid(Text::english(error)))?;
    deed.run(&platform, move |db, deed| {
        db.shelve(&key_of(db, deed.alarm)?, Shelving::Until(until), &deed.by, &deed.comment)
    })
    .await
}

/// `POST /alarms/{number}/unshelve`
pub(crate) async fn unshelve(State(platform): State<Arc<Platform>>, Number(number): Number, act: Act) -> Answer {
    let deed = Deed::of(number, &act, Right::Direct)?;
    deed.run(&platform, |db, deed| db.unshelve(&key_of(db, deed.alarm)?, &deed.by, &deed.comment)).await
}

/// `POST /alarms/{number}/incident`
pub(crate) async fn open_incident(State(platform): State<Arc<Platform>>, Number(number): Number, act: Act) -> Answer {
    let deed = Deed::of(number, &act, Right::Direct)?.with_reason()?;
    let open = move |db: &Database| db.open_incident(db.opening_of_alarm(deed.alarm)?, &deed.by, &deed.comment);
    let incident = platform.act(open).await?;
    Ok(Redirect::to(&format!("/incidents/{}", incident.0)))
}

/// The rule and scope of an open alarm.
fn key_of(db: &Database, alarm: AlarmId) -> Result<AlarmKey, Error> {
    let open = db.alarms().into_iter().find(|open| open.opened.alarm == alarm);
    open.map(|open| open.key()).ok_or_else(|| vocdb::alarm::AlarmError::NotOpen(alarm).into())
}

/// The forms for an open alarm that a visitor may use.
pub(super) fn forms(platform: &Platform, visitor: &Visitor, record: &AlarmRecord) -> Markup {
    let path = |act: &str| format!("/alarms/{}/{act}", record.id().0);
    let language = visitor.language;
    let comment =
        || html! { label { (language.say("label-comment")) textarea name="comment" rows="2" maxlength="4000" {} } };
    let required = |key: &str| {
        html! { label { (language.say(key)) textarea name="comment" rows="2" maxlength="4000" required {} } }
    };
    let is_shelved = record.silence.as_ref().is_some_and(|silence| silence.shelved.is_some());
    let until = html! {
        label { (language.say("label-until")) " (" (platform.zone_name) ")" input name="until" type="datetime-local" required; }
        (required("label-reason"))
    };
    let to = html! {
        label { (language.say("label-recipient")) select name="to" translate="no" required {
            @for account in platform.accounts.all() { option { (account.name) } }
        } }
        (comment())
    };
    let form = |act: &str, key: &str, fields: Markup| {
        let button = &language.say(key);
        html! {
            section.card { h2 { (button) } (Form { action: &path(act), button, fields }.of(visitor)) }
        }
    };
    html! {
        h2 { (language.say("acts-title")) }
        div.grid {
            @if visitor.may(Right::Acknowledge) && record.alarm.acknowledged.is_none() {
                (form("acknowledge", "act-acknowledge", comment()))
            }
            @if visitor.may(Right::Comment) { (form("comment", "label-comment", required("label-comment"))) }
            @if visitor.may(Right::Direct) {
                (form("hand-over", "act-hand-over", to))
                @if is_shelved { (form("unshelve", "act-unshelve", comment())) } @else { (form("shelve", "act-shelve", until)) }
            }
        }
    }
}
