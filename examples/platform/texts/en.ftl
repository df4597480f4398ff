# Texts of the pages in English. Each message is in zh.ftl too, with the same values; a test compares the two files and the code.

## Frame of a page

brand = vocdb platform
sections = Sections
times = Times: { $zone }
live-none = reload the page for news
live-ready = live
live-lost = connection lost
log-in = Log in
log-out = Log out
tab-stations = Stations
tab-map = Map
tab-values = Values
tab-alarms = Alarms
tab-incidents = Incidents
tab-rules = Rules
tab-quality = Quality
tab-statistics = Statistics
tab-odours = Odour reports
tab-maintenance = Maintenance
tab-audit = Audit trail
tab-register = Register
tab-accounts = Accounts
tab-phones = Phones
tab-odour = Report an odour

## Labels that several pages share

label-act = Act
label-age = Age
label-alarm = Alarm
label-channel = Channel
label-closed = Closed
label-comment = Comment
label-deadline = Deadline
label-flag = Flag
label-from = From
label-incident = Incident
label-instrument = Instrument
label-limit = Limit
label-message = Message
label-name = Name
label-notified = Notified
label-opened = Opened
label-outcome = Outcome
label-owner = Owner
label-person = Person
label-priority = Priority
label-reason = Reason
label-rule = Rule
label-recipient = Recipient
label-route = Channel
label-share = Share
label-site = Site
label-state = State
label-station = Station
label-time = Time
label-to = To
label-unit = Unit
label-until = Until
label-value = Value
label-wind = Wind
list-separator = {", "}
no-value = no value
nobody = nobody
none = none
show = Show
stale = stale

## Spans of time

span-seconds = { $seconds } s
span-minutes = { $minutes } min
span-hours = { $hours } h { $minutes } min
span-days = { $days } d { $hours } h
span-ago = { $span } ago
span-ahead = in { $span }
span-hour = 1 hour
span-six-hours = 6 hours
span-day = 1 day
span-week = 1 week

## Directions that the wind comes from

direction-N = N
direction-NNE = NNE
direction-NE = NE
direction-ENE = ENE
direction-E = E
direction-ESE = ESE
direction-SE = SE
direction-SSE = SSE
direction-S = S
direction-SSW = SSW
direction-SW = SW
direction-WSW = WSW
direction-W = W
direction-WNW = WNW
direction-NW = NW
direction-NNW = NNW
direction-calm = calm

## Roles and rights

role-public = public
role-operator = operator
role-duty-officer = duty officer
role-department = department
role-leader = leader
role-administrator = administrator
right-see-this-page = see this page
right-see-the-audit-trail = see the audit trail
right-comment = comment
right-acknowledge-alarms = acknowledge alarms
right-direct-alarms-and-incidents = direct alarms and incidents
right-record-findings = record findings
right-plan-maintenance = plan maintenance
right-check-and-load-rules = check and load rules
right-register-and-move-stations = register and move stations
right-manage-accounts = manage accounts
right-send-readings = send readings
role-refused = The role { $role } may not { $right }.

## States

state-normal = normal
state-silent = no recent readings
state-acknowledged = alarm, acknowledged
state-alarm = alarm
state-urgent = alarm, high priority
alarm-state-open = open
alarm-state-closed = closed
alarm-state-acknowledged = acknowledged
alarm-state-unacknowledged = unacknowledged
alarm-state-history = history
alarm-state-late = late
alarm-state-latched = latched
alarm-state-shelved = shelved
alarm-state-suppressed = suppressed
alarm-state-out-of-service = out-of-service
alarm-state-maintenance = maintenance
incident-state-open = open
incident-state-located = located
incident-state-overdue = overdue
incident-state-closed = closed
priority-low = low
priority-medium = medium
priority-high = high
priority-urgent = urgent
outcome-violation = violation
outcome-no-violation = no violation
outcome-source-not-found = source not found
outcome-kind = Kind of the violation
route-app = app
route-sms = sms
route-email = email
route-phone = phone

## Quality flags and tests

flag-normal = normal
flag-over-range = over range
flag-fault = fault
flag-calibration = calibration
flag-maintenance = maintenance
flag-set-by-hand = set by hand
flag-out-of-operation = out of operation
flag-link-fault = link fault
flag-below-detection = below detection
flag-suspect = suspect
test-gap = gap
test-gross-range = gross-range
test-spike = spike
test-rate-of-change = rate-of-change
test-flat-line = flat-line
test-attenuated-signal = attenuated-signal
test-neighbour = neighbour
test-repeated-sequence = repeated-sequence
test-few-distinct-values = few-distinct-values
test-smooth-signal = smooth-signal
test-smooth-against-neighbours = smooth-against-neighbours
test-under-limit = under-limit
test-calibration-at-peaks = calibration-at-peaks
test-sum-of-species = sum-of-species
test-minute-against-hour = minute-against-hour
test-time-of-receipt = time-of-receipt

## Failures

failure-not-found-title = Not Found
failure-not-found = There is no such page.
failure-login-needed = Log in first.
failure-refused-title = Forbidden
failure-invalid-title = Unprocessable Entity
failure-too-large-title = Payload Too Large
failure-too-large = The request is larger than this page accepts.
failure-too-many-title = Too Many Requests
failure-busy-title = Service Unavailable
failure-busy = The platform is busy: try again in a moment.
failure-internal-title = Internal Server Error
failure-internal = The store cannot do this now. The log of the platform has the cause.
failure-back = Back to the stations
field-empty = The field `{ $field }` is empty: fill it in.
field-no-number = The field `{ $field }` is not a number.
field-too-long = The field `{ $field }` has more than { $count } characters.
form-of-program = Forms need a session; programs use the JSON interface.
form-unreadable = The form cannot be read.
form-outdated = The form is out of date: open its page again, and send it from there.
range-backwards = The range ends before it begins: exchange its ends.
range-too-long = The range is longer than { $days } days: choose a shorter one.
range-no-time = `{ $field }` is not a time: write it as 2026-03-14T22:40.
range-too-many-readings = The range has more than { $count } readings: choose a shorter one.
range-too-many-samples = The range has more than { $count } samples of this station: choose a shorter one.

## Logging in

login-name = Name
login-password = Password
login-wrong = Name or password is wrong.
login-too-many = Too many attempts to log in: wait a quarter of an hour.

## Stations

stations-none = The store has no stations. An administrator registers them on the page { $page }.
stations-newest = Newest reading
stations-values = Newest values
stations-alarms = { $count ->
    [one] 1 alarm
   *[other] { $count } alarms
}
stations-share = ({ $share } of the limit)
stations-more = and { $count } more
share-over = over: { $share }
station-title = Station { $station }
station-channel = { $channel } in { $unit }
station-readings = { $count ->
    [one] 1 reading
   *[other] { $count } readings
}, { $flagged } with a flag (circles).
station-no-limit = No rule in force compares this channel with a number.
station-dashed = Dashed: { $limit }, { $value }.
station-svg = This chart as SVG
station-csv = Its values as CSV
station-rose = Wind and pollution rose
station-range = Another range
station-channels = Channels
station-newest = Newest value
limit-detection = detection limit

## Trend of a channel

trend-title = { $channel } at { $station } in { $unit }
trend-extremes = valid values from { $least } to { $greatest } { $unit }
trend-no-values = no valid values
trend-description = From { $from } to { $to }: { $extremes }, { $limits ->
    [one] 1 limit
   *[other] { $limits } limits
}.
trend-values = valid values
trend-flagged = value with a flag
chart-newest = Newest readings of { $channel }
chart-mean = Mean
chart-least = Least
chart-greatest = Greatest
chart-flagged = With a flag
chart-whole = Whole range
chart-help = Drag to zoom, double-click for the whole range. Keys: arrows move the cursor, + and - zoom, Escape shows the whole range.
trend-limit = { $limit }: { $value }

## Values against limits

values-title = Values against limits
values-all = all values
values-limited = values with a limit
values-stale = stale values
values-count = { $count ->
    [one] 1 value.
   *[other] { $count } values, those nearest to their limits first.
}
values-first = The first { $count } are shown: filter them.
values-meaning = A limit is the least number that a rule in force compares a mean of the channel with; the share is that of the newest value.
values-filter-too-long = A filter has at most { $count } characters.

## Map

map-title = Map of the stations
map-none = No station has a position: place them with { $command }.
map-svg = This map as SVG
map-unplaced = Not on the map
map-stations = Stations on the map
map-sites = Sites on the map
map-east = Metres east
map-north = Metres north
map-no-wind = no recent wind
map-wind = wind from { $direction }, { $speed } m/s
map-reference = Metres from { $place } (WGS 84). Winds are means of the last ten minutes.
map-description = Map of { $stations } stations and { $sites } sites at { $time }. North is up. { $states }
map-too-far = more than 500 km from the other stations
map-polar = within a degree of a pole
map-no-position = no position
map-metres-only = a position in metres only, the other stations have degrees
map-wind-legend = wind, blowing this way
map-site = site
map-suspect = suspected site
map-mode = most probable place
map-half = 50 % area
map-most = 90 % area
map-sector = sector upwind
map-sector-meaning = sector upwind, in which the source lies
map-north-arrow = north
map-kilometres = { $length } km
map-metres = { $length } m
source-no-channel = no alarm of the incident names a channel
source-no-positions = the stations have no positions in degrees

## Alarms

alarms-open = Open
alarms-closed = Recently closed
alarms-none-open = No alarm is open.
alarms-none-closed = No alarm has closed yet.
alarms-rule = { $rule }, { $priority } priority

## Incidents

incidents-none = No incident was opened yet. Open one from the page of an alarm.
incidents-opened = opened { $time } by { $person }
deadline-met = met, { $span } before it
deadline-met-late = met late, by { $span }

## Phones of the demo

phones-meaning = What the people of the demo receive. Each row is a notification that was delivered; the newest is first.
phones-recipients = Recipients
phones-all = all ({ $count })
phones-none = Nobody has received anything yet.

## Data quality

quality-title = Data quality
quality-all = Coverage of all stations
quality-meaning = Valid samples over the expected ones, up to now. The station's figure is that of its worst channel. Below { $least } it is marked. Choose a station for its flags and findings.
quality-no-stations = The store has no stations.
quality-worst = Worst channel
quality-day = 24 hours
quality-week = 7 days
quality-low = low
quality-no-channels = no channels
quality-station-without-channels = The station has no channels.
quality-flags = Coverage and flags
quality-findings = Findings
quality-range = Flags and missing samples from { $from } to { $to }.
quality-expected = Expected
quality-missing = Missing
quality-measured = Measured
quality-tests = Tests of the readings of this station in the range, each against the range itself. Findings change no reading. Tests against other stations and longer histories: { $command }.
quality-nothing-found = The tests found nothing.
quality-count = { $count ->
    [one] 1 finding.
   *[other] { $count } findings.
}
quality-first = The first { $count } are shown.
quality-test = Test

## Roses

rose-title = Roses of { $station }
rose-no-wind = No station measures the wind: there is no rose.
rose-wind-at = Wind at { $station }
rose-load-of = { $channel } by the direction of the wind
rose-wind-svg = Wind rose as SVG
rose-load-svg = Pollution rose as SVG
rose-csv = Numbers as CSV
rose-wind-of = Wind of
rose-wind-title = Wind rose of { $station }
rose-load-title = Pollution rose of { $channel } at { $station }
rose-description = Shares of { $count } values by the direction that the wind came from. Most often from { $direction } ({ $share }). In calm air: { $calm }.
rose-coverage = { $valid } of { $expected } expected samples are valid ({ $share })
rose-wind-words = { $coverage }. { $sectors } sectors of 22.5 degrees by the direction that the wind came from, with their lower edges. Calm air, below { $speed } m/s, is in no sector: { $calm } samples ({ $share }).
rose-load-words = { $coverage }; { $without } of them have no wind and are not counted. In calm air: { $calm } ({ $share }). Shares are of the values with a wind.
rose-numbers = The roses in numbers
rose-wind-from = Wind from
rose-winds = Winds
rose-values = Values
rose-mean = Mean { $unit }
rose-greatest = Greatest { $unit }
rose-below = below { $end } { $unit }
rose-between = { $begin } to { $end } { $unit }
rose-above = { $begin } { $unit } and more
rose-all = all

## Statistics: days within limits

days-title = Days within limits
days-no-limit = Name a channel and a limit above, or start the platform with { $option }.
days-meaning = A day counts with the hours whose samples are complete; coverage is counted in samples and hours. A day that is not over is left out. Numbers are the greatest values of the first limit, in its unit.
days-none = No day begins in this period.
days-no-station = No station measures a channel with a limit on these days.
days-left-out = { $count } further stations are left out.
days-kept = Kept
days-exceeded = Exceeded
days-incomplete = Incomplete
day-kept = kept
day-exceeded = exceeded
day-incomplete = incomplete
day-none = –
limit-of-file = By the limits file of the platform:
limit-of-form = By the limit above:
limit-field = A field of the limit is too long, or has a comma or a quote.
limit-wrong = The limit: { $reason }
limit-average = Average
limit-coverage = Coverage that is needed
average-hour = greatest hourly mean of the day
average-eight-hours = greatest mean of 8 hours
average-eight-hours-within-day = greatest mean of 8 hours within the day
average-day = daily mean

## Statistics: alarms and incidents

metrics-openings = Openings
metrics-rate = Per ten minutes
metrics-rate-words = { $mean } on average, { $most } at most
metrics-flood = In flood
metrics-flood-words = { $share } of the time (ten openings or more in ten minutes)
metrics-priorities = By priority
metrics-acknowledged = Acknowledged
metrics-acknowledged-after = , after { $span } on average
metrics-stale = Open for over a day
metrics-late = Late steps
metrics-late-words = { $count ->
    [one] 1 step
   *[other] { $count } steps
} of escalations 5 seconds or more after they were due
metrics-history = Recorded as history
metrics-meaning = Figures of ISA-18.2. Chattering: opened for the third time or more within a minute. Fleeting: closed within a minute.
offenders-title = Rules that opened most often
offenders-rule = Rule and scope
offenders-chattering = Chattering
offenders-fleeting = Fleeting
figures-opened-title = Opened
figures-opened = { $count }, of which { $open } are open
figures-located = Located
figures-located-words = { $count }, { $soon } within 24 hours
figures-overdue = Overdue
figures-to-site = Median to a site
figures-to-closing = Median to closing
figures-violations = Violations by kind
figures-penalties = Penalties in { $currency }: { $count }, { $amount } in all

## Audit trail

audit-meaning = From the ledger: acts on alarms and incidents, maintenance, loaded rules, changes of stored readings and stations. From the log of administration: accounts, registered stations, rule tests.
audit-none = Nobody has done anything yet.
audit-rules = loaded rules
audit-alarm = alarm #{ $number }
audit-rule = rule { $rule } at { $scope }
audit-opened = opened, { $title }
audit-suspected = suspects { $site }
audit-found = found: { $text }
audit-rectified = rectified: { $text }
audit-closed = closed, { $outcome }
audit-reopened = reopened
audit-commented = commented
audit-added = alarm #{ $number } added
audit-another = another step
audit-replaced = values replaced
audit-flag = flag { $flag } set
audit-deleted = readings deleted
audit-channels = channels changed
audit-placed = station placed
audit-moved = station moved
audit-change = { $what } at { $place }

## Odour reports

odour-time = When did you notice it?
odour-latitude = Latitude in degrees
odour-longitude = Longitude in degrees
odour-intensity = How strong is it?
odour-words = What does it smell like?
odour-reporter = Your name (optional)
odour-meaning = Your report goes to the duty officers of the district, with the time and the place that you write.
odour-send = Send the report
odour-thanks = Thank you. The report is recorded. Its confirmation number is
odour-number = Give this number if you call about your report.
odour-another = Send another report
odour-recorded = Your report is recorded
odour-too-many = Too many reports from your network: wait an hour, or call the duty officer.
odour-too-old = The time must lie within the last 30 days.
odour-no-intensity = Choose how strong the odour is.
odour-not-perceptible = not perceptible
odour-very-weak = very weak
odour-weak = weak
odour-distinct = distinct
odour-strong = strong
odour-very-strong = very strong
odour-extremely-strong = extremely strong
odours-none = Nobody has reported an odour yet.
odours-intensity = Intensity
odours-place = Place
odours-words = Words
odours-reporter = Reporter
odours-no-reporter = not given

## Source of an incident

place-title = Source
place-map = Map of incident { $number }
place-none = The source is not located: { $reason }.
place-unknown = Suspects that are no sites of the map: { $sites }.
place-located = The source lies in the areas of the map.
place-direction-only = The source lies in the sector of the map; its distance is not known.
place-not-enough = The readings do not show where the source lies.
place-origin = From { $channel }, { $from } to { $to }. Computed { $at }.
place-mode = Most probable place: { $place }.
place-areas = Areas: { $half } ha (50 %) and { $most } ha (90 %).
place-probability = Probability
place-evidence = What speaks for or against it
place-only = its place only

## Page of an alarm

acts-title = Act
reason-missing = The reason is missing: fill it in.
account-unknown = No account is named `{ $name }`.
act-acknowledge = Acknowledge
act-hand-over = Hand over
act-shelve = Shelve
act-unshelve = Unshelve
alarm-title = Alarm { $alarm }: { $title }
alarm-incident-meaning = Open an incident for this alarm and those of its group. The deadline to name a source is 24 hours.
alarm-open-incident = Open an incident
alarm-incident = incident { $number }
alarm-rule = { $rule } at { $scope }, { $place }
alarm-since = Holds since
alarm-next-step = Next step
alarm-shelved = Shelved
alarm-shelved-by = by { $person }: { $reason }
alarm-guidance = What to do
alarm-why = Why it opened
alarm-condition = Condition
alarm-values = Values
alarm-coverage = , { $share } of the samples
condition-holds = holds
condition-fails = does not hold
condition-unknown = unknown
closed-cleared = the clear condition held
closed-rule-removed = its rule is no longer in force
closed-scope-removed = its rule no longer covers this scope
closed-by-itself = it has not tripped for as long as the rule waits
closed-latch-reset = its latch was reset
closed-deadline-met = its incident was located or closed
history-title = History
notified-title = Notifications
notified-nobody = Nobody was notified.
notified-written = Written
notified-delivery = Delivery
notified-queued = queued, not sent yet
notified-delivered = delivered
subject-step = step { $number }
subject-roll-up = roll-up { $number }
subject-heartbeat = heartbeat { $number }
subject-late = amendment { $number }
subject-expired = acknowledgement expired { $number }
subject-system = system alarm { $number }
subject-raised = priority raised { $number }

## Page of an incident

incident-title = Incident { $number }: { $title }
incident-opening = Opened
incident-opened = { $time } by { $person }: { $reason }
incident-begins = Begins
incident-report = Report
incident-report-link = Report of this incident
incident-suspects = Suspects
incident-no-suspects = No site is suspected yet.
incident-findings = Findings
incident-no-findings = Nothing was found yet.
incident-finding = Finding
incident-is-open = The incident is open.
incident-no-step = The form has no such step.
incident-no-outcome = Choose an outcome.
act-suspect = Name a suspect
act-find = Record a finding
act-close = Close
act-reopen = Reopen

## Rules

rules-none = No rules are in force.
rules-loaded = Loaded { $time } by { $person }
rules-hash = SHA-256 { $hash }, for { $count ->
    [one] 1 station
   *[other] { $count } stations
}
rules-partly = Not all rules run:
rules-too-many-files = A rule set has at most { $count } files: join some of them.
rules-no-name = A file has no name: write one, such as park.rhai.
rules-good = The rules have no errors. They are not in force until they are loaded.
rules-wrong = The rules have errors; the rules in force have not changed.
rules-place = Place
rules-kind = Kind
rules-help = What to write
rules-warning = warning
rules-error = error
rules-check-title = Rules: check
rules-file = File
rules-text = Text
rules-add-file = Add a file
rules-reason = Reason for loading
rules-check = Check
rules-load = Load

## Rules: tests, backtest, difference

rules-explanation = Check finds errors. Run tests runs the files whose names end in _test.rhai. Backtest runs the rules over stored readings, and compares their alarms with those of the rules in force. None of these changes anything; Load puts the rules in force.
rules-load-title = Rules: load
rules-tests-title = Rules: tests
rules-backtest-title = Rules: backtest
rules-no-reason = The reason for loading is empty: fill it in. The rules in force have not changed.
rules-same-name = Two files have the same name: give each a name of its own.
rules-no-tests = There are no tests: add a file whose name ends in _test.rhai, such as park_test.rhai.
rules-run-tests = Run tests
rules-backtest = Backtest
rules-backtest-from = Backtest from
rules-backtest-to = Backtest to
rules-backtest-stopped = The backtest from { $from } to { $to } takes too long: it was stopped when it had come to { $reached }. Choose a shorter range, or run `vocdb rules backtest` on the command line.
rules-in-force-wrong = The rules in force have errors for the stations as they are, so there is nothing to compare with: load rules first.
rules-tests-passed = All tests passed: { $count }.
rules-tests-failed = Tests failed: { $failed } of { $count }.
rules-test = Test
rules-test-result = Result
rules-test-failure = What failed
rules-test-passed = passed
rules-test-failed = failed
rules-changes = Changes of the text
rules-no-changes = The text is that of the rules in force.
rules-new-file = (new file)
rules-removed-file = (file removed)
rules-more-lines = and { $count } more lines
raised-compared = Backtest from { $from } to { $to } over { $frames } frames. Alarms: { $alarms } with the new rules, { $before } with the rules in force. Nothing has changed.
raised-same = Backtest from { $from } to { $to } over { $frames } frames. Alarms: { $alarms } with the new rules. These are the rules in force. Nothing has changed.
raised-alone = Backtest from { $from } to { $to } over { $frames } frames. Alarms: { $alarms } with the new rules. No rules are in force. Nothing has changed.
raised-no-readings = There are no readings in this range, so no rule was tried: choose another range.
raised-by-rule = Alarms by rule
raised-calls = Calls for attention
raised-new = New rules
raised-in-force = In force
raised-only-new = Only new
raised-only-in-force = Only in force
raised-moved = Differently
raised-scope = Station or scope
raised-whose = Raised by
raised-with-new = With the new rules
raised-with-in-force = With the rules in force
raised-draft-only = only with the new rules
raised-before-only = only with the rules in force
raised-differently = both, differently
raised-both = both
raised-no-alarm = no alarm
raised-to = to { $time }
raised-still-open = still open at the end

## Maintenance

maintained-all = Nobody is notified.
maintained-all-until = Nobody is notified until { $time }.
maintained-rule = Nobody is notified of the rule { $rule }.
maintained-rule-until = Nobody is notified of the rule { $rule } until { $time }.
maintained-number = Maintenance { $number }
maintained-by = by { $person }: { $reason }
maintenance-meaning = During maintenance, alarms of the stations open and close, but notify nobody. Windows begin and end by themselves.
maintenance-running = Under way
maintenance-planned = Planned
maintenance-past = Past
maintenance-none-running = No maintenance is under way.
maintenance-none-planned = No maintenance is planned.
maintenance-none-past = There was no maintenance yet.
maintenance-number = Number
maintenance-repeats = Repeats
maintenance-rule-only = rule { $rule } only
maintenance-begun = Took place
maintenance-times = { $count ->
    [one] once
   *[other] { $count } times
}
maintenance-end = End
maintenance-cancelled = cancelled by { $person }: { $reason }
maintenance-cancel-title = Cancel
maintenance-cancel-meaning = A window that is under way ends at once. Its repeats are cancelled too.
maintenance-cancel = Cancel the maintenance
maintenance-plan-title = Plan maintenance
maintenance-plan = Plan
maintenance-stations = Stations: a name, or a glob such as park/*
maintenance-every-rule = every rule
maintenance-until = No repeats from
maintenance-covers-nothing = No station and no rule is covered by `{ $stations }`: write a name from the list, a glob such as park/*, or **.
maintenance-no-window = Choose a maintenance window.
maintenance-no-recurrence = Choose how often the maintenance repeats.
recurrence-none = no
recurrence-daily = every day
recurrence-weekly = every week
recurrence-daily-choice = every day at the same time
recurrence-weekly-choice = every week at the same time
recurrence-until = , last before { $time }
station-maintenance = Plan maintenance of this station

## Adding an alarm to an incident

join = Add to the incident
join-incident = Open incident
join-meaning = Add this alarm to an incident that is open.
join-no-incident = Choose an open incident.
act-add-alarm = Add an alarm
incident-no-alarm = Choose an alarm.

## Register of stations

register-title = Register of stations
register-none = The store has no stations yet.
register-position = Position
register-instruments = Instruments
register-change = Change the register
register-meaning = Stations keep their names, which rules and alarms refer to. Nothing is removed: what was measured stays readable.
register-station-title = Register a station
register-position-title = Set a position
register-instrument-title = Register an instrument
register-channels-title = Change channels
register-instrument-words = , every { $interval }, { $channels ->
    [one] 1 channel
   *[other] { $channels } channels
}
register-no-species = no species of the table
register-retired = retired
register-unit = in { $unit }
register-no-degrees = no latitude and longitude
register-metres = { $east } m east, { $north } m north
register-inlet = inlet { $height } m above ground
register-latitude = Latitude in degrees north
register-longitude = Longitude in degrees east
register-height = Height of the inlet in metres
register-reference = Metres from the reference point of the district
register-name = Name, such as park/S1
register-station = Register the station
register-position-meaning = Numbers that are left out stay as they are. Earlier readings keep the earlier position.
register-since = Holds from ({ $zone }); now if empty
register-set-position = Set the position
register-instrument-name = Instrument, such as gc
register-interval = Time between two readings, such as 1 min
register-channels = Channels, one a line: name: unit
register-instrument = Register the instrument
register-add = Channels to add, one a line: name: unit
register-retire = Channels to retire, one name a line
register-channels-change = Change the channels
register-station-exists = A station is named `{ $name }`: choose another name.
register-instrument-exists = The station `{ $station }` has an instrument `{ $instrument }`: choose another name, or change its channels.
register-no-instrument = Choose an instrument.
register-no-change = Write a channel to add or to retire.
register-no-station = No station is named `{ $name }`.
register-half-position = Write both `{ $first }` and `{ $second }`.
register-channel = Channel `{ $line }`: { $problem }
register-channel-without-unit = Channel `{ $line }`: write name: unit, such as benzene: ppb

## Accounts and passwords

accounts-role = Role
accounts-token = Token
accounts-add-title = Add an account
accounts-recent = Recent changes
accounts-recent-meaning = From the log of administration. Changes of stations and of rule tests are there too.
accounts-none = No account was changed yet.
accounts-password-temporary = to be changed at the next login
accounts-password-chosen = chosen
accounts-token-issued = issued
accounts-change = Change
accounts-change-role = Change the role
accounts-reset = Reset the password
accounts-issue = Issue a token
accounts-remove = Remove
accounts-password = Password (leave it empty to have one made up)
accounts-password-meaning = A password that is made up is shown once. Its owner chooses another one at the first login.
accounts-add = Add
accounts-no-role = Choose a role.
accounts-new-password = New password
accounts-new-token = New token
accounts-password-of = The new password of { $name } is
accounts-token-of = The new token of { $name } is
accounts-once = It is shown here once, and kept as a hash only: hand it over now.
accounts-back = Back to the accounts
account-password = The password must have at least 10 characters and at most 256 bytes.
account-name = The name must have 1 to 64 visible characters.
account-exists = Account `{ $name }` exists: remove it first.
account-last-administrator = `{ $name }` is the only administrator: make another account an administrator first.
account-too-many = There are { $count } accounts: remove one first.
password-present = Present password
password-new = New password, at least 10 characters
password-again = New password again
password-made-up = Somebody else made up your password. Choose one that only you know; the other pages open then.
password-sessions = Your other sessions end when you change the password.
password-change = Change the password
password-differs = The two new passwords differ: write the same one twice.
password-same = The new password is the present one: choose another one.
password-wrong = The present password is wrong.
password-too-many = Too many attempts: wait a quarter of an hour.
failure-password-needed = Choose a password first, on the page /password.
