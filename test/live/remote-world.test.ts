// Slow (40 s): whole runs of the Core Loop.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';

import { serveWorlds, type WorldServer } from '../../src/live/world/serve.js';
import type { Run, RunEvent } from '../../src/sdk/live/live.js';
import { minute, type Project } from '../support/project.js';
import { eventsOf, inParity, OHLC_HEADER, ohlcLines, only, project, start } from './support.js';

const CLI = resolve(import.meta.dirname, '../../dist/cli.js');
const BARS = 1300;
const FROM = 300;
const TOKEN = 'a token of the test';

/** A bar in ten milliseconds. */
const FILE = `mode: paper\nfeed: { kind: replay, start: ${minute(FROM)}, speed: 6000 }\n`;

describe('a remote world', () => {
  let at: Project;
  let there: Project;
  let server: WorldServer | null = null;
  before(() => {
    process.env['WORLD_TOKEN'] = TOKEN;
    at = project({ 'bars.csv': OHLC_HEADER + ohlcLines(0, BARS) });
    there = project({ 'worlds/btc.yaml': FILE });
  });
  after(() => {
    at.remove();
    there.remove();
  });
  afterEach(async () => {
    await server?.close();
    server = null;
  });

  async function serve(port = 0): Promise<WorldServer> {
    there.write({ 'worlds/btc.yaml': FILE });
    server = await serveWorlds({
      projectRoot: there.root,
      host: '127.0.0.1',
      port,
      token: TOKEN,
      everyMs: 50,
    });
    return server;
  }

  function place(url: string, more = ''): void {
    at.write({ 'worlds/far.yaml': `url: ${url}\ntokenFrom: WORLD_TOKEN\n${more}` });
  }

  /** Events as they come; resolves `until` each is met in turn. */
  function follow(run: Run) {
    const events: RunEvent[] = [];
    const done = (async () => {
      for await (const event of run.events) events.push(event);
    })();
    const met = async (fits: (event: RunEvent) => boolean): Promise<RunEvent> => {
      for (;;) {
        const found = events.find(fits);
        if (found) return found;
        await sleep(10);
      }
    };
    return { events, done, met };
  }

  it('is what its server says, and a run follows it: freeze, drain, shares', async () => {
    place((await serve()).url('btc'));
    const run = await start(at, { world: 'far' });
    const { events, done, met } = follow(run);
    await met(({ type }) => type === 'fill');
    there.write({ 'worlds/btc.yaml': `${FILE}allocations: { Momentum: 0.5, Other: 0 }\n` });
    await met((event) => event.type === 'world' && event.share === 0.5);
    there.write({ 'worlds/btc.yaml': `${FILE}activation: freeze\n` });
    const frozen = await met((event) => event.type === 'activation' && /is frozen/.test(event.reason));
    await sleep(300);
    assert.deepEqual(
      only(events, 'order').filter(({ seq }) => seq > frozen.seq),
      [],
    );
    there.write({ 'worlds/btc.yaml': `${FILE}activation: drain\n` });
    await met((event) => event.type === 'world' && event.activation === 'drain');
    // One that is no world any more, or another one, makes no orders: that is the safe side.
    there.write({ 'worlds/btc.yaml': 'mode: papre\n' });
    await met((event) => event.type === 'world' && /worlds\/btc.yaml:1: mode is/.test(event.inactive));
    there.write({ 'worlds/btc.yaml': `${FILE}limits: { gross: 0.5 }\n` });
    await met(
      (event) => event.type === 'world' && /was changed in more than its activation/.test(event.inactive),
    );
    const [halved] = only(events, 'world').filter(({ share }) => share === 0.5);
    for (const { seq, weight } of only(events, 'decision'))
      assert.ok(weight <= (seq > (halved?.seq ?? 0) && seq < frozen.seq ? 0.5 : 1));
    await run.stop();
    await done;
    await assert.rejects(start(at, { world: 'far', resume: run.id }), /as it was then, and that has changed/);
    there.write({ 'worlds/btc.yaml': `${FILE}activation: freeze\n` });
    await sleep(500);
    // It goes on, with what the world said at the same places.
    const again = await start(at, { world: 'far', resume: run.id });
    await again.stop();
    await inParity(at, run.id, 20);
  });

  it('takes over a change as a whole: looked at, written down, and in force for all runs or for none', async () => {
    const told: string[] = [];
    there.write({ 'worlds/btc.yaml': FILE });
    server = await serveWorlds({
      projectRoot: there.root,
      host: '127.0.0.1',
      port: 0,
      token: TOKEN,
      everyMs: 50,
      onTrouble: (text) => told.push(text),
    });
    const url = server.url('btc');
    place(url);
    const run = await start(at, { world: 'far' });
    const { events, done, met } = follow(run);
    await met(({ type }) => type === 'fill');
    // Another run, which answers as it is told to.
    let answer: 'prepared' | 'refused' | null = 'prepared';
    const sets: number[] = [];
    const other = new WebSocket(url, { headers: { authorization: `Bearer ${TOKEN}` } });
    const gone = new Promise((closed) => other.once('close', closed));
    other.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { type: string; seq: number };
      if (message.type !== 'prepare') return;
      sets.push(message.seq);
      if (answer === 'prepared') other.send(JSON.stringify({ type: 'prepared', set: message.seq }));
      if (answer === 'refused')
        other.send(JSON.stringify({ type: 'refused', set: message.seq, reason: 'It is full.' }));
    });
    await new Promise((open) => other.once('open', open));
    // Two things change at once: no slot sees one of them alone.
    there.write({ 'worlds/btc.yaml': `${FILE}activation: drain\nallocations: { Momentum: 0.5 }\n` });
    const both = await met((event) => event.type === 'world' && event.activation === 'drain');
    assert.ok(both.type === 'world' && both.share === 0.5 && both.set === sets[0]);
    const [staged] = only(events, 'staged');
    assert.ok(staged && staged.seq < both.seq && staged.set === both.set);
    assert.deepEqual(only(events, 'world').filter(({ share }) => share === 0.5).length, 1);
    await met((event) => event.type === 'activation' && /is drained: nothing is held/.test(event.reason));
    // One that cannot follow keeps all of them where they are.
    answer = 'refused';
    there.write({ 'worlds/btc.yaml': FILE });
    const dropped = await met(({ type }) => type === 'dropped');
    assert.ok(dropped.type === 'dropped' && dropped.reason === 'It is full.');
    assert.match(
      told.join(),
      /World btc stays as it was, because a run cannot follow its file: It is full\./,
    );
    await sleep(300);
    assert.equal(sets.length, 2);
    assert.equal(only(events, 'world').at(-1)?.activation, 'drain');
    // One that says nothing is let go, and holds nobody up for long.
    answer = null;
    there.write({ 'worlds/btc.yaml': `${FILE}activation: freeze\n` });
    await met((event) => event.type === 'world' && event.activation === 'freeze');
    await gone;
    assert.match(told.join(), /1 runs of world btc do not answer/);
    await run.stop();
    await done;
    await inParity(at, run.id, 20);
  });

  it('killed between the two steps, a run goes on with what the world is then, and never with a half of it', async () => {
    for (const committed of [true, false]) {
      const next = { activation: 'drain', allocations: { Momentum: 0.25 } };
      const act = { decision: { act: true, reason: '' } };
      const before = { ...act, activation: 'active', allocations: {} };
      let inForce = false;
      const odd = new WebSocketServer({ host: '127.0.0.1', port: 0 });
      await new Promise((open) => odd.once('listening', open));
      odd.on('connection', (socket) => {
        const now = inForce ? { ...act, ...next } : before;
        socket.send(JSON.stringify({ type: 'snapshot', seq: 5, text: FILE, ...now, staged: null }));
      });
      place(`ws://127.0.0.1:${(odd.address() as AddressInfo).port}/btc`);
      const name = `cut-${committed}`;
      const running = spawn(
        process.execPath,
        [CLI, 'run', `${at.path('main.ts')}#Momentum`, '--world', 'far', '--json', '--name', name],
        { cwd: at.root, stdio: ['ignore', 'pipe', 'ignore'], detached: true },
      );
      let out = '';
      running.stdout.on('data', (text: Buffer) => (out += text.toString()));
      while (!/"type":"fill"/.test(out)) await sleep(10);
      for (const socket of odd.clients)
        socket.send(JSON.stringify({ type: 'prepare', seq: 6, ...act, ...next }));
      while (!/"type":"staged"/.test(out)) await sleep(10);
      process.kill(-(running.pid as number), 'SIGKILL');
      await new Promise((closed) => running.once('close', closed));
      inForce = committed;
      const again = await onceFree(() => start(at, { world: 'far', resume: name }));
      const { events, done, met } = follow(again);
      await met((event) => event.type === 'dropped' && /cut off before/.test(event.reason));
      if (committed) await met((event) => event.type === 'activation' && /is drained/.test(event.reason));
      else await sleep(200);
      await again.stop();
      await done;
      const rules = only(events, 'world').map(({ activation, share }) => [activation, share]);
      assert.deepEqual(rules, committed ? [['drain', 0.25]] : []);
      for (const client of odd.clients) client.terminate();
      odd.close();
      await inParity(at, name, 20);
    }
  });

  it('of the own project is followed as its file changes, too', async () => {
    at.write({ 'worlds/own.yaml': FILE });
    const run = await start(at, { world: 'own' });
    const { events, done, met } = follow(run);
    await met(({ type }) => type === 'fill');
    at.write({ 'worlds/own.yaml': `${FILE}activation: drain\nallocations: { Momentum: 0.5 }\n` });
    await met((event) => event.type === 'world' && event.activation === 'drain' && event.share === 0.5);
    await met((event) => event.type === 'activation' && /is drained: nothing is held/.test(event.reason));
    at.write({ 'worlds/own.yaml': `${FILE}activation: drain\nallocation: 3\n` });
    await met(
      (event) => event.type === 'world' && /worlds\/own.yaml:4: there is no field/.test(event.inactive),
    );
    await run.stop();
    await done;
    assert.equal(only(events, 'staged').length, 2);
    // What may change under way is no reason for not going on.
    at.write({ 'worlds/own.yaml': `${FILE}activation: freeze\n` });
    const again = await start(at, { world: 'own', resume: run.id });
    await again.stop();
    const [frozen] = (await eventsOf(again)).filter((event) => event.type === 'world').slice(-1);
    assert.ok(frozen?.type === 'world' && frozen.activation === 'freeze' && frozen.inactive === '');
    await inParity(at, run.id, 20);
  });

  it('that is lost counts no more after its silence, and again once it is back', async () => {
    const { url } = await serve();
    place(url('btc'), 'silence: 1s\n');
    const port = Number(new URL(url('btc')).port);
    const run = await start(at, { world: 'far' });
    const { done, met } = follow(run);
    await met(({ type }) => type === 'fill');
    await server?.close();
    const stale = await met(
      (event) => event.type === 'world' && /has said nothing for 1 s/.test(event.inactive),
    );
    await serve(port);
    await met((event) => event.type === 'world' && event.inactive === '' && event.seq > stale.seq);
    await met((event) => event.type === 'activation' && event.active && event.seq > stale.seq);
    await run.stop();
    await done;
  });

  it('takes no wrong token, and says which names and addresses are wrong', async () => {
    const { url } = await serve();
    place(url('btc'));
    process.env['WORLD_TOKEN'] = 'another';
    try {
      await assert.rejects(
        start(at, { world: 'far' }),
        /The world far at ws:\S+ takes no such token: see the variable/,
      );
    } finally {
      process.env['WORLD_TOKEN'] = TOKEN;
    }
    place(url('btx'));
    await assert.rejects(start(at, { world: 'far' }), /is not served there: see the name at the end/);
    await server?.close();
    await assert.rejects(start(at, { world: 'far' }), /cannot be reached: .*ECONNREFUSED/);
    at.write({ 'worlds/far.yaml': 'url: ws://127.0.0.1:1/x\nmode: paper\n' });
    await assert.rejects(start(at, { world: 'far' }), /worlds\/far.yaml:2: there is no field mode/);
  });

  it('of which a message is missing is asked for a snapshot, and counts no more until that is there', async () => {
    const snapshots: WebSocket[] = [];
    const odd = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await new Promise((done) => odd.once('listening', done));
    const act = { decision: { act: true, reason: '' }, allocations: {}, staged: null };
    let seq = 5;
    const snapshot = (socket: WebSocket, activation: string): void =>
      socket.send(JSON.stringify({ type: 'snapshot', seq, text: FILE, activation, ...act }));
    odd.on('connection', (socket) => {
      snapshot(socket, 'active');
      socket.on('message', (data: Buffer) => {
        if (/snapshot/.test(data.toString())) snapshots.push(socket);
      });
    });
    try {
      place(`ws://127.0.0.1:${(odd.address() as AddressInfo).port}/btc`);
      const run = await start(at, { world: 'far' });
      const { done, met } = follow(run);
      await met(({ type }) => type === 'fill');
      const [socket] = [...odd.clients] as [WebSocket];
      // Message 6 says that it is frozen, and is lost.
      seq = 7;
      socket.send(
        JSON.stringify({
          type: 'prepare',
          seq,
          decision: act.decision,
          activation: 'active',
          allocations: { Momentum: 0.25 },
        }),
      );
      await met(
        (event) => event.type === 'world' && /A message of the world was missed/.test(event.inactive),
      );
      while (snapshots.length === 0) await sleep(5);
      snapshot(socket, 'freeze');
      await met((event) => event.type === 'world' && event.inactive === '' && event.activation === 'freeze');
      // One of a field that is not known may be one that counts.
      socket.send(JSON.stringify({ type: 'heartbeat', seq, urgent: true }));
      while (snapshots.length === 1) await sleep(5);
      await run.stop();
      await done;
    } finally {
      for (const client of odd.clients) client.terminate();
      odd.close();
    }
  });

  it('is served in a terminal, on loopback alone unless there is a token', async () => {
    const outside = await new Promise<string>((done) => {
      execFile(
        process.execPath,
        [CLI, 'world', 'serve', '--host', '0.0.0.0'],
        { cwd: there.root },
        (_, __, err) => done(err),
      );
    });
    assert.match(outside, /On 0\.0\.0\.0 other machines can ask: choose a token/);
    there.write({ 'worlds/btc.yaml': FILE.replace(', speed: 6000', '') });
    const serving = execFile(process.execPath, [CLI, 'world', 'serve'], { cwd: there.root });
    try {
      let [out, err] = ['', ''];
      serving.stdout?.on('data', (text: string) => (out += text));
      serving.stderr?.on('data', (text: string) => (err += text));
      while (!out.includes('\n') || !err.includes('\n')) await sleep(20);
      const url = /^btc {2}(ws:\/\/127\.0\.0\.1:\d+\/btc)$/m.exec(out)?.[1] ?? assert.fail(out);
      process.env['WORLD_TOKEN'] = /names: (\S+)/.exec(err)?.[1] ?? assert.fail(err);
      place(url);
      const run = await start(at, { world: 'far' });
      const events = await eventsOf(run);
      assert.equal((await run.result).mode, 'paper');
      assert.ok(only(events, 'fill').length > 5);
    } finally {
      process.env['WORLD_TOKEN'] = TOKEN;
      serving.kill('SIGINT');
    }
  });
});

/** What was killed lets go of its world once the system has taken it away. */
async function onceFree(begin: () => Promise<Run>): Promise<Run> {
  for (;;) {
    try {
      return await begin();
    } catch (error) {
      if (!/is in use by run/.test(String(error))) throw error;
      await sleep(50);
    }
  }
}
