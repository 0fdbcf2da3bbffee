import { createWriteStream } from 'node:fs'
import { createLog, type Log } from '../web/log.ts'
import type { CommandIo } from './arguments.ts'

/** How long lines may wait to be written together: a write to a terminal or a file blocks, and there is one a request. */
const GATHER_MS = 25

export interface LogOutput {
  readonly log: Log
  /** Writes what still waits. */
  flush(): void
}

/** @param path a file that lines are added to; standard error without one */
export function openLog(path: string | undefined, io: CommandIo): LogOutput {
  const out = path === undefined ? io.stderr : createWriteStream(path, { flags: 'a' })
  if (path !== undefined && 'on' in out) {
    out.on('error', (error) => io.stderr.write(`The log ${path} cannot be written: ${error.message}\n`))
  }
  let waiting = ''
  let timer: NodeJS.Timeout | undefined
  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    if (waiting !== '') out.write(waiting)
    waiting = ''
  }
  const log = createLog((line, level) => {
    waiting += line
    // What went wrong must be on disk even if the process dies of it.
    if (level === 'error') flush()
    else timer ??= setTimeout(flush, GATHER_MS)
  })
  return { log, flush }
}
