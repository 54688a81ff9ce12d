import { Child } from './project.js';

/** One child for all tests of a suite, where none of them is about a new one. Call inside `describe`; gives the child inside a test. */
export function keptChild(): () => Child {
  let child: Child | null = null;
  before(() => {
    child = new Child();
  });
  after(async () => {
    await child?.end();
    child = null;
  });
  return () => {
    if (child === null) throw new Error('The child is there only while tests run.');
    return child;
  };
}
