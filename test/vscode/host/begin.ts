/** The line the suites inside the extension host print first. */
export const SUITES_BEGIN = 'Suites of the extension host:';
