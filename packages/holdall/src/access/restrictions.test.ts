import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc } from '../web/test-chance.ts'
import { formatResource, parseResource } from './levels.ts'
import { decodeRestrictions, formatRestriction, parseRestriction } from './restrictions.ts'

const name = fc.string({ minLength: 1, unit: 'grapheme' })

test('a restriction reads back as it was written, whatever the names', () => {
  fc.assert(
    fc.property(name, fc.option(name, { nil: undefined }), (parent, child) => {
      const resource =
        child === undefined ? { kind: 'database' as const, parent } : { kind: 'table' as const, parent, child }
      const restriction = { action: 'insert-row' as const, resource }
      assert.deepEqual(parseRestriction(formatRestriction(restriction)), { restriction })
      assert.deepEqual(decodeRestrictions(JSON.stringify([restriction])), [restriction])
      assert.deepEqual(parseResource(formatResource(resource)), resource)
    }),
  )
})

test('no text makes the parsers throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `insert-row:${text}`),
      ),
      (text) => {
        parseRestriction(text)
        parseResource(text)
        decodeRestrictions(text)
      },
    ),
  )
})
