//! Calendar functions in UTC: `year(v)`, `hour()` and the like.
//! Days become dates by the proleptic Gregorian calendar, counted from the first of March so that
//! the leap day is the last of its year.

use super::CallSite;
use crate::QueryError;
use crate::column::{Column, Operand, Row};
use crate::evaluate::Evaluator;
use model::Labels;

const SECONDS_PER_DAY: i64 = 86_400;
/// Days of 400 years.
const DAYS_PER_ERA: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const DAYS_TO_EPOCH: i64 = 719_468;

/// Start of the year -292277022399.
const FIRST_SECOND: i64 = -9_223_372_028_715_321_600;

/// A moment taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Moment {
    year: i64,
    month: i64,
    day: i64,
    days_since_epoch: i64,
    second_of_day: i64,
}

/// A part of a moment, from seconds since the epoch.
pub(super) type Field = fn(i64) -> f64;

/// The function of a name.
pub(super) fn field(name: &str) -> Option<Field> {
    let field: Field = match name {
        "day_of_month" => |at| moment(at).day as f64,
        "day_of_week" => |at| (moment(at).days_since_epoch + 4).rem_euclid(7) as f64,
        "day_of_year" => |at| {
            let moment = moment(at);
            (moment.days_since_epoch - days_from_date(moment.year, 1, 1) + 1) as f64
        },
        "days_in_month" => |at| days_in_month(moment(at)) as f64,
        "hour" => |at| (moment(at).second_of_day / 3600) as f64,
        "minute" => |at| (moment(at).second_of_day / 60 % 60) as f64,
        "month" => |at| moment(at).month as f64,
        "year" => |at| moment(at).year as f64,
        _ => return None,
    };
    Some(field)
}

pub(super) fn eval(
    evaluator: &mut Evaluator<'_>,
    site: &CallSite<'_>,
    field: Field,
) -> Result<Operand, QueryError> {
    if site.call.args.is_empty() {
        let values = site.steps.iter().map(|at| field(at / 1000)).collect();
        let row = Row::new(Labels::empty(), false, Column::dense(values));
        return Ok(Operand::Vector(vec![row]));
    }
    let mut rows = site.vector(evaluator, 0)?;
    for row in &mut rows {
        evaluator.tick(site.steps.count)?;
        row.column.map_floats(|_, value| field(whole_seconds(value)));
        evaluator.drop_name(row);
    }
    rows.retain(|row| row.column.present().any());
    evaluator.merge_delayed(rows).map(Operand::Vector)
}

/// What Go makes of a float on amd64: what does not fit becomes the smallest integer.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked first")]
fn whole_seconds(value: f64) -> i64 {
    if value.abs() < 9.2e18 { value as i64 } else { i64::MIN }
}

/// Go counts seconds from the year -292277022399 without a sign: what lies before it, NaN among
/// it, is taken for a date in the far future.
fn moment(seconds: i64) -> Moment {
    let wrapped = if seconds < FIRST_SECOND { 1_i128 << 64 } else { 0 };
    let seconds = i128::from(seconds) + wrapped;
    let small = |value: i128| i64::try_from(value).expect("64 bits of seconds are 48 bits of days");
    let days = small(seconds.div_euclid(i128::from(SECONDS_PER_DAY)));
    let (year, month, day) = date_from_days(days);
    let second_of_day = small(seconds.rem_euclid(i128::from(SECONDS_PER_DAY)));
    Moment { year, month, day, days_since_epoch: days, second_of_day }
}

fn date_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + DAYS_TO_EPOCH;
    let era = shifted.div_euclid(DAYS_PER_ERA);
    let day_of_era = shifted.rem_euclid(DAYS_PER_ERA);
    let leap_days = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // March is month 0; five months from March or August on have 153 days.
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn days_from_date(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH
}

fn days_in_month(moment: Moment) -> i64 {
    let (year, month) =
        if moment.month == 12 { (moment.year + 1, 1) } else { (moment.year, moment.month + 1) };
    days_from_date(year, month, 1) - days_from_date(moment.year, moment.month, 1)
}

#[cfg(test)]
mod tests;
