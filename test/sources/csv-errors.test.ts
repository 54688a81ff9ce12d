import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { Project, fails } from './support.js';

describe('csv sources refuse, with a sentence', () => {
  const project = new Project();
  after(() => project.remove());

  const refused = (text: string | Uint8Array, code: 'source' | 'source-row', ...patterns: RegExp[]) =>
    fails(project.csv(text), code, ...patterns);

  it('a file that is missing, with where it was looked for and what is there', async () => {
    project.write('prices.csv', 'time,x\n');
    await fails(
      project.open('csv', { path: 'price.csv' }),
      'source',
      /no file price\.csv/,
      new RegExp(`looked for at ${project.path('price.csv')}`),
      /starts at the project root/,
      /there is prices\.csv/,
    );
    await fails(project.open('csv', { path: 'no/such/folder.csv' }), 'source', /no file/);
  });

  it('a folder, a loop of links, an address', async () => {
    mkdirSync(project.path('folder'));
    await fails(project.open('csv', { path: 'folder' }), 'source', /folder is a folder/);
    symlinkSync('loop.csv', project.path('loop.csv'));
    await fails(project.open('csv', { path: 'loop.csv' }), 'source', /cannot be read/);
    await fails(
      project.open('csv', { path: 'https://example.org/a.csv' }),
      'source',
      /address on the network/,
    );
  });

  it('what has no end: a pipe, a device, a link to one, also within a query', async () => {
    const endless = /is a pipe or a device, which has no end to wait for/;
    execFileSync('mkfifo', [project.path('pipe.csv')]);
    symlinkSync('/dev/zero', project.path('zero.csv'));
    for (const path of ['pipe.csv', 'zero.csv', '/dev/zero', '/dev/urandom']) {
      await fails(project.open('csv', { path }), 'source', endless);
      await fails(project.open('parquet', { path }), 'source', endless);
      await fails(project.open('sql', { query: `SELECT * FROM read_csv('${path}')` }), 'source', endless);
    }
    await fails(project.open('sql', { query: "SELECT * FROM 'pipe.csv'" }), 'source', endless);
  });

  it('a line too long for any reader, wherever it stands', async () => {
    const long = '9'.repeat(2_100_000);
    const row = '60,2\n';
    const tooLong = /longer than 2 MB, .*check that its lines end/;
    await refused(`time,x\n0,1\n60,${long}\n120,3\n`, 'source-row', /line 3 of/, tooLong);
    // Ends of lines are missing: DuckDB leaves such a last line out without a word.
    await refused(`time,x\n0,1\n60,${long}`, 'source-row', /the last line of/, tooLong);
    await refused(`time,x\n${row.repeat(500_000).replaceAll('\n', ';')}`, 'source-row', tooLong);
    await refused(row.repeat(500_000).replaceAll('\n', ','), 'source-row', tooLong);
    // Long enough for every line that is none of these.
    await project.csv(`time,x,text\n0,1,${'a'.repeat(1_000_000)}\n60,2,b`);
  });

  it('a pipe that a pattern fits, which a database would pass over, but no other', async () => {
    mkdirSync(project.path('days'));
    project.write('days/a.csv', 'time,x\n0,1\n60,2\n');
    execFileSync('mkfifo', [project.path('days/b.csv'), project.path('days/b.log')]);
    symlinkSync('a.csv', project.path('days/c.csv'));
    const pipe = /days\/b\.csv is a pipe or a device/;
    await fails(project.open('csv', { path: 'days/*.csv' }), 'source', pipe);
    await fails(project.open('parquet', { path: 'days/[a-b].csv' }), 'source', pipe);
    await fails(project.open('sql', { query: "SELECT * FROM read_csv('days/?.csv')" }), 'source', pipe);
    await project.open('csv', { path: 'days/a*.csv' });
  });

  if (process.platform === 'linux')
    it('a file that the system generates when it is read', async () => {
      const made =
        /\/proc\/kmsg is a file that the system generates when it is read, which has no end to wait for/;
      await fails(project.open('csv', { path: '/proc/kmsg' }), 'source', made);
      await fails(project.open('parquet', { path: '/proc/kmsg' }), 'source', made);
      await fails(project.open('sql', { query: "SELECT * FROM read_csv('/proc/kmsg')" }), 'source', made);
    });

  it('an empty file', () => refused('', 'source', /bars\.csv is empty/));

  it('a file that is not UTF-8', async () => {
    const latin = (rows: number) =>
      Buffer.from(
        `time,x,s\n${Array.from({ length: rows }, (_, i) => `${i * 60},1,a\n`).join('')}6000000,1,caf\xe9\n`,
        'latin1',
      );
    await refused(latin(1), 'source', /not UTF-8 text: name its encoding, such as encoding: 'windows-1252'/);
    await refused(latin(20_000), 'source-row', /line 20002 .*not UTF-8/);
  });

  it('a file of another kind, with what reads it', async () => {
    const kinds: [Buffer, RegExp][] = [
      [
        Buffer.from('PAR1\x15\x04'),
        /is a Parquet file, not text: read it with parquetHistory\("bars\.csv"\)/,
      ],
      [Buffer.from('ARROW1\0\0'), /is a Feather or Arrow file, not text: read it with parquetHistory\(/],
      [Buffer.from('FEA1'), /pandas\.read_feather\("bars\.csv"\)\.to_parquet\("bars\.csv\.parquet"\)/],
      [Buffer.from('894844460d0a1a0a', 'hex'), /an HDF5 file, not text: convert it with pandas\.read_hdf\(/],
      [Buffer.from('d0cf11e0a1b11ae1', 'hex'), /an Excel file, not text: save .* as CSV/],
      [Buffer.from('SQLite format 3\0'), /an SQLite database, not text: save .* as CSV/],
      [
        Buffer.from('8005950000', 'hex'),
        /a pickle of Python, not text: convert it with pandas\.read_pickle\(/,
      ],
    ];
    for (const [bytes, sentence] of kinds) await refused(bytes, 'source', sentence);
  });

  it('a broken gzip', async () => {
    project.write('broken.csv.gz', 'time,x\n');
    await fails(project.read('csv', { path: 'broken.csv.gz' }), 'source', /broken\.csv\.gz cannot be read/);
  });

  it('a column for the time that is not there, offering those that are', () =>
    fails(
      project.csv('open_time,x\n0,1\n', { time: 'opentime' }),
      'source',
      /no column opentime; it has open_time, x\. Did you mean open_time\?/,
    ));

  it('a file without a header whose columns are not named', () =>
    refused('2023-03-01,1\n2023-03-02,2\n', 'source', /no header line/, /columns: \[/));

  it('a first row with a text among numbers where the columns are named', () =>
    fails(
      project.csv('0,x\n60,1\n120,2\n', { columns: ['time', 'x'] }),
      'source-row',
      /line 1 .*"x" in column x/,
    ));

  it('two columns of one name, and a time alone', async () => {
    await refused('time,x,x\n0,1,2\n', 'source', /two columns called x/);
    await refused('time\n0\n60\n', 'source', /no column but time/);
  });

  it('a time that is not one', async () => {
    await refused(
      'time,x\n2023-03-01,1\n\nhello,2\n',
      'source-row',
      /line 4 of bars\.csv has "hello" for a time/,
    );
    await refused('time,x\n2023-02-30,1\n', 'source-row', /line 2 .*"2023-02-30"/);
    await refused('time,x\n0,1\n60,1\nhello,2\n', 'source-row', /line 4 .*"hello" for a time/);
    await refused('time,x\n2023-03-01,1\n,2\n', 'source-row', /line 3 .* has no time/);
    await refused('time,x\n0,1\nNaN,1\n120,2\n', 'source-row', /line 3 .*"NaN" for a time/);
  });

  it('a text in a column of numbers, or of truths', async () => {
    await refused(
      'time,x\n0,1\n60,two\n120,3\n',
      'source-row',
      /line 3 of bars\.csv has "two" in column x, which holds numbers/,
    );
    const truths = Array.from({ length: 20_001 }, (_, i) => `${i * 60},true`);
    await refused(
      ['time,up', ...truths, '2000000,maybe'].join('\n'),
      'source-row',
      /line 20003 .*"maybe".*true or false/,
    );
  });

  it('a row with too few or too many cells', async () => {
    await refused(
      'time,x,y\n0,1,2\n\n60,1\n',
      'source-row',
      /line 4 .* has 2 cells, but its header names 3: "60,1"/,
    );
    await refused('time,x,y\r\n0,1,2\r\n60,1,2,3\r\n', 'source-row', /line 3 .* has 4 cells/);
    await fails(
      project.csv('0,1\n', { columns: ['time', 'x', 'y'] }),
      'source-row',
      /line 1 .*option columns names 3/,
    );
  });

  it('a quote that is never closed', async () => {
    await refused('time,x,s\n0,1,a\n60,2,"b\n120,3,c\n', 'source-row', /line 3 .* quote that is not closed/);
  });

  it('a row off the grid, with the nearest time on it', async () => {
    await refused(
      'time,x\n2023-03-01T00:00:30Z,1\n',
      'source-row',
      /line 2 of bars\.csv has the time 2023-03-01T00:00:30Z, which is not on the stream's grid of 1m/,
      /nearest time on it is 2023-03-01T00:01:00Z/,
      /phase: 30/,
    );
    await fails(
      project.csv('time,x\n0,1\n60,2\n120,3\n', {}, { interval: 3600 }),
      'source-row',
      /line 3 .* grid of 1h/,
      /1m apart: give the stream that interval/,
    );
    await fails(
      project.csv('time,x\n60,1\n150,3\n', { stamp: 'close' }),
      'source-row',
      /line 3 .*1970-01-01T00:02:30Z/,
    );
  });

  it('a time that is there twice, or earlier than the one before', async () => {
    await refused(
      'time,x\n0,1\n60,2\n60,3\n',
      'source-row',
      /line 4 .*1970-01-01T00:01:00Z, like the row before/,
    );
    await refused(
      'time,x\n0,1\n"60","2"\n"0",3\n',
      'source-row',
      /line 4 .* time 1970-01-01, but comes after 1970-01-01T00:01:00Z/,
      /Sort the file by time/,
    );
  });

  it('counts lines as an editor does, across cells of several lines and empty lines', () =>
    refused('time,s,x\n0,"a\nb",1\n\n60,c,2\n60,d,3\n', 'source-row', /line 6 of bars\.csv/));

  it('a number that is no time in seconds', () =>
    fails(
      project.csv('time,x\n1677628800000,1\n', { timeUnit: 's' }),
      'source-row',
      /line 2 .*1677628800000/,
      /timeUnit/,
    ));

  it('options that are not what they must be', async () => {
    project.write('bars.csv', 'time,x\n0,1\n');
    const open = (options: Record<string, unknown>) => project.open('csv', { path: 'bars.csv', ...options });
    await fails(open({ stamp: 'end' }), 'source', /stamp is "end", but must be 'open' or 'close'/);
    await fails(open({ delimiter: '||' }), 'source', /delimiter "\|\|" must be a single character/);
    await fails(open({ timeUnit: 'm' }), 'source', /timeUnit is "m"/);
    await fails(open({ timeZone: 'Mars/Olympus' }), 'source', /"Mars\/Olympus" is not a time zone/);
    await fails(open({ timezone: 'UTC' }), 'source', /no option timezone: did you mean timeZone\?/);
    await fails(open({ path: 7 }), 'source', /path is 7, but must be a text/);
    await fails(project.open('csv', {}), 'source', /has no path/);
    await fails(open({ columns: [] }), 'source', /columns is \[\], but must be a list of texts/);
  });

  it('a kind of source that there is not', () =>
    fails(project.open('tape', {}), 'source', /no source of kind "tape": use csv, parquet, sql, demo/));

  it('a malformed row deep in a long file, which must not pass for its end', async () => {
    const rows = Array.from(
      { length: 200_000 },
      (_, index) => `${index * 60},${index === 130_000 ? 'oops' : index}`,
    );
    project.write('bars.csv', `time,x\n${rows.join('\n')}\n`);
    const reader = await project.open('csv', { path: 'bars.csv' });
    const drain = async () => {
      let read = 0;
      for await (const table of reader.read({ start: -Infinity, end: Infinity })) read += table.ts.length;
      return read;
    };
    await fails(drain(), 'source-row', /130002/);
  });

  it('a file that changes while it is being read', async () => {
    project.write('bars.csv', 'time,x\n0,1\n');
    const reader = await project.open('csv', { path: 'bars.csv' });
    await reader.version();
    project.write('bars.csv', 'time,x\n0,1\n60,2\n');
    const drain = async () => {
      let rows = 0;
      for await (const table of reader.read({ start: -Infinity, end: Infinity })) rows += table.ts.length;
      return rows;
    };
    await fails(drain(), 'source', /changed while it was being read/);
  });
});
