import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stringify } from 'yaml'
import { fc } from '../web/test-chance.ts'
import { ConfigurationError, describeNotes } from './config.ts'
import { type LoadText, loadText } from './testing.ts'

/** Keys that mean something somewhere, so that random blocks reach every reader. */
const KEYS = (
  'settings databases sources collections catalogs session_store permissions plugins allow allow_sql title tables columns ' +
  'column_types path queries storage config accept reject max_file_size sync hash secrets file_column file_source ' +
  'file_accept file_max_size file_multiple type facets sort sort_desc size hidden units base_url trust_proxy ' +
  'datasette-files id organization files-browse files-upload view-table insert-row unauthenticated $env $file $secret ' +
  '__proto__ constructor toString hasOwnProperty << - description metadata'
).split(' ')

const leaf = fc.oneof(
  fc.constantFrom(
    null,
    true,
    false,
    'true',
    'off',
    0,
    1,
    -1,
    1e21,
    '20971520',
    '*',
    'file',
    'image/*',
    'every 6h',
    'A',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.double(),
)
const key = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...KEYS) },
  { weight: 1, arbitrary: fc.string({ maxLength: 5 }) },
)
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6, depthSize: 'large' },
    leaf,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 6, noNullPrototype: false }),
  ),
}))
const sections = fc.dictionary(key, tree, { maxKeys: 8, noNullPrototype: false })

/** Nothing but a ConfigurationError, whose problems can be printed, and nothing that reaches a prototype. */
function survives(text: string, options?: LoadText): void {
  try {
    const { config, notes } = loadText(text, options)
    for (const { path } of Object.values(config.databases)) assert.ok(path === undefined || path.startsWith('/'))
    for (const rule of config.rules) assert.ok(typeof rule.allow === 'boolean' || typeof rule.allow === 'object')
    for (const line of describeNotes(notes)) assert.doesNotMatch(line, /\p{Cc}/u)
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    assert.ok(error.problems.length > 0)
    assert.equal(error.errors.length, error.problems.length)
    for (const { message } of error.problems) assert.notEqual(message, '')
  }
  assert.deepEqual(Object.keys(Object.prototype), [])
}

test('any tree of values', () => {
  const options = { env: { A: 'true' }, files: { '/srv/A': 'x' } }
  fc.assert(
    fc.property(sections, (value) => survives(JSON.stringify(value), options)),
    { numRuns: 2000 },
  )
})

test('any tree of values, as YAML', () => {
  fc.assert(
    fc.property(sections, (value) => survives(stringify(value))),
    { numRuns: 150 },
  )
})

test('any text, and any bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => survives(text)),
    { numRuns: 500 },
  )
  const yaml = fc.array(fc.constantFrom(...'{}[]:,&*!|>?-#"\'\n\t %@`<ab1~'.split(''), 'sources', '<<', '&a ', '*a'), {
    maxLength: 60,
  })
  fc.assert(
    fc.property(yaml, (parts) => survives(parts.join(''))),
    { numRuns: 2000 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) =>
      survives('title: {$file: f}', { files: { '/srv/f': bytes } }),
    ),
    { numRuns: 100 },
  )
})

test('any names of databases on the command line', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 12 }), { maxLength: 5 }), (databases) => {
      survives('databases: {a: {path: a.db}}', { databases })
    }),
  )
})

test('what is read twice is the same', () => {
  fc.assert(
    fc.property(sections, (value) => {
      const text = JSON.stringify(value)
      const read = () => {
        try {
          return loadText(text)
        } catch (error) {
          return (error as ConfigurationError).errors
        }
      }
      assert.deepEqual(read(), read())
    }),
    { numRuns: 100 },
  )
})
