import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CompletionContext, type CompletionResult } from '@codemirror/autocomplete'
import { EditorState } from '@codemirror/state'
import { completeFrom } from './completion.ts'
import { placeAt } from './place.ts'

/** `|` is the cursor. */
function at(text: string) {
  const cursor = text.indexOf('|')
  return { text: text.replace('|', ''), cursor }
}

function wanted(marked: string): string | undefined {
  const { text, cursor } = at(marked)
  return placeAt(text, cursor)?.wants
}

test('what is wanted follows from the clause, within its brackets', () => {
  for (const [sql, wants] of [
    ['|', 'start'],
    ['sel|', 'start'],
    ['select |', 'value'],
    ['select a, b|', 'value'],
    ['select a from |', 'table'],
    ['select a from t|', 'table'],
    ['select a from t |', 'keyword'],
    ['select a from t, |', 'table'],
    ['select a from t x join "o p" |', 'keyword'],
    ['select a from t left join |', 'table'],
    ['select a from t where |', 'value'],
    ['select count(|', 'value'],
    ['select a from (|', 'start'],
    ['select a from (select b from u) |', 'keyword'],
    ['select (select max(b) from u), |', 'value'],
    ['select a from t group by |', 'value'],
    ['select a from t order by a, |', 'value'],
    ['with q as (select 1) select |', 'value'],
    ['select 1; |', 'start'],
    ['select extract(year from d), |', 'value'],
    ['select 1 -- from |', undefined],
    ["select 'from |", undefined],
    ["select 'it''s' |", 'value'],
    ['select /* from */ |', 'value'],
    ['select "from |" x', 'value'],
  ] as const)
    assert.equal(wanted(sql), wants, sql)
})

test('the tables of the whole statement are known by their other names, those behind the cursor too', () => {
  const { text, cursor } = at('select | from a as x, "b c" y left join d using (id) where 1; select 1 from e')
  assert.deepEqual(placeAt(text, cursor)?.tables, [
    { table: 'a', alias: 'x' },
    { table: 'b c', alias: 'y' },
    { table: 'd', alias: 'd' },
  ])
  assert.deepEqual(placeAt('with q as (select 1) select ', 28)?.named, ['q'])
})

const WORDS = {
  table: 't_visits',
  tables: {
    t_visits: [
      ['visit_id', 'BIGINT'],
      ['dwell (s)', 'INTEGER'],
      ['order', 'VARCHAR'],
      ['Count', 'BIGINT'],
    ],
    t_rooms: [['room', 'VARCHAR']],
  },
  titles: { t_visits: 'visits', t_rooms: 'rooms' },
  functions: ['count', 'round'],
  tableFunctions: ['range'],
  keywords: { quoted: ['from', 'order', 'select', 'where'], others: ['rows', 'visible'] },
} as const
const complete = completeFrom(WORDS)

/** What is offered there, best first. */
async function offered(marked: string, explicit = false): Promise<string[] | undefined> {
  const { text, cursor } = at(marked)
  const result = (await complete(
    new CompletionContext(EditorState.create({ doc: text }), cursor, explicit),
  )) as CompletionResult | null
  const written = text.slice(result?.from, cursor).toLowerCase()
  return result?.options
    .filter(({ label }) => label.toLowerCase().startsWith(written))
    .toSorted((a, b) => (b.boost ?? 0) - (a.boost ?? 0))
    .map(({ label, apply }) => (typeof apply === 'string' ? apply : label))
}

test('columns come before functions and keywords, tables behind FROM, each as it must be written', async () => {
  assert.deepEqual(await offered('select vi| from t_visits'), ['visit_id', 'visible'])
  assert.deepEqual(await offered('select ro| from t_visits'), ['round(', 'rows'])
  assert.deepEqual(await offered('select ro| from T_ROOMS'), ['room', 'round(', 'rows'])
  assert.deepEqual(await offered('select d|'), ['"dwell (s)"'])
  assert.deepEqual(await offered('select o|'), ['"order"', 'order'])
  assert.deepEqual(await offered('select "d|" from t_visits'), ['"dwell (s)"'])
  assert.deepEqual((await offered('select * from |'))?.slice(0, 3), ['t_visits', 't_rooms', 'range('])
  assert.deepEqual((await offered('with q as (select 1) select * from |'))?.slice(0, 3), ['q', 't_visits', 't_rooms'])
  assert.deepEqual(await offered('select r.| from t_visits v join t_rooms r on true'), ['room'])
  assert.deepEqual(await offered('select v.vi| from t_visits v'), ['visit_id'])
  assert.deepEqual(await offered('select * from t_visits wh|'), ['where'])
})

test('nothing is offered in texts, comments and numbers, nor without a letter where there is much to choose from', async () => {
  for (const sql of ["select 'vi|'", 'select 1 -- vi|', 'select 1.|', 'select |', 'select unknown.|'])
    assert.equal(await offered(sql), undefined, sql)
  assert.equal((await offered('select |', true))?.[0], 'visit_id')
})
