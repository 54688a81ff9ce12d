// Slow (20 s): whole runs of the Core Loop.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import type { IncomingMessage } from 'node:http';
import { resolve } from 'node:path';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

import { minute, type Project } from '../support/project.js';
import { bar, eventsOf, inParity, OHLC_HEADER, ohlcLines, only, project, start } from './support.js';

const CLI = resolve(import.meta.dirname, '../../dist/cli.js');
const BARS = 6000;
const FROM = 100;
/** Blocks of 512 or 1024 bytes, as the shell has it: more than the cache needs, and less than the journal. */
const LIMIT = 2000;

describe('bad weather', () => {
  let at: Project;
  before(() => {
    at = project({
      'bars.csv': OHLC_HEADER + ohlcLines(0, BARS),
      'worlds/paper.yaml': `mode: paper\nfeed: { kind: replay, start: ${minute(FROM)} }\n`,
    });
  });
  after(() => at.remove());

  /** As a person types it, in a shell that may limit the size of a file. */
  function seamless(args: readonly string[], limit: number | null = null) {
    const command = [process.execPath, CLI, ...args];
    const limited = ['sh', '-c', `ulimit -f ${limit ?? ''}; exec "$@"`, 'sh', ...command];
    const [program = '', ...rest] = limit === null ? command : limited;
    return new Promise<{ code: number; out: string; err: string }>((done) => {
      const options = { cwd: at.root, maxBuffer: 2 ** 28 };
      const child = execFile(program, rest, options, (_, out, err) =>
        done({ code: child.exitCode ?? -1, out, err }),
      );
    });
  }

  it('a disk that is full ends a run with the way out, and nothing is lost when it is followed', async () => {
    const run = ['run', 'main.ts#Momentum', '--world', 'paper'];
    const whole = await seamless([...run, '--name', 'whole']);
    assert.equal(whole.code, 0, whole.err);
    const full = await seamless([...run, '--name', 'full'], LIMIT);
    assert.equal(full.code, 1);
    const said =
      /journal \S+ cannot be written \(EFBIG.*\)\. Make room, then resume the run \((--resume) (full)\)/;
    const [, ...resume] = said.exec(full.err) ?? assert.fail(full.err);
    assert.match((await seamless(['runs'])).out, /^full +Momentum +paper +failed/m);
    const rest = await seamless([...run, ...resume]);
    assert.equal(rest.code, 0, rest.err);
    const numbers = async (name: string): Promise<unknown> => {
      const { out } = await seamless(['report', name, '--json']);
      return (JSON.parse(out) as { outcome: unknown }).outcome;
    };
    assert.deepEqual(await numbers('full'), await numbers('whole'));
    await inParity(at, 'full', 3 * (BARS - FROM - 30));
  });

  describe('of a feed', () => {
    let server: WebSocketServer;
    let told: (socket: WebSocket) => void = () => undefined;
    beforeEach(async () => {
      server = new WebSocketServer({
        host: '127.0.0.1',
        port: 0,
        verifyClient: ({ req }: { req: IncomingMessage }, answer) => {
          if (req.url === '/gone') answer(false, 404);
          else answer(req.headers.authorization !== 'Bearer wrong' && req.url !== '/closed', 401);
        },
      });
      server.on('connection', (socket) => socket.once('message', () => told(socket)));
      await new Promise((done) => server.once('listening', done));
    });
    afterEach(() => {
      for (const client of server.clients) client.terminate();
      server.close();
    });

    const world = (path = '', more = ''): void => {
      const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
      at.write({ 'worlds/ws.yaml': `mode: paper\nfeed: { kind: ws, url: "${url}", silence: 1s${more} }\n` });
    };

    it('that takes no such token, wants one, or is elsewhere, the sentence says what to correct', async () => {
      process.env['WEATHER_TOKEN'] = 'wrong';
      world('', ', tokenFrom: WEATHER_TOKEN');
      await assert.rejects(start(at, { world: 'ws' }), /takes no such token.*variable WEATHER_TOKEN/);
      delete process.env['WEATHER_TOKEN'];
      world('/closed');
      await assert.rejects(start(at, { world: 'ws' }), /wants a token .*name that with tokenFrom/);
      world('/gone');
      await assert.rejects(
        start(at, { world: 'ws' }),
        /nothing at this address .*correct the url in the world/,
      );
    });

    it('that says nothing, or hangs up, is not said to be out of reach', async () => {
      told = () => undefined;
      world();
      await assert.rejects(
        start(at, { world: 'ws' }),
        /was reached, but said nothing for 1 s.*longer silence/,
      );
      told = (socket) => socket.close(1008, 'not your hour');
      await assert.rejects(start(at, { world: 'ws' }), /ended the connection \(1008, not your hour\)/);
    });

    it('whose bars come to be of other columns leaves slots empty, says so once, and takes them again', async () => {
      told = (socket) => {
        const send = (i: number, row: object): void =>
          socket.send(JSON.stringify({ type: 'bar', stream: 'BTC', ts: minute(BARS + i), row }));
        for (let i = 0; i < 30; i++) {
          const { open, high, low, close, volume } = bar(BARS + i);
          if (i < 10 || i >= 20) send(i, bar(BARS + i));
          else if (i < 15) send(i, { o: open, h: high, l: low, c: close, v: volume });
          else socket.send(JSON.stringify({ type: 'candle', data: { o: open } }));
        }
        socket.send(JSON.stringify({ type: 'closed' }));
      };
      world();
      const run = await start(at, { world: 'ws' });
      const events = await eventsOf(run);
      assert.equal(only(events, 'bar').length, 20);
      assert.deepEqual(
        only(events, 'gap').map(({ start: from, end }) => [from, end]),
        [[minute(BARS + 10), minute(BARS + 20)]],
      );
      await inParity(at, run.id, 40);
      const { code, err } = await seamless(['run', 'main.ts#Momentum', '--world', 'ws']);
      assert.equal(code, 0, err);
      assert.equal(
        err.match(/has no open, high, low, close, volume, which earlier bars have/g)?.length,
        1,
        err,
      );
      assert.match(
        err,
        /their slots stay empty: have the feed send what history has, open, high, low, close, volume/,
      );
      assert.equal(err.match(/is not a message \(type: .*candle/g)?.length, 1, err);
    });
  });

  it('a remote world of another version is said to be that, as it begins and under way', async () => {
    const other = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await new Promise((done) => other.once('listening', done));
    let first: object = { type: 'snapshot', seq: 1, rules: {} };
    other.on('connection', (socket) => {
      socket.send(JSON.stringify(first));
      socket.on('message', () => undefined);
    });
    try {
      at.write({
        'worlds/far.yaml': `url: ws://127.0.0.1:${(other.address() as AddressInfo).port}/far\nsilence: 1s\n`,
      });
      await assert.rejects(
        start(at, { world: 'far' }),
        /far at ws:\S+ sent something that is not a message \(text: .*\): Use one version of Seamless at both ends/,
      );
      const act = {
        decision: { act: true, reason: '' },
        allocations: {},
        activation: 'active',
        staged: null,
      };
      const text = `mode: paper\nfeed: { kind: replay, start: ${minute(FROM)}, speed: 6000 }\n`;
      first = { type: 'snapshot', seq: 1, text, ...act };
      const run = await start(at, { world: 'far' });
      let isTold = false;
      for await (const event of run.events) {
        if (event.type === 'fill' && !isTold) {
          isTold = true;
          for (const socket of other.clients)
            for (let i = 0; i < 5; i++) socket.send(JSON.stringify({ type: 'beat', seq: 1 }));
        }
        if (event.type === 'world' && /A message of the world was missed/.test(event.inactive)) break;
      }
      await run.stop();
    } finally {
      for (const client of other.clients) client.terminate();
      other.close();
    }
  });
});
