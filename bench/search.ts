import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createToken, startHoldall } from '../test/support/holdall.ts'
import { fillRegistry, hashOf, READABLE } from './support/registry.ts'
import { median, type Row } from './support/table.ts'

const WARM_UP = 2
const DEEP_PAGES = 40
/** The first finds the disk busy with what was made just before. */
const STARTS = 3

/** What people ask: common words and rare ones, beginnings, two words, a hash, an id, nothing, types, other orders. */
export const QUERIES: readonly Readonly<Record<string, string>>[] = [
  {},
  { content_type: 'images' },
  { content_type: 'application/pdf' },
  { source: 's0400' },
  { _sort: 'name' },
  { _sort: 'size' },
  { q: 'jpg' },
  { q: 'img' },
  { q: 'i' },
  { q: 'jpeg' },
  { q: 'image' },
  { q: 'screenshot' },
  { q: 'screensho' },
  { q: 'photograph' },
  { q: 'application' },
  { q: 'IMG_01234.jpg' },
  { q: '01234' },
  { q: '0123' },
  { q: 'kal' },
  { q: 'kalomiren' },
  { q: 'harbour plan' },
  { q: 'harbour plan survey letter' },
  { q: 'report pdf' },
  { q: 'jpg pdf' },
  { q: 'the of' },
  { q: 'harb', content_type: 'images' },
  { q: 'harb', content_type: 'documents', source: 's0001' },
  { q: 'tower', _sort: 'name' },
  { q: 'nothingatall' },
  { q: 'xyzzy jpg' },
  { q: hashOf('empty') },
  { q: hashOf('00000000000000000000000777') },
  { q: 'df-00000000000000000000000777' },
]
const DEEP: readonly Readonly<Record<string, string>>[] = [
  {},
  { q: 'jpg' },
  { q: 'harbour' },
  { _sort: 'name' },
  { content_type: 'images' },
]

/** P6: search and list as an actor who may browse 3 of 1,000 sources; P11: from the start of the process to an answer. */
export async function benchSearch(files: number, rounds: number, limits: { p50: number; p99: number }): Promise<Row[]> {
  const data = mkdtempSync(join(tmpdir(), 'holdall-bench-'))
  try {
    await (await startHoldall({ data })).stop()
    fillRegistry(data, files)
    const config = {
      sources: Object.fromEntries(
        READABLE.map((slug) => [slug, { storage: 'filesystem', config: { root: join(data, slug) } }]),
      ),
      permissions: { 'files-browse': Object.fromEntries(READABLE.map((slug) => [slug, { allow: { id: 'reader' } }])) },
    }
    const first = await startHoldall({ data, config })
    const token = await createToken(data, 'reader')
    // What our own `fetch` loads for its first request is no part of the server's start.
    await asker(first.url, token)({})
    await first.stop()
    const starts: number[] = []
    for (;;) {
      const began = performance.now()
      const server = await startHoldall({ data, config })
      const ask = asker(server.url, token)
      try {
        await ask({})
        starts.push(performance.now() - began)
        if (starts.length < STARTS) continue
        const times = await measure(ask, rounds)
        return [...rows(files, times, limits), startRow(files, median(starts))]
      } finally {
        await server.stop()
      }
    }
  } finally {
    rmSync(data, { recursive: true })
  }
}

type Ask = (parameters: Readonly<Record<string, string>>) => Promise<{ milliseconds: number; next: string | null }>

function asker(url: string, token: string): Ask {
  const headers = { Authorization: `Bearer ${token}` }
  return async (parameters) => {
    const began = performance.now()
    const answer = await fetch(`${url}/-/files/search.json?${new URLSearchParams(parameters)}`, { headers })
    const body = (await answer.json()) as { next: string | null }
    const milliseconds = performance.now() - began
    if (!answer.ok) throw new Error(`${JSON.stringify(parameters)}: ${answer.status} ${JSON.stringify(body)}`)
    return { milliseconds, next: body.next }
  }
}

async function measure(ask: Ask, rounds: number): Promise<Map<string, number[]>> {
  const questions = [...QUERIES]
  for (const query of DEEP) {
    let next: string | null = null
    for (let page = 0; page < DEEP_PAGES; page += 1) {
      const answer: { next: string | null } = await ask({
        ...query,
        _size: '200',
        ...(next !== null && { _next: next }),
      })
      if (answer.next === null) break
      next = answer.next
    }
    if (next !== null) questions.push({ ...query, _next: next })
  }
  const times = new Map<string, number[]>()
  for (let round = -WARM_UP; round < rounds; round += 1) {
    for (const question of questions) {
      const { milliseconds } = await ask(question)
      const { _next: next, ...asked } = question
      const name = `${new URLSearchParams(asked)}${next === undefined ? '' : ' deep'}`
      if (round >= 0) times.set(name, [...(times.get(name) ?? []), milliseconds])
    }
  }
  return times
}

function rows(files: number, times: ReadonlyMap<string, number[]>, limits: { p50: number; p99: number }): Row[] {
  const all = [...times.values()].flat().sort((a, b) => a - b)
  const [p50 = 0, p99 = 0] = [0.5, 0.99].map((part) => all[Math.floor(all.length * part)])
  const slowest = [...times]
    .map(([name, each]) => [name, median(each)] as const)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([name, milliseconds]) => `${name || 'everything'} ${milliseconds.toFixed(1)}`)
  const row = (what: string, value: number, limit: number, peer: string): Row => ({
    what: `P6 search over ${files.toLocaleString('en')} files, ${what}`,
    ours: `${value.toFixed(1)} ms`,
    peer,
    ratio: (value / limit).toFixed(2),
    target: `< ${limit} ms`,
    met: value < limit,
  })
  return [
    row('p50', p50, limits.p50, `${times.size} questions, 3 of 1,000 sources`),
    row('p99', p99, limits.p99, `slowest: ${slowest.join(', ')}`),
  ]
}

const START_LIMIT_MS = 600

function startRow(files: number, milliseconds: number): Row {
  return {
    what: `P11 start to first answer, ${files.toLocaleString('en')} files`,
    ours: `${milliseconds.toFixed(0)} ms`,
    peer: 'a limit',
    ratio: (milliseconds / START_LIMIT_MS).toFixed(2),
    target: `< ${START_LIMIT_MS} ms`,
    met: milliseconds < START_LIMIT_MS,
  }
}
