import { didYouMean, SeamlessError } from '../../sdk/errors.js';
import { classOf, type FoundNode, type Store } from '../../store/store.js';

/** A `not-found` error for a strategy that the cache does not have, suggesting similar names. */
export async function unknownStrategy(store: Store, strategy: string): Promise<SeamlessError> {
  const names = (await store.contents()).strategies.map((each) => each.strategy);
  if (names.length === 0) return new SeamlessError('not-found', 'Nothing is materialized yet.');
  const shown = strategy.includes('#') ? names : names.map((name) => classOf(name));
  const hint = didYouMean(strategy, shown, `The cache holds ${names.join(', ')}.`);
  return new SeamlessError('not-found', `Nothing of ${strategy} is materialized yet. ${hint}`);
}

/** A `not-found` error for a node that the cache does not have, suggesting similar names; for a family, one of its symbols. */
export async function unknownNode(store: Store, strategy: string, node: string): Promise<SeamlessError> {
  const [known] = (await store.contents(strategy)).strategies;
  if (!known) return unknownStrategy(store, strategy);
  const members = known.nodes.filter(({ family, listed }) => family === node && listed);
  const names = new Set(known.nodes.map(({ name, family }) => family ?? name));
  const hint = members[0]
    ? `It is a family of ${members.length}: name one of its symbols, such as ${members[0].name}.`
    : didYouMean(
        node,
        new Set([...names, ...known.nodes.map(({ name }) => name)]),
        `It has ${[...names].join(', ')}.`,
      );
  return new SeamlessError('not-found', `Strategy ${strategy} has no node ${node} in the cache. ${hint}`, {
    node,
  });
}

/** A node from its strategy's last registration. @throws SeamlessError `not-found` */
export async function foundNode(store: Store, strategy: string, node: string): Promise<FoundNode> {
  const found = await store.findNode(strategy, node);
  if (!found) throw await unknownNode(store, strategy, node);
  return found;
}
