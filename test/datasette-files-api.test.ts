import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import { type Client, createClient } from './support/client.ts'
import { DATASETTE, type RunningDatasette, startDatasette } from './support/datasette.ts'
import { type RunningHoldall, startHoldall } from './support/holdall.ts'

// A client of datasette-files, unchanged: the same requests in the same order go to Datasette with its plugin and to
// Holdall with the same configuration. Everything that Datasette answers, Holdall answers under the same name and as the
// same kind of value; it may say more.

const CONFIGURATION = `
plugins:
  datasette-files:
    sources:
      photos:
        storage: filesystem
        config:
          root: ./photos
          max_file_size: 1000
permissions:
  files-browse: true
  files-upload: true
  files-edit: true
  files-delete: true
`

type Json = Readonly<Record<string, unknown>>

interface Answer {
  readonly status: number
  readonly body: Json
}

/** What a client keeps of one run: every answer by what was asked. */
type Run = Map<string, Answer>

/** The three steps as the plugin's own components take them. */
async function upload(client: Client, name: string, content: string, run: Run): Promise<string> {
  const prepared = await client.postJson<Json>('/-/files/upload/photos/-/prepare', {
    filename: name,
    content_type: 'text/plain',
    size: content.length,
  })
  run.set(`prepare ${name}`, prepared)
  const { upload_url: url, upload_fields: fields, upload_token: token } = prepared.body
  const form = new FormData()
  for (const [key, value] of Object.entries(fields as Record<string, string>)) form.append(key, value)
  form.append('file', new File([content], name, { type: 'text/plain' }))
  const sent = await client.post(String(url), form)
  run.set(`upload ${name}`, { status: sent.status, body: (await sent.json()) as Json })
  const completed = await client.postJson<{ readonly file: { readonly id: string } } & Json>(
    '/-/files/upload/photos/-/complete',
    { upload_token: token },
  )
  run.set(`complete ${name}`, completed)
  return completed.body.file.id
}

async function everything(client: Client): Promise<Run> {
  const run: Run = new Map()
  const ids = [await upload(client, 'jug.txt', 'a jug', run), await upload(client, 'bowl.txt', '', run)]
  const [first, second] = ids as [string, string]
  const get = async (what: string, path: string) => run.set(what, await client.json<Json>(path))
  const post = async (what: string, path: string, body: unknown) =>
    run.set(what, await client.postJson<Json>(path, body))

  await get('a batch', `/-/files/batch.json?id=${first}&id=${second}&id=nonsense&id=df-${'0'.repeat(26)}`)
  await get('an empty batch', '/-/files/batch.json')
  await get('sources', '/-/files/sources.json')
  await get('one file', `/-/files/${first}.json`)
  await get('search', '/-/files/search.json?q=jug')
  await get('search by prefix', '/-/files/search.json?q=ju')
  await get('search by id', `/-/files/search.json?q=${second}`)
  await get('search for nothing', '/-/files/search.json?q=')
  await get('search where nothing is', '/-/files/search.json?q=jug&source=elsewhere')
  await post('describe', `/-/files/${first}/-/update`, { update: { search_text: 'earthenware' } })
  await get('search by description', '/-/files/search.json?q=earthenware')
  await post('update without update', `/-/files/${first}/-/update`, {})
  await post('update of what cannot be', `/-/files/${first}/-/update`, { update: { size: 1, id: 'x' } })
  await post('prepare without a name', '/-/files/upload/photos/-/prepare', { content_type: 'text/plain' })
  await post('complete without a token', '/-/files/upload/photos/-/complete', {})
  await post('complete with a wrong token', '/-/files/upload/photos/-/complete', { upload_token: 'tok_x' })
  const prepared = await client.postJson<Json>('/-/files/upload/photos/-/prepare', { filename: 'late.txt' })
  await post('complete before the bytes', '/-/files/upload/photos/-/complete', {
    upload_token: prepared.body.upload_token,
  })
  await post('delete', `/-/files/${second}/-/delete`, {})
  await get('the deleted file', `/-/files/${second}.json`)
  await get('a batch without it', `/-/files/batch.json?id=${first}&id=${second}`)
  await get('search without it', '/-/files/search.json?q=bowl')
  return run
}

/** What differs on purpose, and why. */
const DIFFERENT: Readonly<Record<string, string>> = {
  metadata: 'an object, not a text with an object in it',
}
/** It is in the trash, and who may delete files may see it there. */
const SEEN_IN_THE_TRASH = 'the deleted file'

describe('a client of datasette-files', { skip: DATASETTE === undefined && 'Datasette is not installed' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-files-api-'))
  let datasette: RunningDatasette
  let holdall: RunningHoldall
  let theirs: Run
  let ours: Run

  before(async () => {
    const [a, b] = [writeSite(join(folder, 'datasette')), writeSite(join(folder, 'holdall'))]
    datasette = await startDatasette({
      databases: [join(a, 'museum.db')],
      config: join(a, 'datasette.yaml'),
      cwd: a,
      env: {},
    })
    holdall = await startHoldall({
      databases: [join(b, 'museum.db')],
      config: join(b, 'datasette.yaml'),
      data: join(b, 'data'),
    })
    theirs = await everything(createClient(datasette.url, { Accept: 'application/json' }))
    ours = await everything(createClient(holdall.url, { Accept: 'application/json' }))
  })
  after(async () => {
    await datasette?.stop()
    await holdall?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('gets the same statuses', () => {
    const statuses = (run: Run) => Object.fromEntries([...run].map(([what, { status }]) => [what, status]))
    assert.deepEqual(statuses(ours), { ...statuses(theirs), [SEEN_IN_THE_TRASH]: 200 })
    assert.notEqual(ours.get(SEEN_IN_THE_TRASH)?.body.trashed_at ?? null, null)
  })

  it('finds everything that it reads where it was, as what it was', () => {
    const missing = [...theirs].flatMap(([what, { body, status }]) =>
      status >= 400 ? [] : differences(body, ours.get(what)?.body, what),
    )
    assert.deepEqual(missing, [])
  })

  it('finds the same files', () => {
    for (const what of theirs.keys()) {
      if (!what.startsWith('search')) continue
      const names = (run: Run) =>
        ((run.get(what)?.body.files ?? []) as { filename: string }[]).map(({ filename }) => filename).sort()
      // The released plugin does not look for ids; later ones do, and so does Holdall.
      if (what !== 'search by id') assert.deepEqual(names(ours), names(theirs), what)
      else assert.deepEqual(names(ours), ['bowl.txt'])
      assert.equal(ours.get(what)?.body.total, names(ours).length, what)
    }
  })

  it('is refused in a shape that it reads: `errors`, and `ok: false`', () => {
    const refusals = [...ours].filter(([, { status }]) => status >= 400)
    assert(refusals.length >= 6)
    for (const [what, { body }] of refusals) {
      assert.equal(body.ok, false, what)
      assert(Array.isArray(body.errors) && body.errors.length > 0, what)
    }
  })
})

function writeSite(site: string): string {
  mkdirSync(join(site, 'photos'), { recursive: true })
  writeFileSync(join(site, 'datasette.yaml'), CONFIGURATION)
  const database = new DatabaseSync(join(site, 'museum.db'))
  database.exec('CREATE TABLE objects (id INTEGER PRIMARY KEY, photo TEXT)')
  database.close()
  return site
}

/** Where a value that they give is not there, or is of another kind. What they leave null may be known here. */
function differences(theirs: unknown, ours: unknown, where: string): string[] {
  const name = where.split(' › ').at(-1) ?? ''
  if (Object.hasOwn(DIFFERENT, name)) return []
  if (theirs === null) return ours === undefined ? [`${where} is missing`] : []
  if (Array.isArray(theirs)) {
    return Array.isArray(ours)
      ? theirs.flatMap((value, at) => differences(value, ours[at], `${where} › ${at}`))
      : [`${where} is no list`]
  }
  if (typeof theirs === 'object') {
    if (typeof ours !== 'object' || ours === null) return [`${where} is no object`]
    const [there, here] = [theirs as Json, ours as Json]
    // Keys that are ids differ from run to run: what matters is what is behind them.
    if (Object.keys(there).some((key) => key.startsWith('df-'))) {
      return differences(Object.values(there), Object.values(here), where)
    }
    return Object.entries(there).flatMap(([key, value]) => differences(value, here[key], `${where} › ${key}`))
  }
  return typeof theirs === typeof ours ? [] : [`${where} is ${typeof ours}, not ${typeof theirs}`]
}
