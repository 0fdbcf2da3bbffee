import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { missingTests } from './named-tests.ts'
import { parseSource } from './source.ts'
import { readSources } from './steps.ts'

const ROOT = dirname(dirname(import.meta.dirname))
const SOURCES = [
  parseSource(
    'packages/holdall/src/files/a.test.ts',
    `test('one', () => {})
    describe('a group', () => {
      for (const kind of ['x']) test(\`two \${kind} three\`, () => {})
    })
    test.skip('four', () => {})
    // test('five')`,
  ),
  parseSource('test/b.test.ts', `it('it’s one', () => {})`),
]

function missing(text: string): string[] {
  return missingTests([{ path: 'docs/a.md', text }], SOURCES).map(({ line, message }) => `${line} ${message}`)
}

test('tests that are there are found, in either home, by their titles and those of their groups', () => {
  const text = [
    '`files/a.test.ts › one`',
    '`packages/holdall/src/files/a.test.ts › one`',
    '| `files/a.test.ts › a group` `files/a.test.ts › two … three` |',
    '`files/a.test.ts › a group › two … three`',
    '`test/b.test.ts › it’s one`',
    '`npm test › not a file`',
  ]
  assert.deepEqual(missing(text.join('\n')), [])
})

test('a file that is gone and a test that is renamed, skipped or a comment are named with their line', () => {
  assert.deepEqual(missing('\n`files/gone.test.ts › one`'), ['2 There is no files/gone.test.ts.'])
  for (const title of ['One', 'two', 'a group › one', 'four', 'five']) {
    assert.deepEqual(missing(`\`files/a.test.ts › ${title}\``), [
      `1 packages/holdall/src/files/a.test.ts has no test “${title}”.`,
    ])
  }
})

test('every row of the guarantees names a test, and it is there', () => {
  const text = readFileSync(join(ROOT, 'docs/guarantees.md'), 'utf8')
  const [promised = ''] = text.split('\n## Not yet')
  const rows = promised.split('\n').filter((line) => /^\| (?!---|What goes wrong)/.test(line))
  assert.ok(rows.length > 60, `${rows.length} rows`)
  assert.deepEqual(
    rows.filter((row) => !/ › [^`]+` \|$/.test(row)),
    [],
  )
  assert.deepEqual(missingTests([{ path: 'docs/guarantees.md', text }], readSources(ROOT)), [])
})
