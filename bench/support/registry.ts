import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const SOURCES = 1_000
/** A write transaction of a sync or an import holds about as many. */
const FILES_A_TRANSACTION = 2_000

/** Three sources that the asking actor may browse: one of a fifth of all files, two like the others. */
export const READABLE = ['s0001', 's0400', 's0900'] as const

/** A file as both registries keep it. */
export interface MadeFile {
  readonly id: string
  readonly source: number
  readonly path: string
  readonly filename: string
  readonly type: string
  readonly hash: string
  readonly size: number
  readonly createdAt: string
  readonly description: string
  /** Words inside; empty for most. */
  readonly text: string
}

export function sourceSlug(source: number): string {
  return `s${String(source).padStart(4, '0')}`
}

/** Row ids of sources that the server has made itself lie before. */
const FIRST_SOURCE_ID = 100

/** Fills the internal database of a data directory that a server has made. The same files for the same number. */
export function fillRegistry(folder: string, files: number): void {
  const database = new DatabaseSync(join(folder, 'internal.db'))
  database.exec('PRAGMA synchronous = OFF')
  const source = database.prepare(
    "INSERT INTO datasette_files_sources (id, slug, storage_type, active) VALUES (?, ?, 'filesystem', 0)",
  )
  for (let id = 1; id <= SOURCES; id += 1) source.run(FIRST_SOURCE_ID + id, sourceSlug(id))
  const insert = database.prepare(`INSERT INTO datasette_files
    (id, source_id, path, filename, content_type, content_hash, size, created_at, search_text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const words = database.prepare('INSERT INTO datasette_files_text (file_id, text) VALUES (?, ?)')
  let waiting = 0
  for (const file of makeFiles(files)) {
    if (waiting === 0) database.exec('BEGIN')
    const { id, path, filename, type, hash, size, createdAt, description, text } = file
    insert.run(id, FIRST_SOURCE_ID + file.source, path, filename, type, hash, size, createdAt, description)
    if (text !== '') words.run(id, text)
    waiting = (waiting + 1) % FILES_A_TRANSACTION
    if (waiting === 0) database.exec('COMMIT')
  }
  if (waiting > 0) database.exec('COMMIT')
  database.close()
}

/** Source after source, as they are synced. */
export function* makeFiles(files: number): Generator<MadeFile> {
  const large = Math.floor(files / 5)
  const each = Math.floor((files - large) / (SOURCES - 1))
  const random = randomNumbers(1)
  let made = 0
  for (let source = 1; source <= SOURCES; source += 1) {
    const many = source === 1 ? large : source === SOURCES ? files - made : each
    for (let n = 0; n < many; n += 1) {
      made += 1
      const { filename, type } = nameOf(random)
      const key = String(made).padStart(26, '0')
      yield {
        id: `df-${key}`,
        source,
        path: `${key}/${filename}`,
        filename,
        type,
        // One in a thousand is empty, and so the same as all others that are.
        hash: hashOf(random() < 0.001 ? 'empty' : key),
        size: Math.floor(random() * 10_000_000),
        createdAt: new Date(1_600_000_000_000 + made * 1_000).toISOString(),
        description: random() < 0.2 ? sentence(random, 8) : '',
        text: type === 'application/pdf' && random() < 0.5 ? sentence(random, 120) : '',
      }
    }
  }
}

export function hashOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

const COMMON = ['harbour', 'plan', 'the', 'of', 'survey', 'letter', 'photograph', 'north', 'tower', 'ship'] as const
const SYLLABLES = [
  'ka',
  'lo',
  'mi',
  'ren',
  'sta',
  'vik',
  'tor',
  'ben',
  'dra',
  'ul',
  'fen',
  'gos',
  'hal',
  'jor',
] as const

type Random = () => number

function nameOf(random: Random): { filename: string; type: string } {
  const kind = random()
  if (kind < 0.45) return { filename: `IMG_${digits(random, 5)}.jpg`, type: 'image/jpeg' }
  if (kind < 0.6) return { filename: `DSC${digits(random, 5)}.JPG`, type: 'image/jpeg' }
  if (kind < 0.75)
    return {
      filename: `Screenshot 2024-${digits(random, 2)}-${digits(random, 2)} ${word(random)}.png`,
      type: 'image/png',
    }
  if (kind < 0.9) return { filename: `${sentence(random, 3)} ${digits(random, 3)}.tif`, type: 'image/tiff' }
  return { filename: `${word(random)} report ${digits(random, 4)}.pdf`, type: 'application/pdf' }
}

function sentence(random: Random, length: number): string {
  return Array.from({ length }, () =>
    random() < 0.3 ? COMMON[Math.floor(random() * COMMON.length)] : word(random),
  ).join(' ')
}

/** One of some 40,000, the first few often. */
function word(random: Random): string {
  let made = ''
  for (let part = 0; part < 2 + Math.floor(random() * 3); part += 1)
    made += SYLLABLES[Math.floor(random() ** 2 * SYLLABLES.length)]
  return made
}

function digits(random: Random, length: number): string {
  return String(Math.floor(random() * 10 ** length)).padStart(length, '0')
}

/** Numbers from 0 to 1 that are the same in every run. */
function randomNumbers(seed: number): Random {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
