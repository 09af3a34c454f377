//! Hours of some days of every week, in which a silence mutes:
//! `mon-fri,sun 22:00-06:00 Europe/Berlin`. An end before the beginning lies on the next day, which
//! need not be one of the days. Pure.

use jiff::tz::TimeZone;
use model::Timestamp;

/// Days as they are written, Monday first.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// Hours of some days of every week.
#[derive(Clone, Debug)]
pub(super) struct Weekly {
    /// Is it one of the days on which the hours begin? Monday first.
    days: [bool; 7],
    /// Minute of the day, below 1440.
    begin: u16,
    /// Minute of the day, excluded, up to 1440; below `begin`: of the next day.
    end: u16,
    zone: TimeZone,
}

impl Weekly {
    /// Reads days, hours and a zone; without a zone it is UTC.
    ///
    /// # Errors
    /// Says what was found and what is expected.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let (Some(days), Some(hours)) = (words.next(), words.next()) else {
            return Err(format!(
                "found {}, expected days and hours, such as mon-fri 22:00-06:00 Europe/Berlin",
                quoted(text)
            ));
        };
        let zone = match (words.next(), words.next()) {
            (None, _) => TimeZone::UTC,
            (Some(name), None) => TimeZone::get(name)
                .map_err(|error| format!("found the time zone {}: {error}", quoted(name)))?,
            (Some(_), Some(rest)) => {
                return Err(format!("found {} behind the time zone", quoted(rest)));
            }
        };
        let (begin, end) = parse_hours(hours)?;
        Ok(Self { days: parse_days(days)?, begin, end, zone })
    }

    /// Does a time lie in the hours, on the clock of the zone?
    pub(super) fn contains(&self, at: Timestamp) -> bool {
        let Ok(at) = jiff::Timestamp::from_millisecond(at.ms()) else { return false };
        let at = at.to_zoned(self.zone.clone());
        let minute =
            u16::from(at.hour().unsigned_abs()) * 60 + u16::from(at.minute().unsigned_abs());
        let today = usize::from(at.weekday().to_monday_zero_offset().unsigned_abs());
        let is_day = |day: usize| self.days[day % DAYS.len()];
        if self.begin < self.end {
            return is_day(today) && (self.begin..self.end).contains(&minute);
        }
        (is_day(today) && minute >= self.begin)
            || (is_day(today + DAYS.len() - 1) && minute < self.end)
    }
}

fn quoted(text: &str) -> String {
    model::quote(text).to_string()
}

/// `mon-fri,sun`; a range may go over the end of the week.
fn parse_days(text: &str) -> Result<[bool; 7], String> {
    let mut days = [false; 7];
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (mut day, last) = (day_of(first)?, day_of(last)?);
        days[day] = true;
        while day != last {
            day = (day + 1) % DAYS.len();
            days[day] = true;
        }
    }
    Ok(days)
}

fn day_of(text: &str) -> Result<usize, String> {
    let known = DAYS.iter().position(|day| day.eq_ignore_ascii_case(text));
    known.ok_or_else(|| format!("found the day {}, expected {}", quoted(text), DAYS.join(", ")))
}

fn parse_hours(text: &str) -> Result<(u16, u16), String> {
    let wrong = || format!("found the hours {}, expected two such as 22:00-06:00", quoted(text));
    let (begin, end) = text.split_once('-').ok_or_else(wrong)?;
    let (begin, end) = (minute_of(begin).ok_or_else(wrong)?, minute_of(end).ok_or_else(wrong)?);
    // Midnight at the end of a day is no beginning; hours of no length would hold never or always.
    if begin == DAY || begin == end { Err(wrong()) } else { Ok((begin, end)) }
}

fn minute_of(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str| match text.len() {
        1 | 2 if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse::<u16>().ok(),
        _ => None,
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let at = hours * 60 + minutes;
    (minutes < 60 && at <= DAY).then_some(at)
}

#[cfg(test)]
mod tests;
