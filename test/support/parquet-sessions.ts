import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerJson, type Gallery, type Received } from 'holdall/testing'

type Session = Readonly<Record<string, unknown>>

const BASE = /^\/public\/uploads\/[^/]+\/visitors\/multipart/

/** What the server says of an upload, as its API does. @param at minutes ago that it began */
export function session(upload_id: string, more: Session = {}, at = 5): Session {
  const created = Date.now() - at * 60_000
  return {
    upload_id,
    filename: `${upload_id}.parquet`,
    status: 'completing',
    completion_status: 'inferring',
    total_size: 1_234_567_890,
    part_count: 148,
    part_size: 8_388_608,
    bytes_received: 1_234_567_890,
    created_at: new Date(created).toISOString(),
    updated_at: new Date(created + 105_000).toISOString(),
    parquet_schema_preview: null,
    dataset_id: '7c1e90ab-4444-5555-8888-999999999999',
    table_name: null,
    completion_steps_log: stepsLog(created + 98_000, 'infer'),
    failure_reason: null,
    retryable: false,
    is_own: true,
    ...more,
  }
}

/** One that failed at `step`. */
export function failed(upload_id: string, step: string, exc_str: string, more: Session = {}): Session {
  const log = stepsLog(Date.now() - 60_000, step)
  const end = { step, phase: 'end', finished_at: new Date(Date.now() - 53_000).toISOString(), status: 'failed' }
  return session(upload_id, {
    status: 'failed',
    completion_status: 'failed',
    failure_reason: { step, exc_str, at: new Date().toISOString() },
    completion_steps_log: [...log, end],
    ...more,
  })
}

export function registered(one: Session): Session {
  const at = Date.now() - 30_000
  const ends = [
    ...stepsLog(at, 'infer'),
    ...entriesOf('infer', at + 6_000, 9_000),
    ...entriesOf('register', at + 15_000, 800),
  ]
  return {
    ...one,
    status: 'completed',
    completion_status: 'registered',
    table_name: 't_7c1e90ab_gallery_visits',
    parquet_schema_preview: {
      columns: [...'abcdefgh'],
      schema_fields: [],
      row_count: 48_219_604,
      num_row_groups: 393,
      size_bytes: 1,
    },
    completion_steps_log: ends,
  }
}

/** The steps before `until`, and its beginning. */
function stepsLog(at: number, until: string): Session[] {
  const steps = ['combine', 'infer', 'register']
  return steps
    .slice(0, steps.indexOf(until) + 1)
    .flatMap((step, index) => entriesOf(step, at + index * 6_000, 6_000).slice(0, step === until ? 1 : 2))
}

function entriesOf(step: string, at: number, took: number): Session[] {
  return [
    { step, phase: 'start', started_at: new Date(at).toISOString(), status: 'running' },
    { step, phase: 'end', finished_at: new Date(at + took).toISOString(), status: 'ok' },
  ]
}

/** A server of sessions behind the gallery's pages. `sessions` may be changed at any time. */
export interface Sessions {
  readonly sessions: Map<string, Session>
  /** Answers first; true means that it did. */
  refuse: ((call: Received, response: ServerResponse<IncomingMessage>) => boolean) | null
}

export function serveSessions(gallery: Gallery, first: readonly Session[] = []): Sessions {
  const served: Sessions = { sessions: new Map(first.map((one) => [String(one.upload_id), one])), refuse: null }
  const { sessions } = served
  gallery.intercept = (call, response) => {
    if (served.refuse?.(call, response)) return true
    const { method, path } = call
    const rest = BASE.test(path) ? path.replace(BASE, '') : null
    if (rest === null) return false
    const [, id = '', what] = rest.split('/')
    const found = sessions.get(id)
    if (method === 'GET' && rest === '') {
      const wanted = call.query.get('status')
      answerJson(response, 200, {
        ok: true,
        uploads: [...sessions.values()].filter(({ status }) => status === wanted),
        next: null,
      })
    } else if (rest === '/init') answerJson(response, 200, { ok: true, ...begin(sessions, call) })
    else if (found === undefined)
      answerJson(response, 404, {
        ok: false,
        error: 'Multipart upload session not found.',
        code: 'multipart_session_not_found',
      })
    else if (method === 'GET' && what === 'parts') answerJson(response, 200, { ok: true, parts: [], next: null })
    else if (method === 'GET') answerJson(response, 200, { ok: true, ...found })
    else if (method === 'DELETE') {
      sessions.set(id, { ...found, status: 'aborted' })
      answerJson(response, 200, { ok: true, upload_id: id, status: 'aborted' })
    } else if (what === 'parts') answerJson(response, 200, { ok: true, part_urls: addresses(call, id) })
    else {
      sessions.set(id, { ...found, status: 'completing', completion_status: 'combining', failure_reason: null })
      answerJson(response, 202, { ok: true, upload_id: id })
    }
    return true
  }
  return served
}

const PART = 5_000_000

function begin(sessions: Map<string, Session>, { body }: Received): Session {
  const { filename, total_size } = JSON.parse(body.toString()) as { filename: string; total_size: number }
  const id = `sent-${sessions.size}`
  const part_count = Math.ceil(total_size / PART)
  const made = session(
    id,
    {
      filename,
      total_size,
      part_count,
      part_size: PART,
      status: 'initiated',
      completion_status: null,
      completion_steps_log: [],
      bytes_received: 0,
    },
    0,
  )
  sessions.set(id, made)
  return { ...made, checksum: null, part_urls: [] }
}

function addresses({ body }: Received, id: string): Session[] {
  const { part_numbers } = JSON.parse(body.toString()) as { part_numbers: number[] }
  return part_numbers.map((part_number) => ({
    part_number,
    url: `/museum/parts/${id}/${part_number}`,
    headers: {},
    expires_in: 3600,
  }))
}
