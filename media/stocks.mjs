// The made-up stock market of the sample: weekly closes of 30 symbols, and who is in the index when. The same on every machine.

const WEEK = 7 * 86_400_000;
/** Mondays. */
const FIRST = Date.UTC(2019, 0, 7);
const WEEKS = 261;

const SECTORS = {
  energy: ['ANTRA', 'BOREX', 'CALDO', 'DERRA', 'ESKEN', 'FORNO'],
  banks: ['GALLO', 'HIBER', 'ISTRA', 'JUNTA', 'KERBA', 'LUMEN'],
  tech: ['MIDOX', 'NOVEX', 'ORBIT', 'PALEX', 'QUARZ', 'RIDGE'],
  health: ['SALUS', 'TERMA', 'UMBRA', 'VITAX', 'WELLO', 'XENOS'],
  retail: ['YARDA', 'ZELDA', 'ALBOR', 'BRISA', 'CREMA', 'DUNEX'],
};

/** Weeks of the first and after the last bar of those that are not there all the time. */
const LISTED = {
  ESKEN: [60, WEEKS],
  LUMEN: [0, 190],
  ORBIT: [104, WEEKS],
  XENOS: [0, 150],
  DUNEX: [30, 215],
};

/** Weeks in which those that are not in the index all the time are. */
const MEMBERS = {
  FORNO: [
    [0, 100],
    [180, null],
  ],
  ESKEN: [[90, null]],
  RIDGE: [[52, null]],
  WELLO: [[0, 140]],
  ORBIT: [[130, null]],
};

/** Park and Miller's generator: numbers from 0 to 1. */
function randomFrom(seed) {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** About normal, by additions alone, which all machines round alike. */
function normal(random) {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += random();
  return sum;
}

const dateOf = (week) => new Date(FIRST + week * WEEK).toISOString().slice(0, 10);

/** A row for each week of each symbol. */
export function stocksCsv() {
  const market = randomFrom(7);
  const usual = Array.from({ length: WEEKS }, () => 0.004 + 0.015 * normal(market));
  const rows = [];
  let seed = 100;
  for (const [sector, tickers] of Object.entries(SECTORS)) {
    const shared = randomFrom(++seed);
    const swing = usual.map((each) => each + 0.01 * normal(shared));
    for (const ticker of tickers) {
      const own = randomFrom(++seed);
      let close = 20 + 80 * own();
      // What drives a stock lasts a while: that is momentum.
      let drift = 0;
      for (let week = 0; week < WEEKS; week++) {
        drift = 0.95 * drift + 0.0015 * normal(own);
        close *= 1 + swing[week] + drift + 0.025 * normal(own);
        const [from, to] = LISTED[ticker] ?? [0, WEEKS];
        if (week >= from && week < to) rows.push(`${dateOf(week)},${ticker},${sector},${close.toFixed(2)}`);
      }
    }
  }
  return `date,ticker,sector,close\n${rows.join('\n')}\n`;
}

/** A row for each stay in the index: from a day on, until another one. */
export function indexCsv() {
  const rows = Object.values(SECTORS)
    .flat()
    .flatMap((ticker) =>
      (MEMBERS[ticker] ?? [[0, null]]).map(
        ([from, to]) => `${ticker},${dateOf(from)},${to === null ? '' : dateOf(to)}`,
      ),
    );
  return `ticker,from,to\n${rows.join('\n')}\n`;
}
