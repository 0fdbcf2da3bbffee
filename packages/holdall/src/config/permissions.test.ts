import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configOf, notesOf, problemsOf } from './testing.ts'

/** `action kind[:parent[/child]] allow`, in order. */
function rulesOf(text: string): string[] {
  return configOf(text).rules.map(({ action, resource: { kind, parent, child }, allow }) => {
    const on = [parent, child].filter((part) => part !== undefined).join('/')
    return `${action} ${kind}${on && `:${on}`} ${JSON.stringify(allow)}`
  })
}

const SOURCES =
  'sources: {public-files: {storage: filesystem}, id: {storage: filesystem}, unauthenticated: {storage: x}}\n'

test('allow speaks of viewing, here and below; allow_sql of SQL', () => {
  assert.deepEqual(
    rulesOf(
      'allow: {id: root}\nallow_sql: false\ndatabases: {d: {allow: true, allow_sql: {id: a}, tables: {t: {allow: {}}}}}',
    ),
    [
      'view-instance instance {"id":"root"}',
      'view-database instance {"id":"root"}',
      'view-table instance {"id":"root"}',
      'execute-sql instance false',
      'view-database database:d true',
      'view-table database:d true',
      'execute-sql database:d {"id":"a"}',
      'view-table table:d/t {}',
    ],
  )
})

test('default_allow_sql: false is a denial of execute-sql', () => {
  assert.deepEqual(rulesOf('settings: {default_allow_sql: "false"}'), ['execute-sql instance false'])
})

test('permissions stand at the root, a database, a table, a source and a collection', () => {
  assert.deepEqual(
    rulesOf(`
permissions: {insert-row: {role: [editor, admin]}, manage-people: {id: 1}}
databases: {d: {permissions: {create-table: {team: "*"}}, tables: {t: {permissions: {update-row: true}}}}}
sources: {s: {storage: filesystem, permissions: {files-upload: {id: bob}}}}
collections: [{organization: 550e8400-e29b-41d4-a716-446655440000, id: c, permissions: {view-collection: true}}]`),
    [
      'insert-row instance {"role":["editor","admin"]}',
      'manage-people instance {"id":1}',
      'create-table database:d {"team":"*"}',
      'update-row table:d/t true',
      'files-upload source:s {"id":"bob"}',
      'view-collection collection:c/550e8400-e29b-41d4-a716-446655440000 true',
    ],
  )
})

test('every rule says where it stands', () => {
  const { rules } = configOf('permissions: {files-browse: {s: {allow: true}}}\ndatabases: {a.b: {allow: true}}')
  assert.deepEqual(
    [...new Set(rules.map(({ path }) => path))],
    ['permissions.files-browse.s.allow', 'databases["a.b"].allow'],
  )
})

test('a key is a source when it names one or its value has allow', () => {
  assert.deepEqual(
    rulesOf(`${SOURCES}permissions: {files-browse: {public-files: {allow: true}, private: {allow: {id: alice}}}}`),
    ['files-browse source:public-files true', 'files-browse source:private {"id":"alice"}'],
  )
  assert.deepEqual(
    rulesOf(`${SOURCES}permissions: {files-browse: {public-files: true}, files-upload: {public-files: {id: al}}}`),
    ['files-browse source:public-files true', 'files-upload source:public-files {"id":"al"}'],
  )
  assert.deepEqual(
    rulesOf('permissions: {files-browse: {id: alice, role: [a, b]}, files-edit: {}, files-delete: false}'),
    ['files-browse instance {"id":"alice","role":["a","b"]}', 'files-edit instance {}', 'files-delete instance false'],
  )
  assert.deepEqual(rulesOf(`${SOURCES}permissions: {files-upload: {role: admin, public-files: {allow: {id: bob}}}}`), [
    'files-upload instance {"role":"admin"}',
    'files-upload source:public-files {"id":"bob"}',
  ])
})

test('the sources of datasette-files count as well', () => {
  assert.deepEqual(
    rulesOf(
      'plugins: {datasette-files: {sources: {p: {storage: filesystem}}}}\npermissions: {files-upload: {p: {id: bob}}}',
    ),
    ['files-upload source:p {"id":"bob"}'],
  )
})

test('datasette-files reads rules about files from a database of the name of a source', () => {
  const text = `${SOURCES}databases: {public-files: {permissions: {files-browse: false, view-table: true}}}`
  assert.deepEqual(rulesOf(text), ['files-browse source:public-files false', 'view-table database:public-files true'])
})

test('where both readings are possible nobody guesses', () => {
  assert.deepEqual(
    problemsOf(`${SOURCES}permissions:\n  files-browse:\n    id: alice\n  files-upload:\n    unauthenticated: true\n`),
    [
      '4:5 permissions.files-browse.id could be the source "id" or a property of the actor. Write { allow: … } for the source.',
      '6:5 permissions.files-upload.unauthenticated could be the source "unauthenticated" or a property of the actor. Write { allow: … } for the source.',
    ],
  )
  assert.deepEqual(rulesOf(`${SOURCES}permissions: {files-browse: {id: {allow: {id: alice}}}}`), [
    'files-browse source:id {"id":"alice"}',
  ])
  // Rules about collections do not know sources.
  assert.deepEqual(rulesOf(`${SOURCES}permissions: {view-collection: {id: alice}}`), [
    'view-collection instance {"id":"alice"}',
  ])
})

test('a misnamed source is an error with the nearest name', () => {
  assert.deepEqual(problemsOf(`${SOURCES}permissions: {files-browse: {public-file: {id: alice}}}`), [
    '2:30 permissions.files-browse.public-file names no source of this file, and is not a value that an actor can have. → public-files',
  ])
  assert.match(String(notesOf('permissions: {files-browse: {later: {allow: true}}}')), /made at runtime as "later"/)
})

test('actions: unknown ones are errors, those of Datasette that nothing here asks for are notes', () => {
  assert.deepEqual(problemsOf('permissions: {file-browse: true}'), [
    '1:15 permissions.file-browse is an unknown action "file-browse". → files-browse',
  ])
  const elsewhere =
    'permissions: {debug-menu: true, upload-csvs: {id: a}}\ndatabases: {d: {tables: {t: {permissions: {view-instance: false}}}}}'
  assert.deepEqual(rulesOf(elsewhere), [])
  assert.deepEqual(
    notesOf(elsewhere).filter((note) => note.includes('permissions')),
    [
      'permissions.debug-menu is ignored: nothing here asks for debug-menu.',
      'permissions.upload-csvs is ignored: nothing here asks for upload-csvs.',
      'databases.d.tables.t.permissions.view-instance is ignored: view-instance is about the instance, and has no effect on a table.',
    ],
  )
})

test('what is no allow block is refused, everything at once', () => {
  assert.deepEqual(
    problemsOf(
      'allow: root\nallow_sql: [a]\npermissions:\n  insert-row: {id: {x: 1}}\n  files-upload: {allow: true}\n  view-table: {id: }\n',
    ),
    [
      '1:1 allow must be true, false, or a block such as { id: alice } or { role: [editor, admin] }, not a text.',
      '2:1 allow_sql must be true, false, or a block such as { id: alice } or { role: [editor, admin] }, not a list.',
      '4:16 permissions.insert-row.id must be the value of "id" that an actor has, or a list of such values.',
      '5:18 permissions.files-upload.allow `allow` has no place in an allow block. Write its value in its stead.',
      '6:16 permissions.view-table.id must be the value of "id" that an actor has, or a list of such values.',
    ],
  )
})

test('a block that is empty in the file says nothing; string booleans mean what they say', () => {
  assert.deepEqual(rulesOf('allow:\npermissions:\n  files-browse:\ndatabases:\n  d:\n    allow: "false"\n'), [
    'view-database database:d false',
    'view-table database:d false',
  ])
  assert.deepEqual(rulesOf('allow_sql: {unauthenticated: "true"}'), ['execute-sql instance {"unauthenticated":true}'])
})
