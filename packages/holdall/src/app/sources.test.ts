import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { createToken } from '../access/tokens.ts'
import { loadConfig } from '../config/config.ts'
import { type InternalDatabase, openInternalDatabase } from '../database/internal.ts'
import type { Storage, StorageType } from '../sources/storage.ts'
import { HoldallError } from '../web/error.ts'
import { createLog } from '../web/log.ts'
import { type Assembled, assemble } from './holdall.ts'

/** A storage with a secret: it opens for `sesame`, and counts who is in it. */
const doors: { readonly label: string; closed: boolean }[] = []
const vaultType = {
  type: 'vault',
  config: z
    .strictObject({
      label: z.string(),
      key: z.string().optional().meta({ secret: true, title: 'Key' }),
      shelf: z.enum(['low', 'high']).default('low'),
      notes: z.array(z.string()).optional(),
    })
    .meta({ title: 'Vault' }),
  async create({ label, key }: { label: string; key?: string | undefined }): Promise<Storage> {
    if (key !== 'sesame') throw new HoldallError('unavailable', { reason: 'its key does not fit' })
    const door = { label, closed: false }
    doors.push(door)
    return {
      stat: async () => undefined,
      read: async () => new ReadableStream(),
      async close() {
        door.closed = true
      },
    }
  },
  adopting: { blame: () => 'key' },
} as unknown as StorageType

describe('sources that are made while the server runs', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdall-made-')))
  const data = join(folder, 'state', 'data')
  const scans = join(folder, 'scans')
  let db: InternalDatabase
  let holdall: Assembled
  const tokens: Record<string, string> = {}
  const running: Assembled[] = []
  const logged: string[] = []

  async function start(overrides: object = {}): Promise<Assembled> {
    const { config } = loadConfig({
      env: {},
      cwd: folder,
      overrides: { permissions: { 'files-manage-sources': { id: ['carol', 'dora'] } }, ...overrides },
    })
    const assembled = await assemble({
      config,
      plugins: { storages: [vaultType], complaints: [], absent: new Map() },
      data,
      env: { TAKEN: 'in the environment' },
      log: createLog((line) => logged.push(line)),
    })
    await assembled.start()
    running.push(assembled)
    return assembled
  }

  before(async () => {
    mkdirSync(join(scans, '1904'), { recursive: true })
    writeFileSync(join(scans, '1904', 'letter.txt'), 'Dear Ane')
    writeFileSync(join(folder, 'plain'), 'a file')
    mkdirSync(data, { recursive: true })
    symlinkSync(data, join(folder, 'way-in'))
    holdall = await start()
    db = await openInternalDatabase(join(data, 'internal.db'))
    for (const actorId of ['root', 'carol', 'alice', 'bob']) {
      tokens[actorId] = (await createToken(db, Date.now, { actorId, name: 'test', by: null })).token
    }
  })
  after(async () => {
    await db.close()
    for (const one of running) await one.close()
    rmSync(folder, { recursive: true })
  })

  interface Answer {
    readonly status: number
    readonly text: string
    readonly location: string | null
    // biome-ignore lint/suspicious/noExplicitAny: what tests read out of JSON
    readonly json: any
  }

  async function send(path: string, init: RequestInit, actor: string, to: Assembled): Promise<Answer> {
    const headers = { Authorization: `Bearer ${tokens[actor]}`, ...(init.headers as Record<string, string>) }
    const answer = await to.http.fetch(new Request(`http://holdall.test${path}`, { ...init, headers }))
    const text = await answer.text()
    const isJson = answer.headers.get('Content-Type')?.startsWith('application/json') ?? false
    return {
      status: answer.status,
      text,
      location: answer.headers.get('Location'),
      json: isJson ? JSON.parse(text) : undefined,
    }
  }
  function get(path: string, actor = 'carol', to = holdall, accept = 'application/json') {
    return send(path, { headers: { Accept: accept } }, actor, to)
  }
  function post(path: string, body: unknown, actor = 'carol', to = holdall) {
    const headers = { 'Content-Type': 'application/json' }
    return send(path, { method: 'POST', headers, body: JSON.stringify(body) }, actor, to)
  }
  function form(path: string, fields: Record<string, string>, actor = 'carol', to = holdall) {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'text/html' }
    return send(path, { method: 'POST', headers, body: new URLSearchParams(fields).toString() }, actor, to)
  }
  async function rowOf(slug: string) {
    return await db.read.selectFrom('datasette_files_sources').selectAll().where('slug', '=', slug).executeTakeFirst()
  }
  /** The paths of a source's files, once there are any. */
  async function listed(slug: string, at = holdall): Promise<string[]> {
    for (;;) {
      const paths = await listedNow(slug, at)
      if (paths.length > 0) return paths
      await sleep(20)
    }
  }
  async function listedNow(slug: string, at = holdall): Promise<string[]> {
    const { json } = await get(`/-/files/browse/${slug}.json`, 'carol', at)
    return json.files.map((file: { path: string }) => file.path)
  }
  const ALL = '/-/files/sources'
  const folderOf = (root: string, more: object = {}) => ({ storage: 'filesystem', config: { root, ...more } })

  test('tried, it says what is there and keeps nothing', async () => {
    const { status, json } = await post(ALL, { op: 'try', label: 'Old scans', ...folderOf(scans, { read_only: true }) })
    assert.equal(status, 200)
    assert.deepEqual(json, {
      ok: true,
      tried: { files: ['1904/letter.txt'], has_more: false, takes_uploads: false },
    })
    assert.equal(await rowOf('old-scans'), undefined)
  })

  test('tried, what systems keep for themselves is not shown, unless it is to be listed', async (t) => {
    writeFileSync(join(scans, '.DS_Store'), 'x')
    t.after(() => rmSync(join(scans, '.DS_Store')))
    const shown = async (more: object) => {
      const { json } = await post(ALL, {
        op: 'try',
        label: 'Old scans',
        ...folderOf(scans, { read_only: true }),
        ...more,
      })
      return json.tried.files
    }
    assert.deepEqual(await shown({}), ['1904/letter.txt'])
    assert.deepEqual(await shown({ keep_system_files: true }), ['.DS_Store', '1904/letter.txt'])
  })

  test('made, it is there with its files; whoever made it may do all of it, others nothing', async () => {
    const made = await post(ALL, {
      label: 'Old scans',
      ...folderOf(scans, { read_only: true }),
      accept: 'text/*',
      sync: 'start',
    })
    assert.equal(made.status, 201, made.text)
    const { made_at, ...source } = made.json.source
    assert.match(made_at, /^\d{4}-/)
    assert.deepEqual(source, {
      slug: 'old-scans',
      label: 'Old scans',
      storage: 'filesystem',
      origin: 'runtime',
      file: null,
      active: true,
      available: true,
      unavailable_reason: null,
      config: { root: scans, read_only: true },
      settings: { accept: 'text/*', sync: 'start' },
      allow: {},
      made_by: 'carol',
      changed_at: null,
      revision: 1,
    })
    assert.deepEqual(await listed('old-scans'), ['1904/letter.txt'])
    assert.equal((await get('/-/files/browse/old-scans.json', 'alice')).status, 403)
    const named = (await get('/-/files/sources.json')).json.sources.find(
      (one: { slug: string }) => one.slug === 'old-scans',
    )
    assert.deepEqual([named.can_browse, named.can_upload, named.accept], [true, false, ['text/*']])
    const refused = await send(
      '/-/files/upload/old-scans?filename=a.txt',
      { method: 'POST', body: 'x' },
      'carol',
      holdall,
    )
    assert.equal(refused.json.code, 'source_read_only')
    assert.deepEqual(readdirSync(scans), ['1904'])
  })

  test('the few files of a small folder are listed when it has been made', async () => {
    const small = join(folder, 'small')
    mkdirSync(small)
    writeFileSync(join(small, 'one.txt'), 'one')
    // One of five: a machine that does much else may take longer than what the answer waits.
    let paths: string[] = []
    for (let n = 0; n < 5 && paths.length === 0; n++) {
      const label = `Small ${n}`
      await post(ALL, { label, ...folderOf(small, { read_only: true }), sync: 'start' })
      paths = await listedNow(`small-${n}`)
      await post(`${ALL}/small-${n}`, { op: 'deactivate' })
    }
    assert.deepEqual(paths, ['one.txt'])
  })

  test('everything that is wrong is said with its field, and nothing is kept', async () => {
    const sound = folderOf(scans)
    const cases: readonly [object, RegExp][] = [
      [{ ...sound }, /^label: Say what it is called[^;]*$/],
      [{ ...sound, label: '???' }, /^slug: Is needed[^;]*$/],
      [{ ...sound, slug: 'a b' }, /^slug: Must be called by[^;]*$/],
      [{ ...sound, slug: 'a/b' }, /^slug: /],
      [{ ...sound, label: 'a\u0000' }, /label: Must be one line/],
      [{ label: 'x' }, /^storage: Must be one of filesystem, http, vault, s3/],
      [{ label: 'x', storage: 'tape' }, /^storage: Must be one of/],
      [{ label: 'x', storage: 'filesystem' }, /^config\.root: Must be the path/],
      [{ label: 'x', storage: 'filesystem', config: 5 }, /^config: Must be a block/],
      [{ label: 'x', ...folderOf('scans') }, /^config\.root: Must be a whole path/],
      [{ label: 'x', ...folderOf(scans, { roots: 1 }) }, /^config: .*roots/],
      [{ label: 'x', ...folderOf(join(folder, 'plain')) }, /^config\.root: .* is a file/],
      [{ label: 'x', ...folderOf(join(folder, 'plain', 'in')) }, /^config\.root: .* is a file/],
      [{ label: 'x', ...folderOf(join(folder, 'gone')) }, /^config\.root: There is no folder .*have it made/],
      [{ label: 'x', ...folderOf(join(folder, 'gone'), { read_only: true }), make: true }, /Check the path\.$/],
      [{ label: 'x', ...folderOf(data) }, /^config\.root: Holdall keeps its own data there/],
      [{ label: 'x', ...folderOf(join(data, 'thumbnails')), make: true }, /Holdall keeps its own data there/],
      [{ label: 'x', ...folderOf(folder) }, /Holdall keeps its own data there/],
      [{ label: 'x', ...folderOf('/') }, /Holdall keeps its own data there/],
      [{ label: 'x', ...folderOf(join(folder, 'way-in')) }, /Holdall keeps its own data there/],
      [{ label: 'x', ...folderOf(join(folder, 'way-in', 'new')), make: true }, /Holdall keeps its own data there/],
      [{ label: 'x', ...sound, sync: 'sometimes', accept: 5, hash: [] }, /sync: .*accept|accept: .*sync/s],
      [{ label: 'x', ...sound, allow: { 'view-table': true } }, /^allow: /],
      [{ label: 'x', ...sound, allow: { 'files-browse': [1] } }, /^allow: /],
      [{ label: 'x', ...sound, colour: 'blue' }, /^colour: .*unknown key/],
      [
        { label: 'x', storage: 'vault', config: { label: 'v', key: 'sesame' } },
        /^config\.key: Takes the name of a secret/,
      ],
      [
        { label: 'x', storage: 'vault', config: { label: 'v', key: { $secret: 'NONE' } } },
        /^config\.key: There is no kept secret of this name\. If this is the key itself/,
      ],
      [
        { label: 'x', storage: 'vault', config: { label: 'v' }, values: { key: 'wrong' } },
        /^config\.key: .*its key does not fit/,
      ],
      [
        { label: 'x', storage: 'http', config: { urls: ['http://127.0.0.1:1/a'] } },
        /^config\.urls: .*not on the public internet/,
      ],
      [
        { label: 'x', storage: 's3', config: { bucket: 'b', endpoint_url: 'http://169.254.169.254' } },
        /^config\.endpoint_url: .*not on the public internet/,
      ],
    ]
    const rows = async () => (await db.read.selectFrom('datasette_files_sources').select('slug').execute()).length
    const before = await rows()
    for (const [body, expected] of cases) {
      const { status, json } = await post(ALL, body)
      assert.equal(status, 400, JSON.stringify(body))
      assert.equal(json.code, 'source_invalid')
      assert.match(json.error, expected, JSON.stringify(body))
    }
    assert.equal((await post(ALL, { op: 'burn' })).json.code, 'bad_request')
    assert.equal((await post(ALL, { label: 'Old scans', ...sound })).json.code, 'source_exists')
    assert.equal((await post(ALL, { slug: 'files', ...sound })).json.code, 'source_exists')
    assert.equal(await rows(), before)
    assert.equal(existsSync(join(folder, 'gone')), false)
    assert.equal(await db.read.selectFrom('secrets').selectAll().executeTakeFirst(), undefined)
  })

  test('tried where there are files, Read only is ticked once, and who has the same files is named', async () => {
    const fields = { storage: 'filesystem', label: 'Again', 'config.root': join(scans, '1904'), op: 'try' }
    const ticked = /name="config\.read_only" value="on"[^>]* checked/
    const first = await form(ALL, fields)
    assert.match(first.text, ticked)
    assert.match(first.text, /Read only is ticked now/)
    assert.match(first.text, /It is a part of what is already here, read only, as <a href="[^"]*old-scans">Old scans</)
    assert.match(first.text, /name="suggested" value="on"/)
    const unticked = await form(ALL, { ...fields, suggested: 'on' })
    assert.doesNotMatch(unticked.text, ticked, 'what was unticked stays so')
    assert.match(unticked.text, /Files can be uploaded to it/)

    const same = await post(ALL, { op: 'try', label: 'Twice', ...folderOf(scans) })
    assert.deepEqual(same.json.tried.already_in, ['old-scans'])
    assert.match(
      (await form(ALL, { ...fields, 'config.root': scans })).text,
      /The same files are already here, read only/,
    )
    mkdirSync(join(folder, 'empty'))
    const empty = await form(ALL, { ...fields, 'config.root': join(folder, 'empty') })
    assert.doesNotMatch(empty.text, ticked)
    assert.doesNotMatch(empty.text, /already here/)

    const nameless = await form(ALL, { ...fields, label: ' ' })
    assert.match(nameless.text, /One field needs a change/)
    assert.match(nameless.text, /id="field-label-error"[\s\S]*?a source needs a name/)
  })

  test('a folder that is not there is made when that is wanted', async () => {
    const root = join(folder, 'new', 'box')
    const { json } = await post(ALL, { op: 'try', slug: 'box', ...folderOf(root), make: true })
    assert.deepEqual(json.tried.files, null)
    assert.equal(existsSync(root), false)
    assert.equal((await post(ALL, { slug: 'box', ...folderOf(root), make: true })).status, 201)
    assert.ok(existsSync(root))
  })

  test('a refused form is the same page, with every value and what is wrong beside its field', async () => {
    const { status, text } = await form(ALL, {
      storage: 'filesystem',
      label: 'Box <two>',
      'config.root': join(folder, 'gone'),
      'config.read_only': 'on',
      browse: 'people',
      browse_people: 'alice, bob',
      sync: 'every 1h',
      max_file_size: '20 MB',
      op: 'create',
    })
    assert.equal(status, 400)
    assert.match(text, /No source was made\. One field needs a change\./)
    assert.match(text, /id="field-config~2Eroot-error"[\s\S]*?There is no folder/)
    for (const kept of [
      /value="Box &lt;two&gt;"/,
      /value="alice, bob"/,
      /value="every 1h" selected/,
      /value="20 MB"/,
    ]) {
      assert.match(text, kept)
    }
    assert.match(text, /name="config\.read_only" value="on"[^>]* checked/)
    // A key that was pasted where a name belongs: said at that box, and not repeated in what is said.
    const pasted = await form(ALL, {
      storage: 'vault',
      label: 'v',
      'config.label': 'v',
      'config.key': 'AKIA',
      op: 'try',
    })
    assert.match(pasted.text, /id="field-config~2Ekey-error"[\s\S]*?put it into the box for a new value/)
    assert.match(pasted.text, /<details class="fold" open>[\s\S]*?name="config\.key"[^>]* aria-invalid="true"/)
    assert.doesNotMatch(pasted.text.replaceAll('value="AKIA"', ''), /AKIA/)
    const inside = {
      storage: 's3',
      label: 'z',
      'config.bucket': 'b',
      'config.endpoint_url': 'http://127.0.0.1:1',
      op: 'try',
    }
    const refused = await form(ALL, inside)
    assert.match(refused.text, /id="field-config~2Eendpoint_url-error"[\s\S]*?not on the public internet/)
    assert.match(refused.text, /settings:\n {2}allow_private_hosts: \[127\.0\.0\.1\]/)
    assert.match(refused.text, /-c holdall\.yaml[\s\S]*?started again/)
    const nobody = await form(ALL, { storage: 'filesystem', label: 'y', 'config.root': scans, browse: 'people' })
    assert.match(nobody.text, /Name at least one person/)
  })

  test('a form says the same as JSON does, and leads to the files', async () => {
    const made = await form(ALL, {
      storage: 'vault',
      label: 'Vault one',
      'config.label': 'one',
      'value.key': 'sesame',
      'config.notes': 'a\n b \n\n',
      browse: 'people',
      browse_people: 'alice, alice, bob',
      upload: 'signed-in',
      delete: 'usual',
      max_file_size: '1.5 GB',
      sync: 'manual',
      op: 'create',
    })
    assert.equal(made.status, 303, made.text)
    assert.equal(made.location, '/-/files/browse/vault-one')
    const row = await rowOf('vault-one')
    assert.deepEqual(JSON.parse(row?.config ?? ''), {
      label: 'one',
      key: { $secret: 'SOURCE_VAULT_ONE_KEY' },
      notes: ['a', 'b'],
    })
    assert.deepEqual(JSON.parse(row?.settings ?? ''), { max_file_size: 1_500_000_000, sync: 'manual' })
    assert.deepEqual(JSON.parse(row?.allow ?? ''), {
      'files-browse': { id: ['alice', 'bob'] },
      'files-upload': { id: '*' },
    })
  })

  test('a value is kept apart and sealed, under a name that nobody else uses', async () => {
    const secrets = await db.read.selectFrom('secrets').selectAll().execute()
    assert.deepEqual(
      secrets.map(({ name }) => name),
      ['SOURCE_VAULT_ONE_KEY'],
    )
    assert.doesNotMatch(JSON.stringify([secrets, await rowOf('vault-one'), logged]), /sesame/)
    const page = await get(`${ALL}/vault-one`, 'carol', holdall, 'text/html')
    assert.match(page.text, /value="SOURCE_VAULT_ONE_KEY"/)
    assert.match(page.text, /<option value="SOURCE_VAULT_ONE_KEY">/)
    assert.doesNotMatch(page.text, /sesame/)
    // The same name by another slug: what the first one needs is left alone.
    const other = await post(ALL, {
      slug: 'vault.one',
      storage: 'vault',
      config: { label: 'two' },
      values: { key: 'sesame' },
      sync: 'manual',
    })
    assert.deepEqual(other.json.source.config.key, { $secret: 'SOURCE_VAULT_ONE_KEY_2' })
  })

  test('an edit holds at once; what is absent stays, and what another has changed meanwhile is not overwritten', async () => {
    const path = `${ALL}/old-scans`
    const edited = await post(path, {
      label: 'Scans',
      allow: { 'files-browse': { id: 'alice' } },
      accept: null,
      revision: 1,
    })
    assert.equal(edited.status, 200, edited.text)
    assert.deepEqual(edited.json.source.settings, { sync: 'start' })
    assert.deepEqual([edited.json.source.label, edited.json.source.revision], ['Scans', 2])
    assert.deepEqual(edited.json.source.config, { root: scans, read_only: true })
    assert.equal((await get('/-/files/browse/old-scans.json', 'alice')).json.source.label, 'Scans')
    assert.equal((await get('/-/files/browse/old-scans.json', 'bob')).status, 403)
    const late = await post(path, { label: 'Late', revision: 1 })
    assert.deepEqual([late.status, late.json.code], [409, 'source_edited'])
    assert.match(
      (await form(path, { label: 'Late', revision: '1', op: 'save' })).text,
      /Somebody else has changed this source/,
    )
    assert.match((await post(path, { storage: 'http' })).json.error, /^storage: A source stays in its storage/)
    assert.match((await post(path, folderOf(data))).json.error, /Holdall keeps its own data/)
    assert.equal((await rowOf('old-scans'))?.label, 'Scans')
    const tried = await post(path, { op: 'try', config: { root: join(folder, 'new', 'box') } })
    assert.deepEqual(tried.json.tried.files, [])
    assert.equal((await rowOf('old-scans'))?.revision, 2)
  })

  test('what the file says of the same name counts more than the row', async () => {
    const strict = await start({
      permissions: { 'files-browse': { 'old-scans': { allow: { id: 'bob' } } } },
    })
    for (const [actor, status] of [
      ['alice', 403],
      ['bob', 200],
      ['carol', 403],
      ['root', 200],
    ] as const) {
      assert.equal((await get('/-/files/browse/old-scans.json', actor, strict)).status, status, actor)
    }
  })

  test('deactivated, its files stay listed and cannot be opened; activated, they can', async () => {
    const [file] = (await get('/-/files/browse/old-scans.json')).json.files
    const off = await post(`${ALL}/old-scans`, { op: 'deactivate' })
    assert.deepEqual(
      [off.status, off.json.source.active, off.json.source.unavailable_reason],
      [200, false, 'it is deactivated'],
    )
    assert.equal((await get('/-/files/browse/old-scans.json', 'alice')).json.files.length, 1)
    const download = await get(`/-/files/${file.id}/download`)
    assert.deepEqual([download.status, download.json.code], [503, 'source_inactive'])
    assert.match((await get(`${ALL}/old-scans`, 'carol', holdall, 'text/html')).text, /This source is deactivated/)
    assert.equal((await get('/-/health')).status, 200)
    assert.equal((await post(`${ALL}/old-scans`, { op: 'activate' })).json.source.available, true)
    assert.equal((await get(`/-/files/${file.id}/download`)).text, 'Dear Ane')
  })

  test('a second server sees all of it at its next request, and its edits are seen here', async () => {
    const other = await start()
    const root = join(folder, 'shared')
    mkdirSync(root)
    writeFileSync(join(root, 'a.txt'), 'a')
    assert.equal((await get('/-/files/browse/shared.json', 'carol', other)).status, 403)
    assert.equal((await post(ALL, { slug: 'shared', ...folderOf(root), sync: 'start' })).status, 201)
    const seen = await get('/-/files/browse/shared.json', 'carol', other)
    assert.deepEqual([seen.status, seen.json.source.available], [200, true])
    assert.deepEqual(await listed('shared', other), ['a.txt'])
    const body = new Uint8Array([1, 2, 3])
    assert.equal(
      (await send('/-/files/upload/shared?filename=b.bin', { method: 'POST', body }, 'carol', other)).status,
      201,
    )
    await post(`${ALL}/shared`, { label: 'Shared by two' }, 'carol', other)
    assert.equal((await get('/-/files/browse/shared.json')).json.source.label, 'Shared by two')
    await post(`${ALL}/shared`, { op: 'deactivate' }, 'carol', other)
    const refused = await send('/-/files/upload/shared?filename=c.bin', { method: 'POST', body }, 'carol', holdall)
    assert.deepEqual([refused.status, refused.json.code], [503, 'source_inactive'])
    assert.equal((await post(ALL, { slug: 'shared', ...folderOf(root) }, 'carol', other)).json.code, 'source_exists')
  })

  test('who may upload and not see is named, and may see too by one press', async () => {
    const root = join(folder, 'drop')
    mkdirSync(root)
    const who = { upload: 'people', upload_people: 'alice', browse: 'nobody', delete: 'nobody', sync: 'manual' }
    const made = await form(ALL, { storage: 'filesystem', label: 'Drop', 'config.root': root, op: 'create', ...who })
    assert.equal(made.location, `${ALL}/drop`, made.text)
    const page = () => get(`${ALL}/drop`, 'carol', holdall, 'text/html')
    assert.match((await page()).text, /alice can send files there but not see them, also not this person’s own\./)
    assert.equal((await get('/-/files/browse/drop.json', 'alice')).status, 403)
    const body = new FormData()
    body.set('file', new File(['x'], 'one.txt'))
    const init = { method: 'POST', body, headers: { Accept: 'text/html' } }
    const sent = await send('/-/files/upload/drop', init, 'alice', holdall)
    assert.deepEqual([sent.status, sent.location], [303, '/-/files/upload/drop'], sent.text)
    assert.equal((await form(`${ALL}/drop`, { op: 'let-see' })).status, 303)
    assert.doesNotMatch((await page()).text, /but not see them/)
    assert.equal((await get('/-/files/browse/drop.json', 'alice')).status, 200)
    assert.equal((await rowOf('drop'))?.label, 'Drop')
  })

  test('of a source that is only read nobody is said to send files there', async () => {
    const who = { 'files-upload': { id: 'alice' }, 'files-browse': false }
    const settings = { allow: who, sync: 'manual' }
    await post(ALL, { slug: 'looked-at', ...folderOf(scans), ...settings })
    const page = async () => (await get(`${ALL}/looked-at`, 'carol', holdall, 'text/html')).text
    assert.match(await page(), /alice can send files there but not see them/)
    const edited = await post(`${ALL}/looked-at`, folderOf(scans, { read_only: true }))
    assert.equal(edited.status, 200, edited.text)
    assert.doesNotMatch(await page(), /can send files there/)
  })

  test('fifty at once make one', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        post(ALL, { slug: 'once', ...folderOf(scans, { read_only: true }), sync: 'manual' }),
      ),
    )
    const made = answers.filter(({ status }) => status === 201)
    assert.equal(made.length, 1)
    assert.ok(answers.every(({ status, json }) => status === 201 || json.code === 'source_exists'))
  })

  test('what the file declares is read here and changed there; its config is not told', async () => {
    writeFileSync(
      join(folder, 'holdall.json'),
      JSON.stringify({
        permissions: { 'files-manage-sources': { id: 'carol' } },
        sources: {
          fixed: { storage: 'filesystem', config: { root: 'secret-place' } },
          once: { storage: 'filesystem', config: { root: 'theirs' } },
        },
      }),
    )
    const { config } = loadConfig({ env: {}, cwd: folder, file: 'holdall.json' })
    const log = createLog(() => {})
    const filed = await assemble({ config, data, env: {}, log })
    running.push(filed)
    await filed.start()
    const { json } = await get(`${ALL}/fixed`, 'carol', filed)
    assert.deepEqual([json.source.origin, json.source.file, json.source.config], ['configuration', config.file, null])
    const page = await get(`${ALL}/fixed`, 'carol', filed, 'text/html')
    assert.match(page.text, /holdall\.json says what this source is/)
    assert.doesNotMatch(page.text, /secret-place|<button[^>]*>Save/)
    for (const body of [{ label: 'Mine' }, { op: 'deactivate' }, { op: 'activate' }, { op: 'try' }]) {
      const { status, json: refused } = await post(`${ALL}/fixed`, body, 'carol', filed)
      assert.deepEqual([status, refused.code], [409, 'source_declared'], JSON.stringify(body))
    }
    assert.equal((await post(ALL, { slug: 'fixed', ...folderOf(scans) }, 'carol', filed)).json.code, 'source_declared')
    assert.equal((await post(`${ALL}/never`, {}, 'carol', filed)).json.code, 'source_not_found')
    // It wins the name, and what was made here is still there for when it lets go of it.
    assert.equal((await get(`${ALL}/once`, 'carol', filed)).json.source.origin, 'configuration')
    assert.deepEqual(JSON.parse((await rowOf('once'))?.config ?? ''), { root: scans, read_only: true })
  })

  test('who may upload is asked where anybody can', async () => {
    const askedFor = async (storage: string) => {
      const { text } = await get(`${ALL}?storage=${storage}`, 'carol', holdall, 'text/html')
      return ['browse', 'upload', 'delete'].filter((name) => text.includes(` name="${name}"`))
    }
    assert.deepEqual(await askedFor('filesystem'), ['browse', 'upload', 'delete'])
    assert.deepEqual(await askedFor('http'), ['browse', 'delete'])
  })

  test('the pages and forms are for who may manage sources', async () => {
    for (const path of [ALL, `${ALL}/old-scans`]) {
      assert.equal((await get(path, 'alice')).json.code, 'permission_denied')
      assert.equal((await post(path, {}, 'alice')).json.code, 'permission_denied')
    }
    const page = await get(ALL, 'carol', holdall, 'text/html')
    for (const words of ['Scans', 'Vault one', 'made here by carol', 'Add folder', 'Add vault', 'Add S3 bucket']) {
      assert.ok(page.text.includes(words), words)
    }
    const vault = await get(`${ALL}?storage=vault`, 'carol', holdall, 'text/html')
    assert.match(vault.text, /name="config\.shelf"[\s\S]*?<option value="low" selected>/)
    assert.match(vault.text, /type="password"[^>]*|name="value\.key"/)
    const failed = logged.filter((line) => line.includes('"level":"error"') && !line.includes('source_inactive'))
    assert.deepEqual(failed, [])
  })
})
