//! Duty rosters as operators write them: weekdays and hours of the day in a time zone.

use super::nearest::suggest;

/// Days of the week as rules name them, Monday first.
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

/// `08:30` as a minute of the day; `24:00` is the last.
fn minute_of(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let is_plain = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_plain(hours) || !is_plain(minutes) {
        return None;
    }
    let (hours, minutes) = (hours.parse::<u16>().ok()?, minutes.parse::<u16>().ok()?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= DAY_MINUTES).then_some(total)
}

/// `08:00-18:00` as the first minute and the one behind the last; equal ends mean the whole day.
pub(super) fn hours(text: &str) -> Result<(u16, u16), (String, String)> {
    let parsed = text.split_once('-').and_then(|(from, to)| Some((minute_of(from)?, minute_of(to)?)));
    parsed.filter(|(from, _)| *from < DAY_MINUTES).ok_or_else(|| {
        (
            format!("`{text}` is not a range of hours"),
            "write \"08:00-18:00\", or \"22:00-06:00\" over midnight".to_owned(),
        )
    })
}

/// `mon-fri`, `sat, sun` or `daily` as bits, Monday first.
pub(super) fn weekdays(text: &str) -> Result<u8, (String, String)> {
    if text.trim() == "daily" {
        return Ok(0b111_1111);
    }
    let day = |word: &str| {
        let word = word.trim().to_lowercase();
        WEEKDAYS.iter().position(|day| *day == word).ok_or_else(|| {
            let help = suggest(&word, &WEEKDAYS, "write \"mon-fri\", \"sat,sun\" or \"daily\"");
            (format!("`{word}` is not a weekday"), help)
        })
    };
    let mut bits = 0;
    for part in text.split(',') {
        let (first, last) = match part.split_once('-') {
            Some((first, last)) => (day(first)?, day(last)?),
            None => (day(part)?, day(part)?),
        };
        let count = (last + 7 - first) % 7;
        (0..=count).for_each(|step| bits |= 1 << ((first + step) % 7));
    }
    Ok(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekdays_and_hours_are_read_as_they_are_written() {
        assert_eq!(weekdays("mon-fri"), Ok(0b001_1111));
        assert_eq!(weekdays("Sat, sun"), Ok(0b110_0000));
        assert_eq!(weekdays("sat-mon"), Ok(0b110_0001));
        assert_eq!(weekdays("daily"), Ok(0b111_1111));
        assert!(weekdays("mo").is_err() && weekdays("").is_err() && weekdays("mon-").is_err());
        assert_eq!(hours("08:00-18:30"), Ok((480, 1_110)));
        assert_eq!(hours("22:00-06:00"), Ok((1_320, 360)));
        assert_eq!(hours("00:00-24:00"), Ok((0, 1_440)));
        for wrong in ["8-18", "24:00-06:00", "08:60-09:00", "08:00", "+8:00-09:00", ""] {
            assert!(hours(wrong).is_err(), "{wrong}");
        }
    }
}
