import { SeamlessError } from '../errors.js';
import { counted, meanOf, numbers, sumOf } from './members.js';

/** The group of a member, such as its sector; null: none. */
export type Group = string | number | boolean | null | undefined;

/**
 * Removes what a member has in common with others.
 * - By groups (a list, such as sectors): each member minus the mean of its group, over the members with a number. A member
 * without a group, or with a NaN group, is NaN; one alone in its group is 0; a group of only NaN stays NaN.
 * - By an exposure (a `Float64Array`, such as log size): the residual of a regression with intercept, y − a − b · x with b = Σ (x
 * − x̄)(y − ȳ) / Σ (x − x̄)², over the members with both numbers; the others are NaN. If all exposures are equal, b is 0.
 * @returns values in the input's units
 * @throws SeamlessError `usage` if there are not as many groups or exposures as members
 */
export function neutralize(values: ArrayLike<number>, by: readonly Group[] | Float64Array): Float64Array {
  const given = numbers(values);
  if (by.length !== given.length) {
    throw new SeamlessError(
      'usage',
      `neutralize was given ${given.length} values and ${by.length} to neutralize by: give it one for each member, both from the same section.`,
    );
  }
  return by instanceof Float64Array ? residuals(given, by) : withoutGroups(given, by);
}

function withoutGroups(given: Float64Array, groups: readonly Group[]): Float64Array {
  const members = new Map<Group, number[]>();
  given.forEach((value, index) => {
    const group = groups[index];
    if (group === null || group === undefined || Number.isNaN(group)) return;
    const known = members.get(group);
    if (known) known.push(value);
    else members.set(group, [value]);
  });
  const means = new Map([...members].map(([group, list]) => [group, meanOf(counted(numbers(list)))]));
  return given.map((value, index) => value - (means.get(groups[index]) ?? Number.NaN));
}

function residuals(given: Float64Array, exposures: Float64Array): Float64Array {
  const both = (index: number): boolean => !Number.isNaN(given[index]) && !Number.isNaN(exposures[index]);
  const meanWhere = (list: Float64Array): number => meanOf(counted(list.filter((_, index) => both(index))));
  const [meanY, meanX] = [meanWhere(given), meanWhere(exposures)];
  const x = exposures.map((value) => value - meanX);
  const y = given.map((value) => value - meanY);
  const total = sumOf(counted(x.map((value, index) => (both(index) ? value * value : Number.NaN))));
  const shared = sumOf(counted(x.map((value, index) => value * (y[index] as number))));
  const slope = total === 0 ? 0 : shared / total;
  return y.map((value, index) => value - slope * (x[index] as number));
}
