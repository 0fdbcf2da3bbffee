import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { loadConfig } from './config.ts'
import { plain } from './testing.ts'

/** Files that Datasette 1.0 with datasette-files serves as they are. */
function load(name: string, databases: readonly string[]) {
  const directory = fileURLToPath(new URL('fixtures/', import.meta.url))
  const env = { UPLOADS_ROOT: '/var/uploads' }
  const { config, notes } = loadConfig({ file: `${name}.yaml`, cwd: directory, env, databases })
  return { config: plain(config), directory, notes: notes.map(({ path }) => path) }
}

test('a file of datasette-files', () => {
  const { config, directory, notes } = load('files-plugin', ['museum.db'])
  assert.deepEqual(Object.keys(config.sources), ['photos', 'reports', 'archive'])
  assert.deepEqual(config.sources.photos?.config, { root: `${directory}photos`, max_file_size: 10485760 })
  const { columns, facets } = config.databases.museum?.tables.objects ?? {}
  assert.deepEqual(columns?.photo, { fileColumn: { multiple: false, accept: [] } })
  assert.deepEqual(columns?.condition_report?.fileColumn, {
    multiple: false,
    accept: ['application/pdf', '.docx'],
    maxSize: 20971520,
  })
  assert.equal(facets?.length, 3)
  assert.deepEqual([config.settings.owners_can_edit, config.settings.owners_can_delete], [true, false])
  assert.deepEqual(
    config.rules.map(({ action, resource, allow }) => [action, resource.kind, resource.parent, allow]),
    [
      ['files-browse', 'instance', undefined, true],
      ['files-upload', 'source', 'photos', { id: ['alice', 'bob'] }],
      ['files-upload', 'source', 'reports', { id: 'alice' }],
      ['files-delete', 'instance', undefined, { id: 'root' }],
    ],
  )
  assert.deepEqual(notes, [
    'databases.museum.tables.objects.facets',
    'plugins.datasette-files.thumbnail_process_memory_limit_bytes',
    'plugins.datasette-cluster-map',
  ])
})

test('a file with permissions of every form', () => {
  const { config, notes } = load('permissions', ['public.db', 'staff.db'])
  assert.deepEqual(
    config.rules.filter(({ action }) => action === 'view-table').map(({ resource, allow }) => [resource, allow]),
    [
      [{ kind: 'instance' }, { id: '*' }],
      [{ kind: 'database', parent: 'public' }, true],
      [
        { kind: 'table', parent: 'public', child: 'drafts' },
        { role: 'editor', id: 42 },
      ],
      [{ kind: 'database', parent: 'staff' }, { role: ['staff', 'admin'] }],
      [{ kind: 'table', parent: 'staff', child: 'announcements' }, { unauthenticated: true }],
      [{ kind: 'table', parent: 'staff', child: 'salaries' }, {}],
    ],
  )
  assert.deepEqual(
    config.rules.filter(({ action }) => action === 'execute-sql').map(({ resource, allow }) => [resource.kind, allow]),
    [
      ['instance', { role: ['analyst', 'admin'] }],
      ['database', false],
    ],
  )
  assert.equal(config.rules.length, 19)
  assert.deepEqual(notes, [
    'permissions.debug-menu',
    'databases.staff.permissions.alter-table',
    'databases.staff.queries',
  ])
})

test('a file of metadata', () => {
  const { config, notes } = load('metadata', ['town.db'])
  assert.equal(config.metadata.license, 'CC BY 4.0')
  assert.deepEqual(config.databases.town?.metadata, { title: '2024', source: "Surveyor's office" })
  const tables = config.databases.town?.tables ?? {}
  assert.deepEqual(Object.keys(tables), ['trees', 'trees_fts', 'minutes', 'no', '2024 report'])
  assert.equal(tables.trees?.metadata.description, 'One row a tree.\nFelled trees stay.\n')
  assert.equal(tables.trees?.columns.height?.description, 'At breast height, in metres')
  assert.equal(tables.trees_fts?.hidden, true)
  assert.equal(tables['2024 report']?.size, 'max')
  assert.deepEqual(notes, ['databases.town.description_html', 'databases.town.tables.trees.facets'])
})

test('a file whose values come from the environment and from files', () => {
  const { config, directory, notes } = load('environment', ['notes.db'])
  assert.equal(config.sources.uploads?.config.root, '/var/uploads')
  assert.equal(config.sources.archive?.config.root, `${directory}archive`)
  assert.deepEqual(notes, ['plugins.datasette-auth-github'])
})

test('a file of quoted and spoken booleans', () => {
  const { config, notes } = load('string-booleans', ['shop.db'])
  const { allow_facet, suggest_facets, default_allow_sql, force_https_urls, owners_can_delete } = config.settings
  assert.deepEqual(
    [allow_facet, suggest_facets, default_allow_sql, force_https_urls, owners_can_delete],
    [false, false, false, true, true],
  )
  const { products, stock } = config.databases.shop?.tables ?? {}
  assert.equal(products?.size, 20)
  assert.equal(stock?.hidden, true)
  assert.deepEqual(products?.columns, {
    photo: { fileColumn: { source: 'pictures', multiple: false, accept: ['image/*'], maxSize: 20971520 } },
    gallery: { fileColumn: { source: 'pictures', multiple: true, accept: ['image/*', '.pdf'] } },
    manual: {},
  })
  assert.deepEqual(
    config.rules.map(({ action, resource, allow }) => [action, resource.kind, allow]),
    [
      ['execute-sql', 'instance', false],
      ['files-browse', 'instance', true],
      ['view-table', 'table', false],
    ],
  )
  assert.deepEqual(notes, ['plugins.datasette-files.thumbnail_eager'])
})
