import { setImmediate as nextTurn } from 'node:timers/promises';
import { asError } from '../../sdk/errors.js';
import type { FeedMessage } from './feed.js';
import { Inbox } from './inbox.js';

/** Messages that wait at most: a fast feed is held up, so memory stays flat. */
const MOST = 8192;

/** Takes messages out of a feed while others are being worked on. They are then there together, for one step. */
export function pump<T>(messages: AsyncIterable<T & FeedMessage>): Inbox<T> {
  const inbox = new Inbox<T>();
  void (async () => {
    try {
      for await (const message of messages) {
        inbox.put(message);
        while (inbox.size >= MOST) await nextTurn();
      }
      inbox.end();
    } catch (error) {
      inbox.fail(asError(error));
    }
  })();
  return inbox;
}
