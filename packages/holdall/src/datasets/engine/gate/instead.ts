const BEGINNING = /^(?:\s|;|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*([a-z_]+)/i

const TAKEN_AWAY = 'To take rows away, save the answer as CSV, NDJSON or Parquet.'
const OTHER_DATA = 'Other data can be asked once it is a dataset of this collection.'
const CHANGES = 'What is in a dataset changes by adding files to it, or by a new version.'
const NOTHING_SET = 'Nothing is set here; DESCRIBE and SUMMARIZE tell about a table.'

const INSTEAD: Readonly<Record<string, string>> = {
  ...{ copy: TAKEN_AWAY, export: TAKEN_AWAY },
  ...{
    attach: OTHER_DATA,
    detach: OTHER_DATA,
    use: OTHER_DATA,
    import: OTHER_DATA,
    install: OTHER_DATA,
    load: OTHER_DATA,
  },
  ...{ pragma: NOTHING_SET, set: NOTHING_SET, reset: NOTHING_SET, call: NOTHING_SET, checkpoint: NOTHING_SET },
  ...{
    insert: CHANGES,
    update: CHANGES,
    delete: CHANGES,
    merge: CHANGES,
    truncate: CHANGES,
    alter: CHANGES,
    drop: CHANGES,
  },
  create: 'Name a query within the statement: WITH name AS (SELECT …) SELECT …',
  pivot: "Name the values: PIVOT … ON column IN ('a', 'b') USING count(*).",
  explain: 'The plan of a query is not told.',
}

/** Why a statement that is no SELECT is not run, and what to write instead. */
export function noSelect(sql: string): string {
  const word = BEGINNING.exec(sql)?.[1]?.toLowerCase() ?? ''
  // A PIVOT may stand behind WITH as well.
  const known = Object.hasOwn(INSTEAD, word) ? word : /\bpivot\b/i.test(sql) ? 'pivot' : undefined
  if (known === undefined) return 'Only a SELECT is. Write it as one.'
  return known === 'pivot'
    ? `Only a SELECT is, and a PIVOT that finds its values by itself is two statements. ${INSTEAD.pivot}`
    : `Only a SELECT is, and this is ${known.toUpperCase()}. ${INSTEAD[known]}`
}
