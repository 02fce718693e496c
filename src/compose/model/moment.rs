//! Dates and times that stand in a file without quotes.

/// What a date or time consists of, as written: the parts of the day, the clock, the zone.
struct Moment<'a> {
    day: [&'a str; 3],
    clock: [&'a str; 3],
    /// Digits after the point of the seconds, without zeros at the end.
    fraction: &'a str,
    /// `+hh:mm`; empty for UTC.
    zone: &'a str,
}

impl<'a> Moment<'a> {
    /// Takes apart what the parser found to be a date.
    fn of(text: &'a str) -> Self {
        let (day, time) = text.split_once(['T', 't', ' ']).unwrap_or((text, ""));
        let zone_at = time.find(['Z', '+', '-']).unwrap_or(time.len());
        let (clock, zone) = time.split_at(zone_at);
        let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
        Self {
            day: parts(day.split('-')),
            clock: parts(clock.trim().split(':')),
            fraction: fraction.trim_end_matches('0'),
            zone: zone.strip_suffix("00:00").map_or(zone, |_| "").trim_start_matches('Z'),
        }
    }

    fn day(&self) -> String {
        let [year, month, day] = self.day;
        format!("{year:0>4}-{month:0>2}-{day:0>2}")
    }

    fn clock(&self) -> String {
        let [hours, minutes, seconds] = self.clock;
        let point = if self.fraction.is_empty() { "" } else { "." };
        format!("{hours:0>2}:{minutes:0>2}:{seconds:0>2}{point}{}", self.fraction)
    }
}

fn parts<'a>(found: impl Iterator<Item = &'a str>) -> [&'a str; 3] {
    let mut parts = [""; 3];
    parts.iter_mut().zip(found).for_each(|(part, found)| *part = found);
    parts
}

/// As Go prints it: what Compose makes of it where it wants a text.
pub(super) fn printed(text: &str) -> String {
    let moment = Moment::of(text);
    let zone = match moment.zone.replace(':', "") {
        zone if zone.is_empty() => "+0000 UTC".to_owned(),
        zone => format!("{zone} {zone}"),
    };
    format!("{} {} {zone}", moment.day(), moment.clock())
}

/// As it stands in JSON.
pub(super) fn json(text: &str) -> String {
    let moment = Moment::of(text);
    let zone = if moment.zone.is_empty() { "Z" } else { moment.zone };
    format!("{}T{}{zone}", moment.day(), moment.clock())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_written_as_go_does() {
        let cases = [
            ("2001-01-02", "2001-01-02 00:00:00 +0000 UTC", "2001-01-02T00:00:00Z"),
            ("2001-1-2 3:04:05.50", "2001-01-02 03:04:05.5 +0000 UTC", "2001-01-02T03:04:05.5Z"),
            ("2001-01-02T03:04:05Z", "2001-01-02 03:04:05 +0000 UTC", "2001-01-02T03:04:05Z"),
            (
                "2001-01-02t03:04:05-05:30",
                "2001-01-02 03:04:05 -0530 -0530",
                "2001-01-02T03:04:05-05:30",
            ),
        ];
        for (text, go, as_json) in cases {
            assert_eq!((printed(text).as_str(), json(text).as_str()), (go, as_json), "{text}");
        }
    }
}
