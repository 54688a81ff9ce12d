import type { Graph } from '../../../engine/graph/graph.js';
import { ccxtFeed, type WatchedExchange } from '../../../live/feed/ccxt.js';
import type { Feed } from '../../../live/feed/feed.js';
import type { World } from '../../../live/world/schema.js';
import { messageOf, nearNames, SeamlessError } from '../../../sdk/errors.js';
import { formatInterval } from '../../../sdk/time/time.js';
import { loadCcxt, type CcxtExchange } from '../../../sources/ccxt/exchange.js';

type CcxtSettings = Extract<NonNullable<World['feed']>, { kind: 'ccxt' }>;

/**
 * @throws SeamlessError `source` if the project has no ccxt, or ccxt has no such exchange, symbol or interval; `usage` for
 * streams without a symbol
 */
export async function openCcxtFeed(
  world: World,
  { exchange: name, symbol, silence }: CcxtSettings,
  graph: Graph,
  projectRoot: string,
  onTrouble: (text: string) => void,
): Promise<Feed> {
  const refuse = (sentence: string, cause?: unknown): SeamlessError =>
    new SeamlessError('source', `The feed of world ${world.name}: ${sentence}`, { cause });
  const streams = graph.nodes.filter(({ kind }) => kind === 'stream');
  const symbols = symbolsOf(
    world.name,
    symbol,
    streams.map((stream) => stream.name),
  );
  const ccxt = await loadCcxt({ name: 'it', refuse }, projectRoot);
  const exchange = ccxt.makePro(name);
  if (!isWatched(exchange)) {
    throw refuse(`${name} (ccxt) gives no candles over a WebSocket: take another exchange.`);
  }
  const known = Object.keys(exchange.timeframes ?? {});
  for (const stream of streams) {
    const timeframe = formatInterval(stream.interval);
    if (known.length === 0 || known.includes(timeframe)) continue;
    throw refuse(
      `${name} (ccxt) has no bars of ${timeframe}, the interval of ${stream.name}: it has ${known.join(', ')}. Take one of these, and make longer ones of it with resample.`,
    );
  }
  return ccxtFeed({
    name: `The feed of world ${world.name}, ${name} (ccxt),`,
    exchange,
    symbolOf: (stream) => symbols.get(stream.name) as string,
    grace: world.late.grace,
    silence,
    refusal: (error, asked) => {
      const message = messageOf(error);
      const kind = ccxt.kindOf(error);
      if (kind === 'key') return `refuses to answer without a key (${message}): take another exchange.`;
      if (kind !== 'symbol') return null;
      const near = nearNames(asked, exchange.symbols ?? []);
      return `has no symbol ${asked}${near.length > 0 ? `: did you mean ${near.join(' or ')}?` : '.'}`;
    },
    onTrouble,
  });
}

function isWatched(exchange: CcxtExchange): exchange is CcxtExchange & WatchedExchange {
  return 'watchOHLCV' in exchange && exchange.has?.['watchOHLCV'] !== false;
}

/** A symbol for each stream. None is guessed: a wrong symbol would go unnoticed. */
function symbolsOf(
  world: string,
  symbol: CcxtSettings['symbol'],
  streams: readonly string[],
): ReadonlyMap<string, string> {
  const each = streams.map((name) => `${name}: BTC/USDT`).join(', ');
  if (typeof symbol === 'string') {
    if (streams.length <= 1) return new Map(streams.map((name) => [name, symbol]));
    throw new SeamlessError(
      'usage',
      `World ${world} has one symbol, and the strategy has ${streams.length} streams: write one for each, such as "symbol: { ${each} }".`,
    );
  }
  const found = new Map(Object.entries(symbol));
  const missing = streams.filter((name) => !found.has(name));
  if (missing.length === 0) return found;
  const [first = ''] = missing;
  const near = nearNames(first, [...found.keys()]);
  throw new SeamlessError(
    'usage',
    `World ${world} has no symbol for ${missing.join(', ')}${near.length > 0 ? `, but for ${near.join(' and ')}` : ''}: write one for each stream, such as "symbol: { ${each} }".`,
  );
}
