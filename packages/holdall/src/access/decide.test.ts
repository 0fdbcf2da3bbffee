import assert from 'node:assert/strict'
import { StatementSync } from 'node:sqlite'
import { after, describe, mock, test } from 'node:test'
import { sql } from 'kysely'
import type { AllowBlock, PermissionRule } from '../config/config.ts'
import { HoldallError } from '../web/error.ts'
import type { Actor, Resource } from '../web/route.ts'
import { fc } from '../web/test-chance.ts'
import { matchesAllowBlock } from './allow.ts'
import { createPermissions, type PermissionsOptions } from './decide.ts'
import { setGrants } from './grants.ts'
import type { Action } from './permissions.ts'
import type { Restriction } from './restrictions.ts'
import { openTestDatabase } from './testing.ts'

const opened = await openTestDatabase()
after(() => opened.close())
const { db } = opened

const alice: Actor = { id: 'alice' }
const bob: Actor = { id: 'bob' }
const root: Actor = { id: 'root' }
const editor: Actor = { id: 'erin', role: ['editor', 'press'] }

const instance: Resource = { kind: 'instance' }
const products: Resource = { kind: 'database', parent: 'products' }
const inventory: Resource = { kind: 'table', parent: 'products', child: 'inventory' }
const orders: Resource = { kind: 'table', parent: 'products', child: 'orders' }
const photos: Resource = { kind: 'source', parent: 'photos' }
const archive: Resource = { kind: 'source', parent: 'archive' }
const photo: Resource = { kind: 'file', parent: 'photos', child: 'df-1' }

function rule(action: Action, resource: Resource, allow: AllowBlock): PermissionRule {
  return { action, resource: resource as PermissionRule['resource'], allow, path: `permissions.${action}` }
}

function allowed(
  rules: readonly PermissionRule[],
  actor: Actor | null,
  action: Action,
  resource: Resource,
  options: Omit<PermissionsOptions, 'rules'> = {},
): Promise<boolean> {
  return createPermissions(db, { rules, ...options }).allowed(actor, action, resource)
}

describe('without rules', () => {
  const OPEN: readonly [Action, Resource][] = [
    ['view-instance', instance],
    ['view-database', products],
    ['view-table', inventory],
    ['execute-sql', products],
  ]
  const CLOSED: readonly [Action, Resource][] = [
    ['files-browse', photos],
    ['files-upload', photos],
    ['files-edit', photo],
    ['files-delete', photo],
    ['files-manage-sources', instance],
    ['insert-row', inventory],
    ['update-row', inventory],
    ['delete-row', inventory],
    ['create-table', products],
    ['set-column-type', inventory],
    ['manage-people', instance],
  ]
  for (const [action, resource] of [...OPEN, ...CLOSED]) {
    test(`${action} is ${OPEN.some(([open]) => open === action) ? 'open to all' : 'for root only'}`, async () => {
      const open = OPEN.some(([name]) => name === action)
      assert.equal(await allowed([], null, action, resource), open)
      assert.equal(await allowed([], alice, action, resource), open)
      assert.equal(await allowed([], root, action, resource), true)
    })
  }
})

type Case = readonly [
  name: string,
  rules: readonly PermissionRule[],
  asked: readonly [Actor | null, Action, Resource],
  may: boolean,
]

const ONLY_ALICE = { id: 'alice' }
const RULES: readonly Case[] = [
  ['a rule for everything', [rule('files-browse', instance, true)], [null, 'files-browse', photos], true],
  ['a global id', [rule('files-browse', instance, ONLY_ALICE)], [alice, 'files-browse', photos], true],
  ['a global id that is another', [rule('files-browse', instance, ONLY_ALICE)], [bob, 'files-browse', photos], false],
  ['a global role', [rule('files-browse', instance, { role: 'editor' })], [editor, 'files-browse', photos], true],
  [
    'a global role not held',
    [rule('files-browse', instance, { role: 'editor' })],
    [bob, 'files-browse', photos],
    false,
  ],
  ['a source', [rule('files-browse', photos, true)], [null, 'files-browse', photos], true],
  ['another source', [rule('files-browse', photos, true)], [null, 'files-browse', archive], false],
  [
    'a database is not the source of the same name',
    [rule('files-browse', { kind: 'database', parent: 'photos' }, true)],
    [alice, 'files-browse', photos],
    false,
  ],
  [
    'the source closes what is open to all',
    [rule('files-browse', instance, true), rule('files-browse', photos, false)],
    [alice, 'files-browse', photos],
    false,
  ],
  [
    'the source opens what is closed to all',
    [rule('files-browse', instance, false), rule('files-browse', photos, true)],
    [alice, 'files-browse', photos],
    true,
  ],
  [
    'at equal depth deny beats allow',
    [rule('view-table', inventory, true), rule('view-table', inventory, ONLY_ALICE)],
    [bob, 'view-table', inventory],
    false,
  ],
  [
    'at equal depth deny beats allow, in any order',
    [rule('view-table', inventory, ONLY_ALICE), rule('view-table', inventory, true)],
    [bob, 'view-table', inventory],
    false,
  ],
  [
    'a global block takes the default away',
    [rule('view-table', instance, ONLY_ALICE)],
    [bob, 'view-table', orders],
    false,
  ],
  [
    'a table may be seen in a database that may not',
    [rule('view-database', products, false), rule('view-table', products, false), rule('view-table', inventory, true)],
    [null, 'view-table', inventory],
    true,
  ],
  ['a database closes its tables', [rule('view-table', products, ONLY_ALICE)], [null, 'view-table', orders], false],
  [
    'a rule for `Inventory` holds for `inventory`',
    [rule('view-table', { ...inventory, child: 'Inventory' }, false)],
    [bob, 'view-table', inventory],
    false,
  ],
  [
    'a grant on a source is one on its files',
    [rule('files-edit', photos, true), rule('files-browse', photos, true)],
    [bob, 'files-edit', photo],
    true,
  ],
  [
    'a file that may not be browsed is not edited',
    [rule('files-edit', photos, true)],
    [bob, 'files-edit', photo],
    false,
  ],
  ['nor deleted', [rule('files-delete', photos, true)], [bob, 'files-delete', photo], false],
  ['SQL needs the database', [rule('view-database', products, false)], [bob, 'execute-sql', products], false],
  [
    'unauthenticated',
    [rule('insert-row', inventory, { unauthenticated: true })],
    [null, 'insert-row', inventory],
    true,
  ],
  [
    'unauthenticated is not everybody',
    [rule('insert-row', inventory, { unauthenticated: true })],
    [bob, 'insert-row', inventory],
    false,
  ],
  [
    'a block on a source does not lock out root',
    [rule('files-browse', photos, ONLY_ALICE)],
    [root, 'files-browse', photos],
    true,
  ],
  ['nor from another source', [rule('files-browse', photos, ONLY_ALICE)], [root, 'files-browse', archive], true],
  ['nor does a global one', [rule('files-browse', instance, ONLY_ALICE)], [root, 'files-browse', archive], true],
]

for (const [name, rules, [actor, action, resource], may] of RULES) {
  test(`a rule: ${name}`, async () => assert.equal(await allowed(rules, actor, action, resource), may))
}

describe('owners', () => {
  const browse = rule('files-browse', instance, true)
  test('who uploaded a file may edit it where owners may, whatever the rules for others', async () => {
    await db.write(async (trx) => {
      await sql`INSERT INTO datasette_files_sources (id, slug, storage_type, origin) VALUES (1, 'photos', 'filesystem', 'configuration')`.execute(
        trx,
      )
      await sql`INSERT INTO datasette_files (id, source_id, path, filename, uploaded_by)
        VALUES ('df-1', 1, '1', 'a.jpg', 'alice'), ('df-2', 1, '2', 'b.jpg', NULL)`.execute(trx)
    })
    const denied = [browse, rule('files-edit', instance, false)]
    assert.equal(await allowed(denied, alice, 'files-edit', photo), false)
    assert.equal(await allowed(denied, alice, 'files-edit', photo, { ownersCanEdit: true }), true)
    assert.equal(await allowed(denied, bob, 'files-edit', photo, { ownersCanEdit: true }), false)
    assert.equal(await allowed([browse], alice, 'files-delete', photo, { ownersCanEdit: true }), false)
    assert.equal(await allowed([browse], alice, 'files-delete', photo, { ownersCanDelete: true }), true)
    const first: Resource = { kind: 'file', parent: 'photos', child: '', isOwn: true }
    assert.equal(await allowed([browse], bob, 'files-delete', first, { ownersCanDelete: true }), true, 'of none so far')
    assert.equal(await allowed([browse], bob, 'files-delete', first, { ownersCanEdit: true }), false)
    assert.equal(await allowed([browse], null, 'files-delete', first, { ownersCanDelete: true }), false)
    assert.equal(await allowed([], alice, 'files-edit', photo, { ownersCanEdit: true }), false, 'browsing is needed')
    assert.equal(
      await allowed([browse], null, 'files-edit', { ...photo, child: 'df-2' }, { ownersCanEdit: true }),
      false,
      'what was uploaded anonymously belongs to nobody',
    )
  })
})

describe('grants', () => {
  test('are seen at once, also when another process makes them', async () => {
    const other = await opened.another()
    const permissions = createPermissions(db, { rules: [] })
    assert.equal(await permissions.allowed(bob, 'insert-row', inventory), false)
    await setGrants(other, 'bob', inventory, ['insert-row'], 'root')
    assert.equal(await permissions.allowed(bob, 'insert-row', inventory), true)
    assert.equal(await permissions.allowed(bob, 'insert-row', orders), false)
    assert.equal(await permissions.allowed(alice, 'insert-row', inventory), false)
    await setGrants(other, 'bob', inventory, [], 'root')
    assert.equal(await permissions.allowed(bob, 'insert-row', inventory), false)
  })

  test('reach down, and give way to the file where it speaks of the same action and resource', async () => {
    await setGrants(db, 'bob', photos, ['files-browse', 'files-edit'], 'root')
    assert.equal(await allowed([], bob, 'files-edit', photo), true)
    assert.equal(await allowed([rule('files-browse', photos, ONLY_ALICE)], bob, 'files-browse', photos), false)
    assert.equal(await allowed([rule('files-browse', instance, ONLY_ALICE)], bob, 'files-browse', photos), true)
    await setGrants(db, 'bob', photos, [], 'root')
  })
})

describe('restrictions of a token', () => {
  function restricted(...restrictions: Restriction[]): Actor {
    return { id: 'root', _r: restrictions }
  }
  const CASES: readonly [string, Actor, Action, Resource, boolean][] = [
    ['nothing', restricted(), 'view-table', inventory, false],
    ['another action', restricted({ action: 'view-table' }), 'insert-row', inventory, false],
    ['the action', restricted({ action: 'insert-row' }), 'insert-row', inventory, true],
    ['the table', restricted({ action: 'insert-row', resource: inventory }), 'insert-row', inventory, true],
    ['another table', restricted({ action: 'insert-row', resource: orders }), 'insert-row', inventory, false],
    ['its database', restricted({ action: 'insert-row', resource: products }), 'insert-row', inventory, true],
    [
      'a table, asked of its database',
      restricted({ action: 'view-table', resource: orders }),
      'view-table',
      products,
      false,
    ],
    ['a file of the source', restricted({ action: 'files-browse', resource: photos }), 'files-browse', photo, true],
    ['another source', restricted({ action: 'files-browse', resource: archive }), 'files-browse', photo, false],
    ['what the action needs besides', restricted({ action: 'execute-sql' }), 'execute-sql', products, false],
    ['something that cannot be read', { id: 'root', _r: 'files-browse' }, 'files-browse', photos, false],
    ['entries that cannot be read', { id: 'root', _r: [null, 3, 'files-browse'] }, 'files-browse', photos, false],
    ['a copy of the actor', { ...restricted({ action: 'view-table' }) }, 'insert-row', inventory, false],
  ]
  for (const [name, actor, action, resource, may] of CASES) {
    test(name, async () => assert.equal(await allowed([], actor, action, resource), may))
  }
  test('give nothing that the actor may not do anyway', async () => {
    assert.equal(await allowed([], { id: 'bob', _r: [{ action: 'insert-row' }] }, 'insert-row', inventory), false)
  })
})

test('a refusal asks the anonymous to sign in, and tells others what they lack', async () => {
  const permissions = createPermissions(db, { rules: [] })
  await permissions.demand(root, 'files-upload', photos)
  await assert.rejects(permissions.demand(null, 'files-upload', photos), (error) => {
    assert(error instanceof HoldallError)
    assert.equal(error.status, 401)
    assert.match(error.headers['WWW-Authenticate'] ?? '', /^Bearer/)
    return true
  })
  await assert.rejects(
    permissions.demand(bob, 'insert-row', inventory),
    (error) => error instanceof HoldallError && error.message === 'Permission denied: insert-row on products/inventory',
  )
})

test('among keeps the order and asks the database the same whatever the number', async () => {
  const sources = Array.from({ length: 1000 }, (_, n): Resource => ({ kind: 'source', parent: `s${n}` }))
  const rules = [3, 500, 999].map((n) => rule('files-browse', { kind: 'source', parent: `s${n}` }, { id: 'bob' }))
  const permissions = createPermissions(db, { rules })
  const asked = async (some: readonly Resource[]) => {
    const all = mock.method(StatementSync.prototype, 'all')
    try {
      const seen = await permissions.among(bob, 'files-browse', some)
      return { parents: seen.map(({ parent }) => parent), statements: all.mock.callCount() }
    } finally {
      all.mock.restore()
    }
  }
  // The first one reads the grants, which are kept until they change.
  const few = await asked(sources.slice(0, 5)).then(() => asked(sources.slice(0, 5)))
  const many = await asked(sources)
  assert.deepEqual([few.parents, many.parents], [['s3'], ['s3', 's500', 's999']])
  assert.ok(few.statements > 0)
  assert.equal(many.statements, few.statements)
})

test('for any rules: never an exception, and one rule that does not mean the actor closes its depth', async () => {
  const scalar = fc.constantFrom<string | number | boolean>('alice', 'bob', '*', 1, true)
  const allow = fc.oneof(
    fc.boolean(),
    fc.dictionary(fc.constantFrom('id', 'role', 'unauthenticated'), fc.oneof(scalar, fc.array(scalar))),
  )
  const resources = [instance, products, inventory]
  const anyRule = fc.record({ allow, resource: fc.constantFrom(...resources) })
  const actor = fc.constantFrom<Actor | null>(null, alice, bob, { id: 'carol', role: ['alice', 1] })
  await fc.assert(
    fc.asyncProperty(fc.array(anyRule, { maxLength: 6 }), actor, async (some, who) => {
      const rules = some.map((one) => rule('view-table', one.resource, one.allow as AllowBlock))
      const may = await allowed(rules, who, 'view-table', inventory)
      const deepest = [inventory, products, instance]
        .map((at) => rules.filter(({ resource }) => resource === at))
        .find((at) => at.length > 0)
      const denied = deepest?.some((one) => !matchesAllowBlock(who, one.allow)) ?? false
      assert.equal(may, !denied)
    }),
    { numRuns: 500 },
  )
})
