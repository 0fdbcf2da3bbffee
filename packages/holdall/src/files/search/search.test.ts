import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Hono } from 'hono'
import { createHttp } from '../../app/http.ts'
import type { RouteEnv } from '../../web/route.ts'
import { fc } from '../../web/test-chance.ts'
import { MAX_COUNT } from '../list.ts'
import { openTestFiles, type TestFiles } from '../testing.ts'

/** alice may browse `photos` and `closed`, bob only `photos`. */
let room: TestFiles
let app: Hono<RouteEnv>

before(async () => {
  room = await openTestFiles()
  app = createHttp(room.routes, room.hooks)
})
after(() => room.close())

interface Found {
  readonly id: string
  readonly filename: string
  readonly source_slug: string
}
interface Answer {
  readonly ok: boolean
  readonly files: Found[]
  readonly sources: string[]
  readonly total: number
  readonly total_truncated: boolean
  readonly next: string | null
  readonly sort: string
  readonly code?: string
}

async function search(parameters: Record<string, string>, actor = 'alice'): Promise<Answer & { status: number }> {
  const answer = await app.request(`/-/files/search.json?${new URLSearchParams(parameters)}`, {
    headers: actor === '' ? {} : { 'X-Actor': actor },
  })
  return { status: answer.status, ...((await answer.json()) as Answer) }
}

async function names(q: string, more: Record<string, string> = {}, actor = 'alice'): Promise<string[]> {
  const answer = await search({ q, ...more }, actor)
  assert.equal(answer.status, 200, JSON.stringify(answer))
  assert.equal(answer.total, answer.files.length)
  return answer.files.map(({ filename }) => filename)
}

async function allPages(parameters: Record<string, string>, between?: (page: number) => Promise<void>) {
  const files: Found[] = []
  let next: string | null = null
  let page = 0
  do {
    const answer: Answer = await search({ ...parameters, ...(next !== null && { _next: next }) })
    assert.equal(answer.ok, true, JSON.stringify(answer))
    files.push(...answer.files)
    next = answer.next
    page += 1
    await between?.(page)
  } while (next !== null)
  return files
}

interface Put {
  readonly filename: string
  readonly source?: 'photos' | 'closed'
  readonly type?: string
  readonly description?: string
  readonly text?: string
  readonly hash?: string
  /** Where it was found; else it is an upload, whose path tells nothing. */
  readonly folder?: string
}

let made = 0
async function put(...files: readonly Put[]): Promise<string[]> {
  const ids = files.map(() => `df-${String(++made).padStart(26, '0')}`)
  await room.database.write(async (trx) => {
    for (const [at, file] of files.entries()) {
      const id = ids[at] as string
      await trx
        .insertInto('datasette_files')
        .values({
          id,
          source_id: room.sources.get(file.source ?? 'photos').id,
          path: file.folder === undefined ? `1939-${id}/${file.filename}` : `${file.folder}/${file.filename}`,
          adopted: file.folder === undefined ? 0 : 1,
          filename: file.filename,
          content_type: file.type ?? 'image/jpeg',
          declared_type: null,
          content_hash: file.hash ?? null,
          size: at,
          width: null,
          height: null,
          uploaded_by: null,
          version: null,
          modified_at: null,
          changed_at: null,
          missing_since: null,
          search_text: file.description ?? '',
        })
        .execute()
      if (file.text !== undefined) {
        await trx.insertInto('datasette_files_text').values({ file_id: id, text: file.text }).execute()
      }
    }
  })
  return ids
}

async function clear(): Promise<void> {
  await room.database.write(async (trx) => {
    await trx.deleteFrom('datasette_files_text').execute()
    await trx.deleteFrom('datasette_files').execute()
  })
}

describe('only what is missing', () => {
  before(async () => {
    await clear()
    const ids = await put(
      { filename: 'quay b.jpg', hash: `sha256:${'a'.repeat(64)}` },
      { filename: 'quay there.jpg', hash: `sha256:${'a'.repeat(64)}` },
      { filename: 'quay a.png', type: 'image/png' },
      { filename: 'crane.csv', type: 'text/csv', text: 'beside the quay' },
      { filename: 'quay closed.jpg', source: 'closed' },
    )
    const gone = ids.filter((_, at) => at !== 1)
    await room.database.write((trx) =>
      trx
        .updateTable('datasette_files')
        .set({ missing_since: '2026-05-03T10:00:00.000Z' })
        .where('id', 'in', gone)
        .execute(),
    )
  })

  const missing = (asked: Record<string, string> = {}) => names(asked.q ?? '', { ...asked, state: 'missing' }, 'bob')

  test('in every order, by words, type, hash and id, and nothing of sources that one may not browse', async () => {
    assert.deepEqual(await missing(), ['crane.csv', 'quay a.png', 'quay b.jpg'])
    assert.deepEqual(await missing({ _sort: 'name' }), ['crane.csv', 'quay a.png', 'quay b.jpg'])
    assert.deepEqual(await missing({ _sort: 'size' }), ['crane.csv', 'quay a.png', 'quay b.jpg'])
    assert.deepEqual(await missing({ q: 'quay' }), ['quay a.png', 'quay b.jpg', 'crane.csv'])
    assert.deepEqual(await missing({ q: 'quay', _sort: 'name' }), ['crane.csv', 'quay a.png', 'quay b.jpg'])
    assert.deepEqual(await missing({ content_type: 'images' }), ['quay a.png', 'quay b.jpg'])
    assert.deepEqual(await missing({ q: 'quay', content_type: 'image/png' }), ['quay a.png'])
    assert.deepEqual(await missing({ hash: `sha256:${'a'.repeat(64)}` }), ['quay b.jpg'])
    const { files } = await search({ q: 'there' })
    const [there] = files as { id: string }[]
    assert.deepEqual(await missing({ q: there?.id ?? '' }), [])
    assert.equal((await search({ state: 'lost' })).status, 400)
  })

  test('what has changed: the last change first, in other orders and by words as well', async () => {
    const all = (await search({ _sort: 'name' })).files
    const change = (time: string, ...files: string[]) =>
      room.database.write((trx) =>
        trx
          .updateTable('datasette_files')
          .set({ changed_at: time })
          .where(
            'id',
            'in',
            all.filter(({ filename }) => files.includes(filename)).map(({ id }) => id),
          )
          .execute(),
      )
    await change('2026-05-03T10:00:00.000Z', 'quay a.png')
    await change('2026-05-02T10:00:00.000Z', 'quay there.jpg', 'quay closed.jpg')
    await change('2026-05-01T10:00:00.000Z', 'crane.csv')
    const changed = (asked: Record<string, string> = {}) => names(asked.q ?? '', { ...asked, state: 'changed' }, 'bob')
    assert.deepEqual(await changed(), ['quay a.png', 'quay there.jpg', 'crane.csv'])
    assert.deepEqual(await changed({ _sort: 'name' }), ['crane.csv', 'quay a.png', 'quay there.jpg'])
    assert.deepEqual(await changed({ content_type: 'images' }), ['quay a.png', 'quay there.jpg'])
    assert.deepEqual(await changed({ q: 'quay', _sort: 'changed' }), ['quay a.png', 'quay there.jpg', 'crane.csv'])
    assert.deepEqual(await changed({ hash: `sha256:${'a'.repeat(64)}` }), ['quay there.jpg'])
    const paged = await allPages({ state: 'changed', _size: '1' })
    assert.equal(paged.map(({ filename }) => filename).join(), 'quay a.png,quay closed.jpg,quay there.jpg,crane.csv')
    assert.equal((await search({ _sort: 'changed' })).status, 400)
  })

  test('page by page; a cursor of it is none of the whole list', async () => {
    const questions: Record<string, string>[] = [{}, { q: 'quay' }, { _sort: 'name' }]
    for (const question of questions) {
      const first = await search({ ...question, state: 'missing', _size: '2' }, 'bob')
      const rest = await search({ ...question, state: 'missing', _size: '2', _next: String(first.next) }, 'bob')
      assert.deepEqual([(first.files as unknown[]).length, (rest.files as unknown[]).length, rest.next], [2, 1, null])
      assert.equal(first.total, 3)
      assert.equal((await search({ ...question, _size: '2', _next: String(first.next) })).status, 400)
    }
  })
})

describe('what is found', () => {
  before(async () => {
    await clear()
    await put(
      { filename: 'IMG_1234.JPG' },
      { filename: 'DSC05678.jpg' },
      { filename: 'Harbour Plan 1911.tif', type: 'image/tiff' },
      { filename: 'HarbourMaster.png', type: 'image/png' },
      { filename: 'report.pdf', type: 'application/pdf', text: 'The lighthouse keeper, page forty' },
      { filename: 'report-2024.pdf.bak', type: 'application/octet-stream' },
      { filename: 'Håkon Ærlig.txt', type: 'text/plain', description: 'A letter about the harbour' },
      { filename: 'closed lighthouse.jpg', source: 'closed' },
      { filename: 'scan 0007 (02).jpg', folder: 'Bremen/1939 Überseehafen' },
      { filename: 'page.jpg', folder: 'Bremen/1940', text: 'Quay and crane' },
      { filename: 'crop_0042 final.png' },
      { filename: 'crop_0_b_012.png' },
      { filename: 'quotes "NEAR" -and* (or) : ^ + {x}.csv', type: 'text/csv' },
    )
  })

  test('all words, each the beginning of a word, wherever it stands, without diacritics and case', async () => {
    assert.deepEqual(await names('plan harb'), ['Harbour Plan 1911.tif'])
    assert.deepEqual(await names('hakon'), ['Håkon Ærlig.txt'])
    assert.deepEqual(await names('HÅKON ærl'), ['Håkon Ærlig.txt'])
    assert.deepEqual(await names('hakon harbour'), ['Håkon Ærlig.txt'], 'one in the name, one in the description')
    assert.deepEqual(await names('hakon plan'), [])
    assert.deepEqual(await names('report keep forty'), ['report.pdf'], 'one in the name, two in the text')
    assert.deepEqual(await names('lighthouse pdf'), ['report.pdf'], 'one in the text, one in the type')
    assert.deepEqual(await names('tiff'), ['Harbour Plan 1911.tif'], 'a word of the type')
    assert.deepEqual(await names('lighthousekeeper'), [])
  })

  test('parts of names as people know them', async () => {
    assert.deepEqual(await names('1234'), ['IMG_1234.JPG'])
    assert.deepEqual(await names('05678'), ['DSC05678.jpg'])
    assert.deepEqual(await names('dsc05678.jpg'), ['DSC05678.jpg'])
    assert.deepEqual(await names('master'), ['HarbourMaster.png'])
    assert.deepEqual(await names('report.pdf'), ['report.pdf', 'report-2024.pdf.bak'])
    assert.deepEqual(await names('IMG_1234.jpg'), ['IMG_1234.JPG'])
  })

  test('the folders in which a file was found, and numbers without the zeros before them', async () => {
    assert.deepEqual(await names('1939'), ['scan 0007 (02).jpg'], 'the path of an upload is no word')
    assert.deepEqual(await names('bremen ubersee scan'), ['scan 0007 (02).jpg'])
    assert.deepEqual(await names('bremen crane'), ['page.jpg'], 'one in the folder, one in the text')
    for (const q of ['0007', '7', '2 scan', '5678', '42 crop', '12 crop']) assert.equal((await names(q)).length, 1, q)
    assert.deepEqual(await names('07'), [])
  })

  test('only what lies below a folder, in every order, by words and types', async () => {
    const ids = await put(
      { filename: 'first.jpg', folder: 'Bremen/1939 Überseehafen/Kai' },
      { filename: 'second.png', folder: 'Bremen/1939 Überseehafenamt', type: 'image/png' },
      { filename: 'Bremen 1939.jpg' },
      { filename: 'elsewhere.jpg', folder: 'Bremen', source: 'closed' },
    )
    const below = (folder: string, asked: Record<string, string> = {}) =>
      names(asked.q ?? '', { ...asked, folder }, 'bob')
    const harbour = 'Bremen/1939 Überseehafen'
    assert.deepEqual(await below(harbour), ['first.jpg', 'scan 0007 (02).jpg'], 'as they lie there')
    assert.deepEqual(await below(`/${harbour}/`, { _sort: 'newest' }), ['first.jpg', 'scan 0007 (02).jpg'])
    assert.deepEqual(await below('Bremen', { _sort: 'name' }), [
      'first.jpg',
      'page.jpg',
      'scan 0007 (02).jpg',
      'second.png',
    ])
    assert.deepEqual(await below('Bremen', { content_type: 'image/png' }), ['second.png'])
    assert.deepEqual(await below('Bremen', { q: 'scan' }), ['scan 0007 (02).jpg'])
    assert.deepEqual(await below('Bremen/1940', { q: 'crane' }), ['page.jpg'], 'by words inside')
    assert.deepEqual(await below(harbour, { q: '1939' }), ['first.jpg', 'scan 0007 (02).jpg'])
    assert.deepEqual(await below('bremen'), [], 'a folder is called as it is called')
    assert.deepEqual(await below('Bre'), [])
    assert.deepEqual((await allPages({ folder: 'Bremen', source: 'photos', _size: '1' })).length, 4)
    // Its new name is longer than all of its path: its folders are words of it all the same.
    const renamed = 'the quay as it was before the war, seen from the water.jpg'
    await room.database.write((trx) =>
      trx
        .updateTable('datasette_files')
        .set({ filename: renamed })
        .where('id', '=', ids[0] as string)
        .execute(),
    )
    assert.deepEqual(await below(harbour, { q: 'quay' }), [renamed])
    const folders = async (folder: string) => {
      const answer = await app.request(`/-/files/browse/photos.json?${new URLSearchParams({ folder })}`, {
        headers: { 'X-Actor': 'bob' },
      })
      const { folders, folders_truncated: more } = (await answer.json()) as Record<string, { name: string }[]>
      assert.equal(more, false)
      return folders?.map((one) => Object.values(one).join(' '))
    }
    assert.deepEqual(await folders(''), ['Bremen Bremen 4 false'], 'uploads lie in no folder of anybody')
    assert.deepEqual(await folders('Bremen'), [
      `1939 Überseehafen ${harbour} 2 false`,
      `1939 Überseehafenamt ${harbour}amt 1 false`,
      '1940 Bremen/1940 1 false',
    ])
    assert.deepEqual(await folders(`${harbour}/Kai`), [])
    // Inside a folder the first ones below it stand there, however many there are.
    const shelves = Array.from({ length: 40 }, (_, n) => ({
      filename: `${n}.txt`,
      folder: `Bremen/1940/shelf ${n + 10}`,
    }))
    ids.push(...(await put(...shelves)))
    const inside = await app.request('/-/files/browse/photos?folder=Bremen/1940', { headers: { 'X-Actor': 'bob' } })
    const nav = /<nav class="folders"[\s\S]*?<\/nav>/.exec(await inside.text())?.[0] ?? ''
    const [open = '', folded = ''] = nav.split('<details class="fold">')
    assert.deepEqual([open.match(/shelf \d+</g)?.length, folded.match(/shelf \d+</g)?.length], [24, 16])
    assert.match(folded, /16 folders more<\/summary>/)
    await room.database.write((trx) => trx.deleteFrom('datasette_files').where('id', 'in', ids).execute())
  })

  test('what looks like an operator is text', async () => {
    assert.deepEqual(await names('"near" and* (or)'), ['quotes "NEAR" -and* (or) : ^ + {x}.csv'])
    for (const q of ['"', "'", 'a"b', '*', '^', 'NOT', 'OR OR', 'NEAR(', '{', 'source : x', '-']) {
      assert.equal((await search({ q })).status, 200, q)
    }
    for (const q of ['\0', 'img\x001234']) assert.equal((await search({ q })).status, 400, q)
    assert.deepEqual(await names('***'), [], 'no word is no wish for everything')
  })

  test('filtered by source and type', async () => {
    assert.deepEqual(await names('harb', { content_type: 'image/png' }), ['HarbourMaster.png'])
    assert.deepEqual((await names('harb', { content_type: 'images' })).sort(), [
      'Harbour Plan 1911.tif',
      'HarbourMaster.png',
    ])
    assert.deepEqual(await names('', { content_type: 'text/csv,application/pdf', _sort: 'name' }), [
      'quotes "NEAR" -and* (or) : ^ + {x}.csv',
      'report.pdf',
    ])
    assert.deepEqual(await names('lighthouse', { source: 'closed' }), ['closed lighthouse.jpg'])
    assert.deepEqual(await names('lighthouse', { source: 'never' }), [])
    assert.deepEqual(await names('', { content_type: 'video/*' }), [])
  })

  test('sorted by age, name and size', async () => {
    assert.deepEqual(await names('harb', { _sort: 'name', content_type: 'images' }), [
      'Harbour Plan 1911.tif',
      'HarbourMaster.png',
    ])
    assert.deepEqual(await names('harb', { _sort: 'newest', content_type: 'images' }), [
      'HarbourMaster.png',
      'Harbour Plan 1911.tif',
    ])
    assert.equal((await search({ q: 'harb', _sort: 'size' })).sort, 'size')
  })
})

test('the best first: names before descriptions, whole words before beginnings, then what came last', async () => {
  await clear()
  await put(
    { filename: 'a.txt', text: 'a tower of words' },
    { filename: 'b.txt', description: 'the tower' },
    { filename: 'towers.jpg' },
    { filename: 'old tower.jpg' },
    { filename: 'new tower.jpg' },
    { filename: 'Tower of London.jpg' },
  )
  assert.deepEqual(await names('tower'), [
    'Tower of London.jpg',
    'new tower.jpg',
    'old tower.jpg',
    'towers.jpg',
    'b.txt',
    'a.txt',
  ])
})

test('an id and a hash find the file that they are of', async () => {
  await clear()
  const digits = 'ab'.repeat(32)
  const hash = `sha256:${digits}`
  const [first, second, closed] = await put(
    { filename: 'one.jpg', hash },
    { filename: 'two.png', type: 'image/png', hash },
    { filename: 'three.jpg', hash, source: 'closed' },
    { filename: 'other.jpg' },
  )
  assert.deepEqual(await names(first as string), ['one.jpg'])
  assert.deepEqual(await names(` ${(first as string).toUpperCase().replace('DF', 'df')} `), ['one.jpg'])
  assert.deepEqual(await names(closed as string, {}, 'bob'), [])
  assert.deepEqual(await names(first as string, { source: 'closed' }), [])
  for (const q of [hash, digits, digits.toUpperCase()])
    assert.deepEqual(await names(q, {}, 'bob'), ['two.png', 'one.jpg'])
  assert.deepEqual(await names('', { hash }), ['three.jpg', 'two.png', 'one.jpg'])
  assert.deepEqual(await names('', { hash, content_type: 'image/png' }), ['two.png'])
  const paged = await allPages({ hash, _size: '1' })
  assert.deepEqual(
    paged.map(({ id }) => id),
    [closed, second, first],
  )
})

test('the first digits of a hash, alone, find files by it besides those that have them as a word', async () => {
  await clear()
  const hashOf = (digits: string, fill: string) => `sha256:${digits.padEnd(64, fill)}`
  await put(
    { filename: 'one.jpg', hash: hashOf('20240131', 'a') },
    { filename: 'two.png', type: 'image/png', hash: hashOf('20240131f', 'b') },
    { filename: 'other.jpg', hash: hashOf('20240132', 'a') },
    { filename: 'IMG 20240131.jpg', hash: hashOf('0', '0') },
    { filename: 'sums.txt', type: 'text/plain', text: `${hashOf('20240131', 'a').slice(7)}  one.jpg` },
    { filename: 'three.jpg', hash: hashOf('20240131', 'a'), source: 'closed', folder: 'Bremen' },
  )
  const all = ['IMG 20240131.jpg', 'sums.txt', 'three.jpg', 'two.png', 'one.jpg']
  assert.deepEqual((await names('20240131')).sort(), [...all].sort())
  assert.equal((await names('20240131'))[0], 'IMG 20240131.jpg')
  assert.deepEqual((await names('20240131', {}, 'bob')).sort(), all.filter((name) => name !== 'three.jpg').sort())
  assert.deepEqual(await names('20240131AA'), ['three.jpg', 'sums.txt', 'one.jpg'])
  assert.deepEqual(await names('sha256:20240131f'), ['two.png'])
  assert.deepEqual(await names('20240131…aaaaaaaa', { source: 'photos' }), ['one.jpg'], 'as a page shortens it')
  assert.deepEqual(await names('20240131a', { content_type: 'image/*', _sort: 'name' }), ['one.jpg', 'three.jpg'])
  assert.deepEqual(await names('20240131a', { folder: 'Bremen' }), ['three.jpg'])
  assert.deepEqual(await names('20240131a', { state: 'missing' }), [])
  assert.deepEqual(await names('2024013'), ['IMG 20240131.jpg', 'sums.txt'], 'of fewer digits only words begin so')
  for (const size of ['1', '2']) {
    assert.deepEqual(
      (await allPages({ q: '20240131', _size: size })).map(({ filename }) => filename),
      await names('20240131'),
    )
  }
  const page = await (await app.request('/-/files/search?q=20240131f', { headers: { 'X-Actor': 'alice' } })).text()
  assert.match(page, /SHA-256 <mark>20240131f<\/mark>…bbbbbbbb/)
})

describe('what is there more than once', () => {
  interface Group {
    readonly content_hash: string
    readonly count: number
    readonly files: Found[]
  }
  interface Duplicates {
    readonly groups: Group[]
    readonly next: string | null
    readonly total_groups: number
    readonly total_files: number
    readonly extra_bytes: number
    readonly not_compared: number
  }
  const hashOf = (letter: string) => `sha256:${letter.repeat(64)}`
  const ask = async (asked: Record<string, string> = {}, actor = 'alice') => {
    const answer = await app.request(`/-/files/duplicates.json?${new URLSearchParams(asked)}`, {
      headers: { 'X-Actor': actor },
    })
    const body = (await answer.json()) as Duplicates
    const groups = body.groups?.map(({ count, files }) => `${count}: ${files.map(({ filename }) => filename).join()}`)
    return { ...body, status: answer.status, said: groups }
  }
  const set = (values: object, ...filenames: string[]) =>
    room.database.write((trx) =>
      trx.updateTable('datasette_files').set(values).where('filename', 'in', filenames).execute(),
    )

  before(async () => {
    await clear()
    await put(
      { filename: 'a1', hash: hashOf('a') },
      { filename: 'b1', hash: hashOf('b') },
      { filename: 'a2', hash: hashOf('a'), folder: 'Bremen' },
      { filename: 'b closed', hash: hashOf('b'), source: 'closed' },
      { filename: 'c1', hash: hashOf('c') },
      { filename: 'a3', hash: hashOf('a') },
      { filename: 'nobody knows' },
    )
    await set({ size: 100 }, 'a1', 'a2', 'a3')
    await set({ size: 200 }, 'b1', 'b closed')
    // As the background does it: what is entered has no hash at first.
    await set({ content_hash: null }, 'a1', 'a2', 'a3', 'b1', 'b closed')
    await set({ content_hash: hashOf('a') }, 'a1', 'a2', 'a3')
    await set({ content_hash: hashOf('b') }, 'b1', 'b closed')
  })

  test('the largest first, as far as one may browse them, with what is not compared', async () => {
    const all = await ask()
    assert.deepEqual(all.said, ['2: b1,b closed', '3: a1,a2,a3'])
    assert.deepEqual([all.total_groups, all.total_files, all.extra_bytes, all.not_compared], [2, 5, 400, 1])
    const own = await ask({}, 'bob')
    assert.deepEqual(own.said, ['3: a1,a2,a3'])
    assert.deepEqual([own.total_groups, own.total_files, own.extra_bytes, own.not_compared], [1, 3, 200, 1])
    assert.deepEqual((await ask({ source: 'photos' })).said, own.said)
    assert.deepEqual((await ask({ source: 'closed' }, 'bob')).said, [])
    assert.equal((await ask({}, 'carol')).status, 403)
  })

  test('page by page', async () => {
    const first = await ask({ _size: '1' })
    const second = await ask({ _size: '1', _next: String(first.next) })
    assert.deepEqual([first.said, second.said, second.next], [['2: b1,b closed'], ['3: a1,a2,a3'], null])
    assert.equal((await ask({ _next: 'x' })).status, 400)
    assert.equal((await ask({ _next: (await search({ _size: '1' })).next ?? '' })).status, 400)
  })

  test('a cursor names what the actor may see and nothing else', async () => {
    await put(
      { filename: 'd1', hash: hashOf('d'), source: 'closed' },
      { filename: 'd2', hash: hashOf('d'), source: 'closed' },
      { filename: 'e1', hash: hashOf('e') },
      { filename: 'e2', hash: hashOf('e') },
    )
    for (const [letter, size] of [
      ['d', 90],
      ['e', 50],
    ] as const) {
      const both = [`${letter}1`, `${letter}2`]
      await set({ content_hash: null, size }, ...both)
      await set({ content_hash: hashOf(letter) }, ...both)
    }
    const first = await ask({ _size: '1' }, 'bob')
    assert.deepEqual(first.said, ['3: a1,a2,a3'])
    assert.match(String(Buffer.from(first.next ?? '', 'base64url')), new RegExp(hashOf('a')))
    const second = await ask({ _size: '1', _next: String(first.next) }, 'bob')
    assert.deepEqual([second.said, second.next], [['2: e1,e2'], null])
    await room.database.write((trx) =>
      trx.deleteFrom('datasette_files').where('filename', 'in', ['d1', 'd2', 'e1', 'e2']).execute(),
    )
  })

  test('the page names folders and what is not compared, and has nothing to tick for who may not delete', async () => {
    const answer = await app.request('/-/files/duplicates', { headers: { 'X-Actor': 'bob', Accept: 'text/html' } })
    const page = await answer.text()
    assert.match(page, /1 group of files with the same bytes, 3 files in all\. One of each takes 200 bytes less\./)
    assert.match(page, /href="\/-\/files\/browse\/photos\?folder=Bremen"/)
    assert.match(page, /1 file is not compared yet/)
    assert.doesNotMatch(page, /b1|type="checkbox"/)
  })

  test('follows what becomes of files', async () => {
    await set({ content_hash: hashOf('c'), size: 4 }, 'a3')
    assert.deepEqual((await ask()).said, ['2: b1,b closed', '2: a1,a2', '2: c1,a3'])
    await set({ content_hash: null }, 'a2')
    await room.database.write((trx) => trx.deleteFrom('datasette_files').where('filename', '=', 'b1').execute())
    const left = await ask()
    assert.deepEqual([left.said, left.not_compared], [['2: c1,a3'], 2])
    await put({ filename: 'b again', hash: hashOf('b') })
    assert.deepEqual((await ask()).said?.at(-1), '2: b closed,b again')
  })
})

test('only what the actor may browse, whatever names say', async () => {
  await clear()
  const photos = room.sources.get('photos').id
  await put(
    { filename: 'mine.jpg' },
    { filename: 'secret.jpg', source: 'closed' },
    // Named like the terms by which the full text tells sources and types apart.
    { filename: `\uE000${photos} secret.jpg`, source: 'closed', text: `\uE000${photos} secret \uE0011` },
  )
  assert.deepEqual(await names('secret', {}, 'bob'), [])
  assert.deepEqual(await names('', {}, 'bob'), ['mine.jpg'])
  assert.deepEqual(await names(`\uE000${room.sources.get('closed').id}`, {}, 'bob'), [])
  assert.deepEqual(await names('', { source: 'closed' }, 'bob'), [])
  assert.deepEqual((await search({}, 'bob')).sources, ['photos'])
  const nobody = await search({ q: 'mine' }, '')
  assert.deepEqual([nobody.status, nobody.total, nobody.files, nobody.sources, nobody.next], [200, 0, [], [], null])
})

test('follows what becomes of files', async () => {
  await clear()
  const [id] = await put({ filename: 'before.jpg', text: 'inside' })
  const write = (set: object) =>
    room.database.write((trx) =>
      trx
        .updateTable('datasette_files')
        .set(set)
        .where('id', '=', id as string)
        .execute(),
    )
  await write({ filename: 'afterwards.jpg', content_type: 'image/webp' })
  assert.deepEqual(await names('before'), [])
  assert.deepEqual(await names('afterw webp insi'), ['afterwards.jpg'])
  await room.database.write((trx) => trx.updateTable('datasette_files_text').set({ text: 'outside' }).execute())
  assert.deepEqual([await names('inside'), await names('outside')], [[], ['afterwards.jpg']])
  await write({ source_id: room.sources.get('closed').id })
  assert.deepEqual(await names('afterwards', {}, 'bob'), [])
  assert.deepEqual(await names('outside'), ['afterwards.jpg'])
  await room.database.write((trx) => trx.deleteFrom('datasette_files_text').execute())
  assert.deepEqual(await names('outside'), [])
  await room.database.write((trx) => trx.deleteFrom('datasette_files').execute())
  assert.deepEqual(await names('afterwards'), [])
})

test('name, description and caption count for more than the words inside', async () => {
  await clear()
  await put(
    { filename: 'a.jpg', description: 'The kiln of 1904' },
    { filename: 'kilns.jpg' },
    { filename: 'b.pdf', type: 'application/pdf', text: 'kiln kiln kiln' },
    { filename: 'c.jpg', description: 'Kilnworkers' },
    { filename: 'd.pdf', type: 'application/pdf', text: 'A kiln' },
  )
  assert.deepEqual(await names('kiln'), ['kilns.jpg', 'c.jpg', 'a.jpg', 'd.pdf', 'b.pdf'])
  const paged = await allPages({ q: 'kiln', _size: '1' })
  assert.equal(paged.map(({ filename }) => filename).join(), 'kilns.jpg,c.jpg,a.jpg,d.pdf,b.pdf')
})

test('words that are typed without umlauts and ß find them', async () => {
  await clear()
  await put(
    { filename: 'Überseehafen.jpg' },
    { filename: 'Grosse Straße.jpg' },
    { filename: 'minutes.txt', type: 'text/plain', text: 'Am Fluß in Königsberg' },
    { filename: 'blue.jpg' },
    { filename: 'blunt.jpg' },
    { filename: 'Ueberseehafen.png', type: 'image/png' },
  )
  assert.deepEqual((await names('ueberseehafen')).sort(), ['Ueberseehafen.png', 'Überseehafen.jpg'])
  assert.deepEqual((await names('UEBERSEE')).length, 2)
  assert.deepEqual(await names('grosse strasse'), ['Grosse Straße.jpg'])
  assert.deepEqual(await names('fluss koenigsberg'), ['minutes.txt'])
  assert.deepEqual(await names('blue'), ['blue.jpg'], 'at the end it is no umlaut')
})

test('letters of other countries are found however they are written', async () => {
  await clear()
  await put(
    { filename: 'Ærø.jpg' },
    { filename: 'Aeroe.png', type: 'image/png' },
    { filename: 'Köln am Rhein.jpg' },
    { filename: 'Koeln.png', type: 'image/png' },
    { filename: 'Århus Domkirke.jpg' },
    { filename: 'Aarhus.png', type: 'image/png' },
    { filename: 'Åse Lindström.jpg' },
    { filename: 'asepsis.jpg' },
    { filename: 'Torv i Ærøskøbing.jpg' },
    { filename: 'minutes.txt', type: 'text/plain', text: 'Kirkegård i København' },
    { filename: 'Łódź Fabryczna.jpg' },
    { filename: 'stations.jpg' },
    { filename: 'stat.jpg' },
    { filename: 'venus.jpg' },
    { filename: 'neuland.jpg' },
  )
  const found = async (q: string) => (await names(q)).sort()
  for (const q of ['Ærø', 'ærø', 'aeroe', 'Aeroe'])
    assert.deepEqual(await found(q), ['Aeroe.png', 'Torv i Ærøskøbing.jpg', 'Ærø.jpg'], q)
  assert.ok((await found('aero')).includes('Ærø.jpg'))
  for (const q of ['Köln', 'KÖLN', 'Ko\u0308ln', 'koeln']) {
    assert.deepEqual(await found(q), ['Koeln.png', 'Köln am Rhein.jpg'], q)
  }
  assert.deepEqual(await found('koln'), ['Köln am Rhein.jpg'], 'an o is no oe')
  assert.deepEqual(await found('koeln rhein'), ['Köln am Rhein.jpg'])
  for (const q of ['Århus', 'aarhus']) assert.deepEqual(await found(q), ['Aarhus.png', 'Århus Domkirke.jpg'], q)
  for (const q of ['kirkegaard', 'kirkegard', 'københavn', 'kobenhavn', 'koebenhavn']) {
    assert.deepEqual(await found(q), ['minutes.txt'], q)
  }
  assert.deepEqual(await found('Łódź'), ['Łódź Fabryczna.jpg'])
  for (const q of ['Åse', 'aase', 'aase lindstroem']) {
    assert.ok((await found(q)).includes('Åse Lindström.jpg'), q)
    if (q !== 'Åse') assert.ok(!(await found(q)).includes('asepsis.jpg'), 'not all that begins with ase')
  }
  for (const q of ['Ærøskøbing', 'aeroeskoebing', 'aeroeskobing', 'aeroskobing', 'Æroskøbing', 'aeroeskoeb']) {
    assert.deepEqual(await found(q), ['Torv i Ærøskøbing.jpg'], q)
  }
  assert.deepEqual(await found('staat'), ['stat.jpg'], 'not all that begins with stat')
  assert.deepEqual([await found('venue'), await found('neue')], [[], []])
  assert.equal((await names('Köln'))[0], 'Koeln.png', 'a name that begins so is among the best, however it is written')
})

test('pages of the best matches neither skip nor repeat while files come and go', async () => {
  await clear()
  const kinds = ['tower.jpg', 'the tower.jpg', 'towers.jpg', 'x.jpg']
  await put(...Array.from({ length: 60 }, (_, at) => ({ filename: kinds[at % 4] as string, description: 'tower' })))
  const there = new Set((await search({ q: 'tower', _size: '200' })).files.map(({ id }) => id))
  const seen = await allPages({ q: 'tower', _size: '7' }, async (page) => {
    if (page > 5) return
    await put({ filename: 'tower.jpg' }, { filename: 'towers tower.jpg' }, { filename: 'y', description: 'tower' })
  })
  const known = seen.map(({ id }) => id).filter((id) => there.has(id))
  assert.equal(new Set(seen.map(({ id }) => id)).size, seen.length, 'none twice')
  assert.equal(known.length, 60, 'none left out')
})

describe(`more than ${MAX_COUNT} matches`, () => {
  const each = MAX_COUNT / 2 + 250
  before(async () => {
    await clear()
    const many = (source: 'photos' | 'closed') =>
      Array.from({ length: each }, (_, at) => ({
        source,
        filename: `photo ${at}.jpg`,
        ...(at % 3 === 0 && { text: 'words' }),
      }))
    await put(...many('photos'))
    await put(...many('closed'))
  })

  test('come newest first and are not counted to their end; all are paged', async () => {
    const first = await search({ q: 'photo', _sort: 'name' })
    assert.deepEqual([first.total, first.total_truncated, first.sort], [MAX_COUNT, true, 'newest'])
    const seen = await allPages({ q: 'photo', _size: '200' })
    assert.equal(seen.length, 2 * each)
    assert.deepEqual(
      seen.map(({ id }) => id),
      seen
        .map(({ id }) => id)
        .sort()
        .reverse(),
    )
    const all = await search({})
    assert.deepEqual([all.total, all.total_truncated], [2 * each, false], 'what is not filtered is known')
  })

  test('files found by the digits that so many hashes begin with are paged as well', async () => {
    const digits = 'abcdef01'
    await room.database.write((trx) =>
      trx
        .updateTable('datasette_files')
        .set({ content_hash: `sha256:${digits.padEnd(64, '0')}` })
        .execute(),
    )
    const first = await search({ q: digits })
    assert.deepEqual([first.total, first.total_truncated, first.sort], [MAX_COUNT, true, 'newest'])
    const seen = await allPages({ q: digits, _size: '200' })
    assert.equal(new Set(seen.map(({ id }) => id)).size, 2 * each)
    await room.database.write((trx) => trx.updateTable('datasette_files').set({ content_hash: null }).execute())
  })

  test('fewer are counted and ranked', async () => {
    const few = await search({ q: 'photo', source: 'photos' })
    assert.deepEqual([few.total, few.total_truncated, few.sort], [each, false, 'relevance'])
    assert.equal((await search({ q: 'photo words' })).total, Math.ceil(each / 3) * 2)
  })

  test('a list that was begun ranked goes on so when it grows past what is ranked', async () => {
    await room.database.write((trx) => trx.deleteFrom('datasette_files').where('filename', '>=', 'photo 5').execute())
    const before = await search({ q: 'photo', _size: '200' })
    assert.equal(before.sort, 'relevance')
    const there = before.total
    await put(...Array.from({ length: MAX_COUNT }, (_, at) => ({ filename: `photo new ${at}.jpg` })))
    let next = before.next
    let count = before.files.length
    while (next !== null) {
      const page: Answer = await search({ q: 'photo', _size: '200', _next: next })
      assert.deepEqual([page.sort, page.total_truncated], ['relevance', true])
      assert.ok(
        page.files.every(({ filename }) => !filename.includes('new')),
        'what is newer stands before',
      )
      count += page.files.length
      next = page.next
    }
    assert.equal(count, there)
  })
})

test('what is malformed is refused', async () => {
  const { next } = await search({ q: 'photo', _size: '1' })
  const wrong: Record<string, string>[] = [
    { _next: 'x' },
    { _next: `${next}`, q: 'another' },
    { cursor: `${next}`, q: 'photo', content_type: 'images' },
    { _size: '0' },
    { limit: '-1' },
    { _size: 'x' },
    { _sort: 'colour' },
    { content_type: 'image' },
    { hash: 'sha256:zz' },
    { q: 'a', hash: '0'.repeat(64) },
  ]
  for (const parameters of wrong) assert.equal((await search(parameters)).status, 400, JSON.stringify(parameters))
  assert.equal((await search({ cursor: `${next}`, q: 'photo', limit: '1' })).status, 200)
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ maxLength: 30 }), async (q, cursor) => {
      assert.equal((await search({ q })).status, q.includes('\0') ? 400 : 200)
      assert.ok([200, 400].includes((await search({ q, _next: cursor })).status))
    }),
    { numRuns: 150 },
  )
})

test('the page reads without scripts, and says what to drop', async () => {
  await clear()
  await put({ filename: 'harbour <plan>.jpg' }, { filename: 'harbour.pdf', type: 'application/pdf' })
  const page = async (query: string, actor = 'alice') => {
    const answer = await app.request(`/-/files/search?${query}`, { headers: { 'X-Actor': actor, Accept: 'text/html' } })
    assert.equal(answer.status, 200)
    return await answer.text()
  }
  const found = await page('q=harb')
  assert.match(found, /2 files for “harb”/)
  assert.match(found, /harbour &lt;plan&gt;\.jpg/)
  assert.match(found, /<option value="closed">/)
  const none = await page('q=harbour+xyz&content_type=images')
  assert.match(none, /Without “xyz”: 1 file</)
  assert.doesNotMatch(none, /Without “harbour”/)
  assert.match(await page('q=harbour+pdf&content_type=images'), /Any type: 1 file</)
  assert.match(await page('q=nothing', 'carol'), /no files that you may see/)
})
