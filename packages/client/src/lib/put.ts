import { addressOf, isOwn, parse } from './call.ts'
import { fileChanged, UploadError } from './error.ts'
import { follow } from './follow.ts'
import { gate } from './gate.ts'
import { keptOut } from './kept-out.ts'
import { createRate } from './rate.ts'
import { persist } from './retry.ts'
import type { PutPlan, Sessions } from './sessions.ts'
import { storedFile } from './stored.ts'
import type { Answer, StoredFile, UploadOptions, UploadProgress, UploadSource, UploadTarget } from './types.ts'
import { Broken, STALL_TIMEOUT, watched } from './watch.ts'

/** The header that says that the bytes go to Holdall itself, which then wants to know who sends them. */
const TOKEN_HEADER = 'X-Upload-Token'
/** Milliseconds: a storage that takes a body of many gigabytes has much to flush before it answers. */
const ANSWER_TIMEOUT = 600_000
const PASSING_STATUS = new Set([408, 425, 429, 500, 502, 503, 504])
/** How often a plan is made anew when its address is no longer good, or its bytes are not where they should be. */
const MOST_PLANS = 3

/** What one `prepare` planned, one body carries, and `complete` makes a file of: each of the three may be done again. */
export async function uploadPrepared(
  file: UploadSource,
  first: PutPlan,
  target: UploadTarget,
  { onProgress, stallTimeout = STALL_TIMEOUT, retries }: UploadOptions,
  sessions: Sessions,
  signal: AbortSignal,
): Promise<StoredFile> {
  const rate = createRate()
  let unheard = 0
  let to: UploadProgress['to'] = 'server'
  function moved(sent: number): void {
    if (sent > 0) rate.add(sent)
    const speed = rate.perSecond()
    onProgress?.({
      phase: sent >= file.size ? 'finishing' : 'sending',
      sent,
      total: file.size,
      to,
      ...(speed !== undefined && { speed }),
    })
  }

  async function put(plan: PutPlan): Promise<'sent' | 'refused'> {
    const leave = await gate.enter('whole', signal)
    try {
      rate.reset()
      const address = addressOf(target, plan.url)
      to = isOwn(target, address) ? 'server' : 'storage'
      moved(0)
      const answer = await watched({
        method: 'PUT',
        url: address.href,
        headers: putHeaders(plan, file, target),
        body: file,
        size: file.size,
        signal,
        stallTimeout,
        answerTimeout: ANSWER_TIMEOUT,
        onSent: moved,
      })
      return outcomeOf(answer)
    } catch (error) {
      if (!(error instanceof Broken)) throw error
      if (error.nothingSent) unheard += 1
      throw (unheard > 1 && (await keptOut(error.url, target))) || explain(file, error)
    } finally {
      leave()
    }
  }

  const patience = {
    signal,
    ...(retries !== undefined && { retries }),
    onPause: (retryIn: number) => onProgress?.({ phase: 'waiting', sent: 0, total: file.size, retryIn }),
  }
  let plan = first
  for (let plans = 1; ; plans += 1) {
    const used = plan
    if ((await persist(() => put(used), patience)) === 'sent') {
      try {
        const { status, body } = await sessions.completeByToken(used.token)
        if (status !== 202) return storedFile(body.file)
        return await follow(String(body.status_url), target, signal)
      } catch (error) {
        if (!(error instanceof UploadError) || error.code !== 'upload_not_received' || plans >= MOST_PLANS) throw error
      }
    } else if (plans >= MOST_PLANS) {
      throw new UploadError('storage_refused', 'The storage refuses the address that the server gave for the file.')
    }
    const next = await sessions.prepare(file, ['PUT'])
    if ('partSize' in next) throw new UploadError('bad_answer', 'The server plans parts, which were not asked for.')
    plan = next
  }
}

function putHeaders(plan: PutPlan, file: UploadSource, target: UploadTarget): Record<string, string> {
  if (!(TOKEN_HEADER in plan.headers)) return { ...plan.headers }
  return {
    accept: 'application/json',
    'content-type': file.type || 'application/octet-stream',
    ...(target.token !== undefined && { authorization: `Bearer ${target.token}` }),
    ...plan.headers,
  }
}

function outcomeOf({ status, text, retryAfter }: Answer): 'sent' | 'refused' {
  const json = parse(text)
  // A try that seemed to break had arrived.
  if ((status >= 200 && status < 300) || json?.code === 'upload_already_received') return 'sent'
  const busy = json?.code === 'upload_in_progress'
  if (status === 403 && json === null) return 'refused'
  const said = typeof json?.error === 'string' ? json.error : /<Message>([^<]{1,500})/.exec(text)?.[1]
  throw new UploadError(
    typeof json?.code === 'string' ? json.code : 'storage_refused',
    said ?? `The storage answered ${status} without saying why.`,
    { status, retryAfter, retryable: busy || PASSING_STATUS.has(status) },
  )
}

function explain(file: UploadSource, { stalled, cause }: Broken): UploadError {
  if (cause instanceof UploadError) return cause
  if (cause instanceof Error && cause.name === 'NotReadableError') return fileChanged(file.name, cause)
  return new UploadError(
    stalled ? 'stalled' : 'connection_broken',
    'The connection broke. Retry sends the file again.',
    { cause, retryable: true },
  )
}
