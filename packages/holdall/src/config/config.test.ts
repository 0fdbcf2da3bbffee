import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConfigurationError, DEFAULT_SETTINGS, describeNotes, loadConfig } from './config.ts'
import { configOf, loadText, notesOf, problemsOf } from './testing.ts'

test('without a file there is what the command line says', () => {
  const { config, notes } = loadConfig({
    env: {},
    cwd: '/home/me',
    databases: ['a.db', '/data/b.sqlite', 'sub/a.db', './a.db'],
  })
  assert.deepEqual(notes, [])
  assert.equal(config.file, undefined)
  assert.equal(config.directory, '/home/me')
  assert.deepEqual(config.settings, DEFAULT_SETTINGS)
  assert.deepEqual(
    Object.values(config.databases).map(({ name, path }) => [name, path]),
    [
      ['a', '/home/me/a.db'],
      ['b', '/data/b.sqlite'],
      ['a_2', '/home/me/sub/a.db'],
    ],
  )
})

test('relative paths of the file begin where the file is, those of the command line where it is typed', () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdall-config-'))
  try {
    writeFileSync(
      join(directory, 'holdall.yaml'),
      'databases: {shop: {path: data/shop.db}}\nsources: {s: {storage: filesystem, config: {root: files}}, o: {storage: s3, config: {root: files}}}\ntitle: {$file: title.txt}\n',
    )
    writeFileSync(join(directory, 'title.txt'), 'Shop\n')
    const { config } = loadConfig({ file: join(directory, 'holdall.yaml'), env: {}, cwd: '/', databases: ['other.db'] })
    assert.equal(config.directory, directory)
    assert.equal(config.databases.shop?.path, join(directory, 'data/shop.db'))
    assert.equal(config.databases.other?.path, '/other.db')
    assert.equal(config.sources.s?.config.root, join(directory, 'files'))
    assert.equal(config.sources.o?.config.root, 'files')
    assert.equal(config.metadata.title, 'Shop')
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('a database of the command line takes the block of its name, or of its path', () => {
  const text = 'databases:\n  a: {title: A}\n  shop: {path: b.db, title: S}\n  c: {path: old.db}\n  d: {title: D}\n'
  const options = { databases: ['a.db', 'b.db', 'c.db'] }
  assert.deepEqual(
    Object.values(configOf(text, options).databases).map(({ name, path, metadata }) => [name, path, metadata.title]),
    [
      ['a', '/srv/a.db', 'A'],
      ['shop', '/srv/b.db', 'S'],
      ['c', '/srv/c.db', undefined],
      ['d', undefined, 'D'],
    ],
  )
  assert.deepEqual(notesOf(text, options), [
    'databases.c.path is ignored: the command line gives "/srv/c.db".',
    'databases.d is not served: it has no `path`, and the command line names no such database.',
  ])
})

test('no database can hide what lives under /-/', () => {
  assert.deepEqual(problemsOf('databases: {"-": {path: x.db}}'), [
    '1:13 databases["-"] cannot be the name of a database.',
  ])
  assert.throws(() => loadConfig({ env: {}, databases: ['-.db'] }), ConfigurationError)
})

test('file columns are read from the keys of a column and from its type', () => {
  const { databases } = configOf(`
databases:
  d:
    tables:
      t:
        columns:
          a: { file_column: true, file_source: s, file_accept: image/* }
          b: { file_column: "true", file_multiple: "yes", file_max_size: "1_000", file_accept: [.PDF, application/pdf] }
          c: { file_column: false, file_source: s }
          d: Just a description
          e: { description: Both, file_source: own }
          f:
        column_types:
          e: { type: file, config: { source: other, accept: ".png, .jpg", max_size: 5, multiple: true } }
          g: file
          h: url
sources: { s: { storage: filesystem }, own: { storage: filesystem } }`)
  assert.deepEqual(databases.d?.tables.t?.columns, {
    a: { fileColumn: { source: 's', multiple: false, accept: ['image/*'] } },
    b: { fileColumn: { multiple: true, accept: ['.pdf', 'application/pdf'], maxSize: 1000 } },
    c: {},
    d: { description: 'Just a description' },
    e: { description: 'Both', fileColumn: { source: 'own', multiple: true, accept: ['.png', '.jpg'], maxSize: 5 } },
    f: {},
    g: { fileColumn: { multiple: false, accept: [] } },
    h: { columnType: { type: 'url' } },
  })
})

test('file columns that contradict themselves are errors', () => {
  const columns = `
databases:
  d:
    tables:
      t:
        columns:
          a: { file_source: s }
          b: { file_column: false }
          c: { file_column: true, file_accept: "pdf, *", file_max_size: 0 }
          d: { file_colum: true }
          e: [x]
        column_types:
          b: file
          x: { type: file, config: { accepts: image/* } }
          y: { config: {} }`
  assert.deepEqual(problemsOf(columns), [
    '7:16 databases.d.tables.t.columns.a.file_source has no effect without `file_column: true`.',
    '8:16 databases.d.tables.t.columns.b.file_column is false, but `column_types` says that the column holds files.',
    '9:35 databases.d.tables.t.columns.c.file_accept[0] must be types such as image/* or application/pdf, or extensions such as .pdf.',
    '9:35 databases.d.tables.t.columns.c.file_accept[1] must be types such as image/* or application/pdf, or extensions such as .pdf.',
    '9:58 databases.d.tables.t.columns.c.file_max_size must be a whole number of at least 1.',
    '10:16 databases.d.tables.t.columns.d.file_colum is an unknown key "file_colum". → file_column',
    '11:11 databases.d.tables.t.columns.e must be a description or a block of keys, not a list.',
    '14:38 databases.d.tables.t.column_types.x.config.accepts is an unknown key "accepts". → accept',
    '15:11 databases.d.tables.t.column_types.y.type is missing: a column type is a name, or a block with `type` and `config`.',
  ])
})

test('a source says everything that is asked of it', () => {
  const { sources } = configOf(`
sources:
  product-images:
    label: Product images
    storage: s3
    config: { bucket: my-photos, secret_access_key: { $secret: PHOTOS_SECRET } }
    accept: [image/*, .pdf]
    reject: image/svg+xml
    max_file_size: "104857600"
    on_type_mismatch: refuse
    sync: every 6h
    hash: up to 1.5GB
    secrets: [SOME_NAME]
    keep_gps: true
    keep_system_files: true
  archive: { storage: filesystem, config: { root: /data/archive }, sync: manual, hash: none }`)
  assert.deepEqual(sources['product-images'], {
    slug: 'product-images',
    label: 'Product images',
    storage: 's3',
    config: { bucket: 'my-photos', secret_access_key: { $secret: 'PHOTOS_SECRET' } },
    accept: ['image/*', '.pdf'],
    reject: ['image/svg+xml'],
    maxFileSize: 104857600,
    onTypeMismatch: 'refuse',
    sync: { when: 'every', seconds: 21600 },
    hash: { when: 'up-to', bytes: 1_500_000_000 },
    secrets: ['SOME_NAME'],
    keepGps: true,
    keepSystemFiles: true,
  })
  assert.deepEqual([sources.archive?.sync, sources.archive?.hash], [{ when: 'manual' }, { when: 'none' }])
  assert.equal(sources.archive?.onTypeMismatch, 'record')
})

test('sources that cannot be are errors', () => {
  const text = `sources:
  a b: {storage: filesystem}
  no-storage: {config: {root: x}}
  odd: {storage: filesystem, sync: hourly, hash: all, on_type_mismatch: reject, config: [root], plugin: x}
  twice: {storage: filesystem}
  x.json: {storage: s3}
  nothing:
plugins: {datasette-files: {sources: {twice: {storage: filesystem}}}}`
  const problems = problemsOf(text).map((problem) => problem.replace(/ (?:must|is|has|be).*/, ''))
  assert.deepEqual(problems, [
    '2:3 sources["a b"]',
    '3:3 sources.no-storage.storage',
    '4:30 sources.odd.sync',
    '4:44 sources.odd.hash',
    '4:55 sources.odd.on_type_mismatch',
    '4:81 sources.odd.config',
    '4:97 sources.odd.plugin',
    '6:3 sources["x.json"]',
    '7:3 sources.nothing.storage',
    '8:39 plugins.datasette-files.sources.twice',
  ])
})

test('collections, catalogs and the session store are read', () => {
  const config = configOf(`
collections: [{ organization: 550E8400-e29b-41d4-a716-446655440000, id: medicaid, label: Medicaid, source: s, catalog: glue }]
catalogs: { glue: { type: glue, config: { database: holdall_datasets } } }
session_store: { type: dynamodb, config: { table: multipart_uploads_v1 } }
sources: { s: { storage: filesystem } }`)
  assert.deepEqual(config.collections, [
    {
      organization: '550e8400-e29b-41d4-a716-446655440000',
      id: 'medicaid',
      label: 'Medicaid',
      source: 's',
      catalog: 'glue',
    },
  ])
  assert.deepEqual(config.catalogs, { glue: { type: 'glue', config: { database: 'holdall_datasets' } } })
  assert.deepEqual(config.sessionStore, { type: 'dynamodb', config: { table: 'multipart_uploads_v1' } })

  assert.deepEqual(
    problemsOf(
      'collections: [{id: x}, {organization: 1, id: y}]\ncatalogs: {g: , h: {typ: x}}\nsession_store: {config: {}}',
    ),
    [
      '1:15 collections[0].organization is missing.',
      '1:25 collections[1].organization must be a UUID, such as 550e8400-e29b-41d4-a716-446655440000.',
      '2:12 catalogs.g.type is missing.',
      '2:17 catalogs.h.type is missing.',
      '2:21 catalogs.h.typ is an unknown key "typ". → type',
      '3:1 session_store.type is missing.',
    ],
  )
})

test('what names a source or catalog that the file does not have is noted', () => {
  const text = `sources: {pictures: {storage: filesystem}}
collections: [{organization: 550e8400-e29b-41d4-a716-446655440000, id: c, source: picture, catalog: glu}]
catalogs: {glue: {type: glue}}
databases: {d: {path: d.db, tables: {t: {columns: {p: {file_column: true, file_source: archive}}}}}}`
  assert.deepEqual(notesOf(text), [
    'collections[0].source names the source "picture", which this file does not declare. Did you mean "pictures"?',
    'collections[0].catalog names the catalog "glu", which this file does not declare. Did you mean "glue"?',
    'databases.d.tables.t.columns.p.file_source names the source "archive", which this file does not declare.',
  ])
})

test('settings: hosts inside are names, addresses and networks', () => {
  const hosts = (text: string) => configOf(`settings: {allow_private_hosts: ${text}}`).settings.allow_private_hosts
  assert.deepEqual(hosts('files.intranet'), ['files.intranet'])
  assert.deepEqual(hosts('[10.0.0.0/8, "::1"]'), ['10.0.0.0/8', '::1'])
  assert.deepEqual(configOf('settings: {}').settings.allow_private_hosts, [])
  const error =
    'must be the name of a host, an address or a network, such as files.example.org, 10.1.2.3 or 10.0.0.0/8.'
  const found = problemsOf('settings: {allow_private_hosts: ["http://a", a.example, 10.0.0.0/99, 7]}')
  assert.deepEqual(
    found.map((problem) => problem.replace(/^[\d:]+ /, '')),
    [0, 2, 3].map((at) => `settings.allow_private_hosts[${at}] ${error}`),
  )
})

test('settings: each is checked, those of Datasette without a meaning here are noted', () => {
  const text =
    'settings: {base_url: prefix, default_page_size: "20", num_sql_threads: 5, allow_facet: off, max_csv_mb: 0}'
  const { settings } = configOf(text)
  assert.deepEqual(settings, {
    ...DEFAULT_SETTINGS,
    base_url: '/prefix/',
    default_page_size: 20,
    allow_facet: false,
    max_csv_mb: 0,
  })
  assert.deepEqual(notesOf(text), ['settings.num_sql_threads is ignored: queries run in a pool of processes.'])
  assert.deepEqual(
    problemsOf(
      'settings: {base_url: "https://x.example/", sql_time_limit_ms: 0, trust_proxy: sometimes, max_upload_byte: 5}',
    ),
    [
      '1:12 settings.base_url must be a path such as / or /prefix/, without host, query or spaces.',
      '1:44 settings.sql_time_limit_ms must be a whole number of at least 1.',
      '1:66 settings.trust_proxy must be true or false.',
      '1:90 settings.max_upload_byte is an unknown key "max_upload_byte". → max_upload_bytes',
    ],
  )
  for (const path of ['/a b/', '/../x', '//host/x?y', '/#x', '/%/']) {
    const refused = problemsOf(`settings: {base_url: ${JSON.stringify(path)}}`).length > 0
    assert.equal(refused, path !== '/%/', path)
  }
})

test('the keys of datasette-files count, and those of settings come first', () => {
  const { settings } = configOf(
    'plugins: {datasette-files: {owners_can_edit: "1", owners_can_delete: true, thumbnail_concurrency: "2"}}\nsettings: {owners_can_delete: false}',
  )
  assert.deepEqual(
    [settings.owners_can_edit, settings.owners_can_delete, settings.thumbnail_concurrency],
    [true, false, 2],
  )
})

test('plugins keep their options, in the order of the file', () => {
  const { plugins } = configOf(
    "plugins: {'@holdall/storage-s3': , ./plugins/watermark.ts: {text: draft}, datasette-x: {}}",
  )
  assert.deepEqual(plugins, { '@holdall/storage-s3': {}, './plugins/watermark.ts': { text: 'draft' } })
})

test('tables: what Datasette configures is kept under its names', () => {
  const { databases } = configOf(`
databases: {d: {tables: {t: {label_column: name, sort_desc: age, size: "20", hidden: "false", sortable_columns: [a, b],
  facets: [kind, {array: tags}, {date: {column: made}}], facet_size: max, fts_table: f, fts_pk: id, searchmode: raw,
  units: {a: m}, title: T, plugins: {x: {}}}}}}`)
  assert.deepEqual(databases.d?.tables.t, {
    label_column: 'name',
    sort_desc: 'age',
    size: 20,
    hidden: false,
    sortable_columns: ['a', 'b'],
    facets: [
      { type: 'column', column: 'kind' },
      { type: 'array', column: 'tags' },
      { type: 'date', column: 'made' },
    ],
    facet_size: 'max',
    fts_table: 'f',
    fts_pk: 'id',
    searchmode: 'raw',
    units: { a: 'm' },
    columns: {},
    metadata: { title: 'T' },
  })
  assert.deepEqual(notesOf('databases: {d: {path: d.db, tables: {t: {facets: [kind]}, u: {facets: []}}}}'), [
    'databases.d.tables.t.facets is kept, but facets of tables are not served.',
  ])
  const wrong = problemsOf(
    'databases: {d: {tables: {t: {sort: a, sort_desc: b, facets: [{tags: x}], size: 0, searchmode: no}}}}',
  )
  assert.deepEqual(
    wrong.map((problem) => problem.split(' ')[1]?.replace('databases.d.tables.t.', '')),
    ['sort_desc', 'facets[0].type', 'size', 'searchmode'],
  )
})

test('every problem of every room is told at once, and the error says it in lines', () => {
  const text = `setings: {}
settings: {base_url: 7 7}
databases: {d: {tabels: {}}}
sources: {s: {storage: filesystem, max_file_size: big}}
permissions: {files-brows: true}
title: {$env: NONE}
`
  const lines = problemsOf(text)
  assert.equal(lines.length, 6)
  assert.deepEqual(
    lines.map((line) => line.slice(0, 2)),
    ['1:', '2:', '3:', '4:', '5:', '6:'],
  )
  assert.throws(
    () => loadText(text),
    (error) => {
      assert.ok(error instanceof ConfigurationError)
      assert.equal(error.code, 'configuration_invalid')
      assert.equal(
        error.errors[0],
        '/srv/holdall.yaml:1:1: setings: is an unknown key "setings". Did you mean "settings"?',
      )
      return true
    },
  )
})

test('a file that cannot be read says so', () => {
  assert.throws(() => loadConfig({ file: 'missing.yaml', env: {}, cwd: '/nowhere' }), {
    name: 'ConfigurationError',
    message: 'missing.yaml: cannot be read: there is no such file.',
  })
  assert.throws(() => loadConfig({ file: '.', env: {} }), { message: '.: cannot be read: it is a directory.' })
})

test('what is laid over the file wins, and its problems are not placed in the file', () => {
  const text = 'settings: {base_url: /a/, trust_proxy: true}'
  const { settings } = configOf(text, { overrides: { settings: { base_url: '/b/' }, title: 'T' } })
  assert.deepEqual([settings.base_url, settings.trust_proxy], ['/b/', true])
  assert.deepEqual(problemsOf(text, { overrides: { settings: { trust_proxy: 'x' } } }), [
    'settings.trust_proxy must be true or false.',
  ])
})

test('a relative root of datasette-files that means another directory there is noted', () => {
  const text = 'plugins: {datasette-files: {sources: {s: {storage: filesystem, config: {root: files}}}}}'
  assert.deepEqual(notesOf(text), [])
  assert.match(String(notesOf(text, { cwd: '/elsewhere' })), /means "\/srv\/files"/)
})

test('any name is a name', () => {
  const text = `{"databases": {"__proto__": {"path": "x.db", "tables": {"constructor": {"columns": {"__proto__": {"file_column": true}, "toString": "T"}}}}},
"sources": {"__proto__": {"storage": "filesystem"}, "constructor": {"storage": "filesystem"}},
"permissions": {"files-browse": {"__proto__": {"allow": {"__proto__": "x"}}}}}`
  const { config } = loadText(text)
  assert.deepEqual(Object.keys(config.databases), ['__proto__'])
  const table = Object.values(config.databases)[0]?.tables.constructor as unknown as {
    columns: Record<string, unknown>
  }
  assert.deepEqual(Object.keys(table.columns), ['__proto__', 'toString'])
  assert.deepEqual(Object.keys(config.sources), ['__proto__', 'constructor'])
  assert.equal(config.databases.constructor, undefined)
  assert.deepEqual(Object.keys(config.rules[0]?.allow ?? {}), ['__proto__'])
  assert.deepEqual(problemsOf('{"constructor": 1, "__proto__": {"x": 1}, "settings": {"hasOwnProperty": 1}}').length, 3)
})

test('notes are lines for a person', () => {
  const { notes } = loadText('settings: {num_sql_threads: 3}\nextra_css_urls: [x]')
  assert.deepEqual(describeNotes(notes), [
    '/srv/holdall.yaml:1:12: settings.num_sql_threads: is ignored: queries run in a pool of processes.',
    '/srv/holdall.yaml:2:1: extra_css_urls: is ignored: pages have one style sheet.',
  ])
})
