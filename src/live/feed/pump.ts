import { setImmediate as nextTurn } from 'node:timers/promises';
import { asError } from '../../sdk/errors.js';
import type { FeedMessage } from './feed.js';
import { Inbox } from './inbox.js';

/** The most messages that wait. A faster feed is slowed down, so that memory stays flat. */
const MOST = 8192;

/** Reads a feed ahead while earlier messages are processed. One step then takes all messages that arrived. */
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
