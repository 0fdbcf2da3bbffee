import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** Says which process something belongs to, across restarts: `{host}-{pid}-{start}`, of characters that suit a file name. */
export type ProcessId = string

/** Process ids come round again; with the time of its start a process is unmistakable. */
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8)

export const THIS_PROCESS: ProcessId = `${HOST}-${process.pid}-${startOf(process.pid) ?? 0}`

/** Whether the process still runs; `undefined` when it is of another host, or nothing that we would know. */
export function isAlive(id: ProcessId): boolean | undefined {
  const [, host, pid, start] = /^([0-9a-f]{8})-(\d+)-(\d+)$/.exec(id) ?? []
  if (host !== HOST || pid === undefined) return undefined
  const started = startOf(Number(pid))
  if (started !== undefined) return String(started) === start
  return start === '0' && answers(Number(pid))
}

/** Clock ticks from boot to the start of the process (field 22 of `/proc/{pid}/stat`); elsewhere than on Linux, unknown. */
function startOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The command, in parentheses, may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie runs no more, though nobody has collected it yet.
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : Number(fields[19])
  } catch {
    return undefined
  }
}

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
