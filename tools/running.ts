import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'

/** What an `npm start` notes beside its data while its server runs. */
interface Note {
  readonly host: string
  readonly pid: number
  /** Tells the process from a later one with its id; null where the system does not say. */
  readonly started: string | null
  /** The databases, and what else was asked for: others are not taken for these. */
  readonly serves: string
  /** Null until it is served. */
  readonly url: string | null
}

/** The server that another `npm start` has begun on the same data; undefined when there is none. */
export function runningOn(data: string): Pick<Note, 'serves' | 'url'> | undefined {
  const note = read(data)
  return note !== undefined && isAlive(note) ? note : undefined
}

/** Notes the server for the next `npm start`, unless one that runs is noted there already. */
export function noteRunning(data: string, pid: number, serves: string, url: string | null): void {
  const note = read(data)
  if (note !== undefined && note.pid !== pid && isAlive(note)) return
  mkdirSync(data, { recursive: true })
  const own: Note = { host: hostname(), pid, started: startOf(pid), serves, url }
  writeFileSync(fileIn(data), `${JSON.stringify(own)}\n`)
}

/** Its server has ended. */
export function forgetRunning(data: string, pid: number): void {
  if (read(data)?.pid === pid) rmSync(fileIn(data), { force: true })
}

function read(data: string): Note | undefined {
  try {
    return JSON.parse(readFileSync(fileIn(data), 'utf8'))
  } catch {
    return undefined
  }
}

/** What a process left that was killed does not count, nor what came with a copied folder. */
function isAlive({ host, pid, started }: Note): boolean {
  if (host !== hostname()) return false
  if (started !== null) return startOf(pid) === started
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Clock ticks from boot to its start (field 22 of `/proc/{pid}/stat`); null elsewhere, and for what has ended. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The command, in parentheses, may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null)
  } catch {
    return null
  }
}

function fileIn(data: string): string {
  return join(data, 'npm-start.json')
}
