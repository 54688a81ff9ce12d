"""Writes src/engine/calendar/exchanges.ts from exchange_calendars (https://github.com/gerrymanoim/exchange_calendars, Apache-2.0).

    pip install exchange_calendars==4.13.2
    python scripts/calendars/exchanges.py > src/engine/calendar/exchanges.ts
"""

from importlib.metadata import version

import exchange_calendars
import pandas

LAST = "2035-12-31"
# The first day that each is asked for: the library's own beginning, or where its hours are told apart.
CALENDARS = {"XNYS": "1970-01-01", "XLON": "1970-01-01", "XKRX": "1986-01-04"}


def clock(value) -> str:
    return value.strftime("%H:%M")


def regimes_of(calendar, first):
    """Usual hours, and the days from which they hold."""
    starts = {pandas.Timestamp(day) for times in (calendar.open_times, calendar.close_times) for day, _ in times if day is not None}
    starts = [first, *sorted(day for day in starts if day > first)]

    def at(times, day):
        return [value for since, value in times if since is None or pandas.Timestamp(since) <= day][-1]

    return [(day, clock(at(calendar.open_times, day)), clock(at(calendar.close_times, day))) for day in starts]


def lines(words):
    """One line a year: the first four letters of each word are its year."""
    years = {}
    for word in words:
        years.setdefault(word[:4], []).append(word)
    return "\n".join(" ".join(year) for year in years.values())


def wrapped(text: str) -> str:
    return f"`\n{text}\n`" if text else "''"


print(f"""/*
 * Sessions of exchanges, written by scripts/calendars/exchanges.py from exchange_calendars {version("exchange_calendars")} (Apache-2.0).
 * Do not edit: run the script.
 */

/** What is known of an exchange's sessions from a first day to a last. */
export interface ExchangeDays {{
  readonly zone: string;
  readonly first: string;
  readonly last: string;
  /** Usual hours of Monday to Friday, and the day from which they hold. */
  readonly hours: readonly (readonly [from: string, open: string, close: string])[];
  /** Weekdays without a session. */
  readonly closed: string;
  /** Sessions of other hours, or at a weekend: `2024-07-03/09:30-13:00`. */
  readonly special: string;
}}

export const EXCHANGES: Readonly<Record<string, ExchangeDays>> = {{""")
for name, start in CALENDARS.items():
    calendar = exchange_calendars.get_calendar(name, start=start, end=LAST)
    first = pandas.Timestamp(start)
    regimes = regimes_of(calendar, first)
    sessions = {}
    for day, row in calendar.schedule.iterrows():
        opens, closes = (row[name].tz_convert(calendar.tz) for name in ("open", "close"))
        assert opens.date() == closes.date() == day.date(), day
        sessions[day] = (clock(opens), clock(closes))
    closed, special = [], []
    for day in pandas.date_range(first, LAST):
        usual = [(opens, closes) for since, opens, closes in regimes if since <= day][-1]
        if day.weekday() >= 5:
            usual = None
        found = sessions.get(day)
        if found is None and usual is not None:
            closed.append(f"{day:%Y-%m-%d}")
        elif found is not None and found != usual:
            special.append(f"{day:%Y-%m-%d}/{found[0]}-{found[1]}")
    print(f"  {name}: {{")
    print(f"    zone: '{calendar.tz}',")
    print(f"    first: '{start}',")
    print(f"    last: '{LAST}',")
    print("    hours: [")
    for since, opens, closes in regimes:
        print(f"      ['{since:%Y-%m-%d}', '{opens}', '{closes}'],")
    print("    ],")
    print(f"    closed: {wrapped(lines(closed))},")
    print(f"    special: {wrapped(lines(special))},")
    print("  },")
print("};")
