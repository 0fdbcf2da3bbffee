import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { AllowBlock, PermissionRule } from '../config/config.ts'
import type { Resource } from '../web/route.ts'
import { createPermissions } from './decide.ts'
import { setGrants } from './grants.ts'
import type { Action, Permissions } from './permissions.ts'
import { openTestDatabase } from './testing.ts'

const opened = await openTestDatabase()
after(() => opened.close())
const { db } = opened
const ORGANIZATION = '550e8400-e29b-41d4-a716-446655440000'
const OTHER = '650e8400-e29b-41d4-a716-446655440000'

async function keep(id: string, allow: Record<string, AllowBlock>, maker: string | null = null): Promise<void> {
  await db.write(async (trx) => {
    for (const organization of [ORGANIZATION, OTHER]) {
      await trx
        .insertInto('organizations')
        .values({ id: organization })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    }
    await trx
      .insertInto('collections')
      .values({
        ...{ organization_id: ORGANIZATION, id, label: null, source: null, catalog: null, origin: 'runtime' },
        ...{ allow: JSON.stringify(allow), created_by: maker, deleted_at: null },
      })
      .execute()
  })
}

function collection(id: string, organization = ORGANIZATION): Resource {
  return { kind: 'collection', parent: id, child: organization }
}
function may(permissions: Permissions, id: string | null, action: Action, on: Resource): Promise<boolean> {
  return permissions.allowed(id === null ? null : { id }, action, on)
}
function permissionsOf(...rules: Omit<PermissionRule, 'path'>[]): Permissions {
  return createPermissions(db, { rules: rules.map((rule) => ({ ...rule, path: 'here' })) })
}

await keep('kept', { 'view-collection': { id: ['ann'] }, 'query-collection': true }, 'mia')

test('what a collection keeps holds for it, and for no namesake in another organization', async () => {
  const permissions = permissionsOf()
  assert.equal(await may(permissions, 'ann', 'view-collection', collection('kept')), true)
  assert.equal(await may(permissions, 'ann', 'edit-collection', collection('kept')), false)
  assert.equal(await may(permissions, 'ben', 'view-collection', collection('kept')), false)
  assert.equal(await may(permissions, null, 'query-collection', collection('kept')), true)
  assert.equal(await may(permissions, 'ann', 'view-collection', collection('kept', OTHER)), false)
})

test('the maker gets all of them', async () => {
  const permissions = permissionsOf()
  for (const action of ['view-collection', 'edit-collection', 'query-collection'] as const) {
    assert.equal(await may(permissions, 'mia', action, collection('kept')), true, action)
  }
})

test('what the file says of the name wins, for the maker too; what it says of everything does not', async () => {
  const byName = permissionsOf({
    action: 'view-collection',
    resource: { kind: 'collection', parent: 'kept' },
    allow: { id: 'zoe' },
  })
  assert.deepEqual(
    await Promise.all(['zoe', 'ann', 'mia'].map((id) => may(byName, id, 'view-collection', collection('kept')))),
    [true, false, false],
  )
  const everywhere = permissionsOf({
    action: 'view-collection',
    resource: { kind: 'instance' },
    allow: { id: 'zoe' },
  })
  assert.equal(await may(everywhere, 'zoe', 'view-collection', collection('kept')), false)
  await keep('silent', {})
  assert.equal(await may(everywhere, 'zoe', 'view-collection', collection('silent')), true)
})

test('a rule in the block of a collection of the file is about that organization only', async () => {
  const permissions = permissionsOf({
    action: 'edit-collection',
    resource: { kind: 'collection', parent: 'medicaid', child: ORGANIZATION },
    allow: { id: 'zoe' },
  })
  assert.equal(await may(permissions, 'zoe', 'edit-collection', collection('medicaid')), true)
  assert.equal(await may(permissions, 'zoe', 'edit-collection', collection('medicaid', OTHER)), false)
})

test('a change is seen at once, in another process too', async () => {
  const other = createPermissions(await opened.another(), { rules: [] })
  await keep('changes', { 'view-collection': { id: 'ann' } })
  assert.equal(await may(other, 'ann', 'view-collection', collection('changes')), true)
  await db.write(async (trx) => {
    await trx.updateTable('collections').set({ allow: '{}' }).where('id', '=', 'changes').execute()
  })
  assert.equal(await may(other, 'ann', 'view-collection', collection('changes')), false)
})

test('who was granted everything may look, add or manage', async () => {
  const permissions = permissionsOf()
  await keep('open', {})
  await setGrants(db, 'gus', { kind: 'instance' }, ['view-collection'], null)
  assert.equal(await may(permissions, 'gus', 'view-collection', collection('open')), true)
  assert.equal(await may(permissions, 'gus', 'edit-collection', collection('open')), false)
})

test('a refusal names the collection as people know it', async () => {
  await assert.rejects(permissionsOf().demand({ id: 'ben' }, 'edit-collection', collection('kept')), {
    message: 'Permission denied: edit-collection on kept',
  })
})
