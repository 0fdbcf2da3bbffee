import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { describe, test } from 'node:test'
import { UploadError } from '@holdall/client'
import type { CommandIo } from './arguments.ts'
import { askNamesake } from './namesake.ts'
import { jsonReport, textReport } from './upload-report.ts'

const FILM = { name: 'film.mov', size: 1_000_000_000 }
const NOTE = { name: 'note.txt', size: 500 }
const STORED = {
  ok: true,
  file_id: 'df-1',
  filename: 'film.mov',
  content_type: null,
  size: 1,
  url: '/x',
  file: {},
} as const

function terminal(isTTY: boolean, columns = 80) {
  const out: string[] = []
  const err: string[] = []
  const io: CommandIo = {
    stdout: { write: (text: string) => out.push(text), isTTY, columns },
    stderr: { write: (text: string) => err.push(text) },
    env: {},
    signal: new AbortController().signal,
  }
  return { io, out, err, last: () => (err.at(-1) ?? '').replace('\r\u001b[K', '') }
}

function sending(sent: number, more: object = {}) {
  return { phase: 'sending' as const, sent, total: FILM.size, inFlight: 0, ...more }
}

describe('on a terminal', () => {
  test('one bar has the speed and the time that is left', () => {
    const { io, out, last } = terminal(true)
    let now = 0
    const report = textReport([FILM], io, () => now)
    report.progress(FILM, sending(0))
    now = 1_000
    report.progress(FILM, sending(200_000_000, { inFlight: 50_000_000, speed: 250_000_000 }))
    assert.equal(last(), '██████░░░░░░░░░░░░░░░░░░  25% film.mov · 250 MB/s · 3 s left')
    report.done(FILM, STORED)
    assert.equal(last(), '')
    assert.deepEqual(out, ['df-1  film.mov  1.0 GB\n'])
  })

  test('a file that is called like a dataset is asked about until it is said what becomes of it', async () => {
    const [created_at, updated_at] = ['2026-11-20T10:00:00.000Z', '2026-11-21T10:00:00.000Z']
    const last = { id: 'there', filename: 'film.parquet', row_count: 620, created_at, updated_at }
    const answered = async (typed: string) => {
      const { io, err } = terminal(true)
      const into = await askNamesake('film.csv', { datasets: 1, last }, { ...io, stdin: PassThrough.from([typed]) })
      return { into, said: err.join('') }
    }
    const { into, said } = await answered('what?\nA\n')
    assert.deepEqual(into, { dataset: 'there', mode: 'append' })
    assert.match(
      said,
      /^“film” is here already\. It has 620 rows and was changed on 21 November 2026\. Nothing is sent yet\.\n/,
    )
    assert.equal(said.split('What shall become of film.csv?').length, 3)
    assert.deepEqual((await answered('replace\n')).into, { dataset: 'there', mode: 'replace' })
    assert.equal((await answered('m\n')).into, undefined)
    for (const typed of ['c\n', '']) await assert.rejects(answered(typed), /Nothing was sent\./)
  })

  test('several files have one bar', () => {
    const { io, out, last } = terminal(true)
    let now = 0
    const report = textReport([FILM, NOTE], io, () => now)
    report.done(NOTE, STORED)
    now = 1_000
    report.progress(FILM, sending(499_999_750, { speed: 100_000_000 }))
    assert.equal(last(), '████████████░░░░░░░░░░░░  50% 1 of 2 files · 100 MB/s · 5 s left')
    report.there(FILM, STORED)
    report.counted({ uploaded: 1, there: 1, failed: 0 })
    assert.deepEqual(out.slice(1), ['already there: df-1  film.mov  1.0 GB\n'])
    assert.equal(last(), '1 uploaded, 1 already there.\n')
  })

  test('whoever has no token is told where tokens come from', () => {
    const { io, last } = terminal(true)
    const denied = new UploadError('sign_in_required', 'Sign in to do this: files-upload is needed.', { status: 401 })
    textReport([FILM], io).failed(FILM, denied)
    assert.match(
      last(),
      /^film\.mov: Sign in to do this.* "holdall token create NAME".* HOLDALL_TOKEN or after --token\.\n$/,
    )
  })

  test('what holds it up is said', () => {
    const { io, last } = terminal(true)
    let now = 0
    const report = textReport([FILM], io, () => now)
    report.progress(FILM, sending(0, { compared: 64_000_000 }))
    assert.match(last(), /film\.mov · comparing with what is there, 64\.0 MB$/)
    now = 1_000
    report.progress(FILM, sending(0, { phase: 'waiting', retryIn: 8 }))
    assert.match(last(), /film\.mov · no answer, tried again in 8 s$/)
    now = 2_000
    report.progress(FILM, sending(FILM.size, { phase: 'finishing' }))
    assert.match(last(), /100% film\.mov · the server is checking it$/)
    report.progress(FILM, sending(0, { to: 'storage', speed: 6_300_000 }))
    now = 14_000
    report.progress(FILM, sending(0, { to: 'storage', still: true }))
    assert.match(last(), /film\.mov · the storage has been silent for 12 s$/)
  })

  test('when all has left, what is waited for is said instead of a speed', () => {
    const { io, last } = terminal(true, 120)
    let now = 0
    const report = textReport([FILM], io, () => now)
    const left = { inFlight: 24_000_000, to: 'storage', speed: 808_000 }
    report.progress(FILM, sending(FILM.size - 24_000_000, left))
    assert.match(last(), /100% film\.mov · waiting until 24\.0 MB are confirmed$/)
    now = 12_000
    report.progress(FILM, sending(FILM.size - 24_000_000, { ...left, still: true }))
    assert.match(last(), /100% film\.mov · waiting until 24\.0 MB are confirmed · 12 s$/)
    report.progress(FILM, sending(FILM.size - 24_000_000, { ...left, again: 1 }))
    assert.match(last(), /100% film\.mov · 1 part is sent again · waiting until 24\.0 MB are confirmed$/)
    report.progress(FILM, sending(FILM.size - 24_000_000, { ...left, phase: 'waiting', retryIn: 4 }))
    assert.match(last(), /100% film\.mov · no answer, tried again in 4 s$/)
    report.progress(FILM, sending(FILM.size, { phase: 'finishing', speed: 808_000 }))
    assert.match(last(), /100% film\.mov · the server is checking it$/)
  })

  test('that parts are sent again is said beside the speed', () => {
    const { io, last } = terminal(true, 120)
    let now = 0
    const report = textReport([FILM], io, () => now)
    const again = { inFlight: 80_000_000, to: 'storage', again: 2 }
    report.progress(FILM, sending(900_000_000, { ...again, speed: 10_000_000 }))
    assert.match(last(), / 98% film\.mov · 2 parts are sent again · 10\.0 MB\/s · 2 s left$/)
    now = 7_000
    report.progress(FILM, sending(900_000_000, { ...again, still: true }))
    assert.match(last(), / 98% film\.mov · 2 parts are sent again · the storage has been silent for 7 s$/)
  })

  test('a line that would wrap is cut', () => {
    const { io, last } = terminal(true, 40)
    textReport([{ ...FILM, name: `${'long'.repeat(20)}.mov` }], io).progress(FILM, sending(1))
    assert.equal(last().length, 39)
    assert.ok(last().endsWith('…'))
  })
})

describe('elsewhere', () => {
  test('a long upload says now and then that it lives, a short one nothing', () => {
    const { io, err } = terminal(false)
    let now = 0
    const report = textReport([FILM], io, () => now)
    for (; now <= 25_000; now += 100) report.progress(FILM, sending(now * 10_000, { speed: 10_000_000 }))
    assert.deepEqual(err, ['film.mov, 10%, 10.0 MB/s, 90 s left\n', 'film.mov, 20%, 10.0 MB/s, 80 s left\n'])
  })

  test('what is there already is said once', () => {
    const { io, err } = terminal(false)
    const report = textReport([FILM], io, () => 0)
    report.progress(FILM, sending(0, { compared: 1 }))
    report.progress(FILM, sending(400_000_000))
    report.progress(FILM, sending(410_000_000))
    assert.deepEqual(
      err,
      ['film.mov: going on, 400 of 1,000 MB are there already.\n'].map((line) =>
        line.replace('400 of 1,000 MB', '400 MB of 1.0 GB'),
      ),
    )
  })

  test('a failure whose parts are kept says how to go on', () => {
    const { io, err } = terminal(false)
    const error = new UploadError('connection_broken', 'The connection broke.')
    textReport([FILM], io).failed(FILM, error)
    error.sessionUrl = '/session'
    textReport([FILM], io).failed(FILM, error)
    assert.deepEqual(err, [
      'film.mov: The connection broke.\n',
      'film.mov: The connection broke. Run the same command again to go on.\n',
    ])
  })
})

test('for programs, each event is a line of JSON, and progress one for each percent', () => {
  const { io, out } = terminal(false)
  const report = jsonReport(io)
  report.progress(FILM, sending(0, { compared: 1 }))
  for (let sent = 0; sent <= FILM.size; sent += FILM.size / 1_000) report.progress(FILM, sending(sent, { speed: 5.4 }))
  report.done(FILM, STORED)
  report.failed(NOTE, new UploadError('file_changed', 'It changed.'))
  const events = out.map((line) => JSON.parse(line))
  assert.equal(events.length, 101 + 2)
  assert.deepEqual(events[1], {
    event: 'progress',
    filename: 'film.mov',
    phase: 'sending',
    sent: 10_000_000,
    total: FILM.size,
    speed: 5,
  })
  assert.deepEqual(events.slice(-2), [
    { event: 'done', file_id: 'df-1', filename: 'film.mov', size: FILM.size, url: '/x' },
    { event: 'failed', filename: 'note.txt', code: 'file_changed', error: 'It changed.', resumable: false },
  ])
})
