import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { type Frame, frameHead, readFrames } from './frames.ts'
import type { Part } from './protocol.ts'

/** An answer is a thumbnail, a page of facts or the words of a document; more than this is none of them. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024
const MEMORY_CHECK_MS = 50
/** Whether a child can open what we have open; Linux may be told to forbid it. */
let sharesOpenFiles = process.platform === 'linux'
const DIED = 'The process that reads files died'
/** Of one part that a child asks for. */
const MAX_PART_BYTES = 64 * 1024 * 1024
/** All that a child gets of the server's environment: where libraries are, never what is secret. */
const ENVIRONMENT = ['LD_LIBRARY_PATH', 'NODE_COMPILE_CACHE', 'PATH', 'SystemRoot', 'TMPDIR'] as const

/** What runs in a child. */
export interface ChildProgram {
  /** A path. */
  readonly script: string
  readonly env?: Readonly<Record<string, string>>
  /** The folder in which it works; the server's without it. */
  readonly folder?: string
  /** What the system itself refuses it; on Linux only. */
  readonly system?: SystemLimits
}

export interface SystemLimits {
  /** Of memory that it asks for, resident or not. */
  readonly dataBytes: number
  /** Of each file that it writes. */
  readonly fileBytes: number
}

export interface ChildLimits {
  /** Of one job, from its first byte to the last of the answer. */
  readonly timeoutMs: number
  /** Resident memory of the child; watched on Linux only. */
  readonly memoryBytes: number
}

export type FailureKind =
  /** The bytes are not what they should be, and will not become it. */
  | 'refused'
  | 'timeout'
  | 'memory'
  | 'crashed'
  /** The storage failed while the bytes were read. */
  | 'source'
  /** Nobody looked at the bytes: the server is stopping, or has too much to do. */
  | 'unavailable'

/** Why a child gave no answer. Only `refused` says something about the bytes. */
export class ChildFailure extends Error {
  readonly kind: FailureKind

  constructor(kind: FailureKind, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'ChildFailure'
    this.kind = kind
  }
}

/** The bytes of a job, and how many they are. */
export interface Body {
  readonly bytes: number
  readonly stream: AsyncIterable<Uint8Array>
  /** The same bytes as a file that this process has open; where it can, a child reads it instead of `stream`. */
  readonly fd?: number
  /** Gives exactly this part of the file, for children that ask for what they need instead of being sent everything. */
  readonly part?: (part: Part) => Promise<Uint8Array>
  /** What a child tells of its work before it answers. */
  readonly onTold?: (told: unknown) => void
}

export interface Child {
  readonly alive: boolean
  /** Resident memory in bytes; 0 where that cannot be known. */
  memory(): number
  /**
   * One job at a time. A child that failed in any way but `refused` has been killed.
   *
   * @param timeoutMs for this job, where it is not what its limits say
   * @throws ChildFailure
   */
  run(job: object, body: Body, timeoutMs?: number): Promise<Frame>
  kill(): void
  readonly ended: Promise<void>
}

export function startChild(program: ChildProgram, limits: ChildLimits): Child {
  const { memoryBytes } = limits
  const { env, folder } = program
  const [command, ...words] = commandOf(program)
  const child = spawn(command, words, {
    ...(folder !== undefined && { cwd: folder }),
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      ...Object.fromEntries(ENVIRONMENT.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
      ...env,
    },
    windowsHide: true,
  })
  const { stdin, stdout } = child
  const answers = readFrames(stdout, MAX_ANSWER_BYTES)
  let alive = true
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve())
    child.once('close', () => resolve())
  }).then(() => {
    alive = false
  })
  // A write to a child that has died is reported by its answer that never comes.
  stdin.on('error', () => {})
  stdout.on('error', () => {})
  hold(child, false)

  function kill(): void {
    alive = false
    child.kill('SIGKILL')
    // Whoever waits for its end must not find the event loop empty before it comes.
    hold(child, true)
  }

  async function exchange(job: object, body: Body): Promise<Frame> {
    const sending = body.fd !== undefined && sharesOpenFiles ? sendOpen(job, body.fd, body.bytes) : send(job, body)
    let [answer] = await Promise.all([answers.next(), sending])
    for (;;) {
      if (answer.done) throw new ChildFailure('crashed', DIED)
      const { want, unopened, told } = answer.value.header
      if (told !== undefined) {
        body.onTold?.(told)
        answer = await answers.next()
        continue
      }
      if (unopened === true) {
        sharesOpenFiles = false
        return await exchange(job, body)
      }
      if (want === undefined) return answer.value
      const bytes = await partOf(body, want)
      ;[answer] = await Promise.all([answers.next(), send({}, { bytes: bytes.length, stream: once(bytes) })])
    }
  }

  /** The bytes are read once, and not by us. */
  async function sendOpen(job: object, fd: number, bytes: number): Promise<void> {
    await write(frameHead({ ...job, file: { path: `/proc/${process.pid}/fd/${fd}`, bytes } }, 0))
  }

  async function send(job: object, { bytes, stream }: Body): Promise<void> {
    await write(frameHead({ ...job }, bytes))
    let left = bytes
    try {
      for await (const chunk of stream) {
        left -= chunk.length
        if (left < 0) throw new Error('The storage gave more bytes than the file has')
        await write(chunk)
      }
      if (left > 0) throw new Error('The storage gave fewer bytes than the file has')
    } catch (error) {
      throw error instanceof ChildFailure ? error : new ChildFailure('source', 'The bytes could not be read', error)
    }
  }

  function write(chunk: Uint8Array): Promise<void> | undefined {
    if (!alive || stdin.destroyed) throw new ChildFailure('crashed', DIED)
    if (stdin.write(chunk)) return undefined
    return new Promise((resolve) => {
      const done = () => {
        stdin.off('drain', done).off('close', done)
        resolve()
      }
      stdin.on('drain', done).on('close', done)
    })
  }

  return {
    get alive() {
      return alive
    },
    memory: () => residentMemory(child.pid),
    async run(job, body, timeoutMs = limits.timeoutMs) {
      hold(child, true)
      const broken = Promise.withResolvers<never>()
      const end = (kind: FailureKind, message: string) => {
        broken.reject(new ChildFailure(kind, message))
        kill()
      }
      const timer = setTimeout(() => end('timeout', `Not done within ${timeoutMs} ms`), timeoutMs)
      const watch = setInterval(() => {
        if (residentMemory(child.pid) > memoryBytes) end('memory', `More than ${memoryBytes} bytes of memory`)
      }, MEMORY_CHECK_MS)
      ended.then(() => broken.reject(new ChildFailure('crashed', DIED)))
      try {
        // A storage that never answers must not keep the place of a child that is gone.
        const answer = await Promise.race([exchange(job, body), broken.promise])
        if (answer.header.unreadable === true) throw new ChildFailure('source', String(answer.header.reason))
        if (answer.header.ok !== true) throw new ChildFailure('refused', String(answer.header.reason))
        return answer
      } catch (error) {
        const known = error instanceof ChildFailure ? error : new ChildFailure('crashed', 'The child broke off', error)
        if (known.kind !== 'refused') kill()
        throw known
      } finally {
        broken.promise.catch(() => {})
        clearTimeout(timer)
        clearInterval(watch)
        hold(child, false)
      }
    },
    kill,
    ended,
  }
}

/** A process can limit itself only before it begins, which a shell does for it. */
function commandOf({ script, system }: ChildProgram): [string, ...string[]] {
  const command: [string, ...string[]] = [process.execPath, '--disable-warning=ExperimentalWarning', script]
  if (system === undefined || process.platform !== 'linux') return command
  const data = Math.ceil(system.dataBytes / 1024)
  const file = Math.ceil(system.fileBytes / 512)
  // What cannot be set may be lower already; only to run without any limit is refused.
  const limits = [`d ${data}`, `f ${file}`].map(
    (limit) => `ulimit -${limit} 2>/dev/null || [ "$(ulimit -${limit[0]})" != unlimited ] || exit 1; `,
  )
  return ['/bin/sh', '-c', `ulimit -c 0; ${limits.join('')}exec "$0" "$@"`, ...command]
}

/** What a child asks for may be anything: strangers' bytes decide it. */
async function partOf({ part }: Body, want: unknown): Promise<Uint8Array> {
  const { offset, length } = want as Part
  if (part === undefined || !isCount(offset) || !isCount(length) || length > MAX_PART_BYTES) {
    throw new ChildFailure('crashed', 'The child asked for a part that there is not')
  }
  try {
    return await part({ offset, length })
  } catch (error) {
    throw new ChildFailure('source', 'The bytes could not be read', error)
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

async function* once(bytes: Uint8Array) {
  yield bytes
}

/** An idle child does not keep the server from ending. */
function hold(child: ChildProcess, held: boolean): void {
  for (const part of [child, child.stdin as Socket | null, child.stdout as Socket | null]) {
    if (held) part?.ref?.()
    else part?.unref?.()
  }
}

function residentMemory(pid: number | undefined): number {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
    return Number(kilobytes ?? 0) * 1024
  } catch {
    return 0
  }
}
