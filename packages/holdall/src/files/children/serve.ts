import { closeSync, openSync, readSync, writeFileSync } from 'node:fs'
import { type Frame, frameHead, readFrames } from './frames.ts'
import type { Part } from './protocol.ts'

const MAX_PAYLOAD = 2 ** 32
const MAX_REASON = 500
/** Memory that keeps for the next file what it was given by the system, which takes longer to give it than to fill it. */
const KEPT_BYTES = 32 * 1024 * 1024

export interface Answer {
  readonly header: Readonly<Record<string, unknown>>
  readonly payload?: Buffer
}

/** Asks the server for a part of the file. One at a time: whoever asks meanwhile waits. */
export type Ask = (part: Part) => Promise<Buffer>

/**
 * Does the jobs that come in on stdin, one after the other, and answers on stdout. Runs in a process of its own, which its
 * parent kills when it takes too long or too much memory, and which ends itself when the parent is gone.
 */
export async function serveJobs(work: (frame: Frame, ask: Ask) => Promise<Answer>): Promise<void> {
  volunteer()
  let busy = false
  // Native code cannot be interrupted, and would keep an orderly exit waiting.
  process.stdin.on('close', () => {
    if (busy) process.kill(process.pid, 'SIGKILL')
  })
  const frames = readFrames(process.stdin, MAX_PAYLOAD)
  let asked: Promise<unknown> = Promise.resolve()

  const ask: Ask = (part) => {
    const answer = asked.then(async () => {
      send({ header: { want: part } })
      const { value, done } = await frames.next()
      if (done) throw new Error('The server is gone')
      return value.payload
    })
    asked = answer.catch(() => undefined)
    return answer
  }

  async function answerTo(frame: Frame): Promise<Answer> {
    const file = frame.header.file as OpenFile | undefined
    if (file === undefined) return await work(frame, ask).catch(refusal)
    let fd: number
    try {
      fd = openSync(file.path, 'r')
    } catch {
      return { header: { ok: false, unopened: true } }
    }
    let payload: Buffer
    try {
      payload = contentsOf(fd, file.bytes)
    } catch (error) {
      return { header: { ...refusal(error).header, unreadable: true } }
    } finally {
      closeSync(fd)
    }
    return await work({ ...frame, payload }, ask).catch(refusal)
  }

  for (;;) {
    const { value, done } = await frames.next()
    if (done) return
    busy = true
    const answer = await answerTo(value)
    // A part that nobody waits for any more must not be taken for the next job.
    await asked
    send(answer)
    busy = false
  }
}

/** A file that the server has open, in which the bytes of a job are that it did not send. */
interface OpenFile {
  readonly path: string
  readonly bytes: number
}

let kept = Buffer.alloc(0)

/** Good until the next file is read. */
function contentsOf(fd: number, bytes: number): Buffer {
  if (kept.length < bytes && bytes <= KEPT_BYTES) kept = Buffer.allocUnsafeSlow(bytes)
  const contents = bytes <= KEPT_BYTES ? kept.subarray(0, bytes) : Buffer.allocUnsafeSlow(bytes)
  for (let filled = 0; filled < bytes; ) {
    const read = readSync(fd, contents, filled, bytes - filled, filled)
    if (read === 0) throw new Error('The storage gave fewer bytes than the file has')
    filled += read
  }
  if (readSync(fd, Buffer.alloc(1), 0, 1, bytes) > 0) throw new Error('The storage gave more bytes than the file has')
  return contents
}

/** When memory runs out, this process goes first. */
function volunteer(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000')
  } catch {
    // Not Linux, or not allowed.
  }
}

function refusal(error: unknown): Answer {
  return { header: { ok: false, reason: error instanceof Error ? error.message.slice(0, MAX_REASON) : 'unknown' } }
}

function send({ header, payload = Buffer.alloc(0) }: Answer): void {
  process.stdout.write(frameHead(header, payload.length))
  process.stdout.write(payload)
}
