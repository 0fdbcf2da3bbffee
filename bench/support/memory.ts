import { readdirSync, readFileSync } from 'node:fs'

const SAMPLE_MS = 50

/** Resident bytes of a process and all its descendants, from /proc. */
export function residentBytes(pid: number): number {
  const children = new Map<number, number[]>()
  const resident = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const status = readFileSync(`/proc/${name}/status`, 'utf8')
      const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1])
      resident.set(Number(name), Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024)
      children.set(parent, [...(children.get(parent) ?? []), Number(name)])
    } catch {
      // it ended between the listing and the reading
    }
  }
  const total = (process: number): number =>
    (resident.get(process) ?? 0) + (children.get(process) ?? []).map(total).reduce((sum, bytes) => sum + bytes, 0)
  return total(pid)
}

/** The highest `residentBytes` seen until `stop`. */
export function watchMemory(pid: number): { stop(): number } {
  let peak = residentBytes(pid)
  const timer = setInterval(() => {
    peak = Math.max(peak, residentBytes(pid))
  }, SAMPLE_MS)
  return {
    stop() {
      clearInterval(timer)
      return Math.max(peak, residentBytes(pid))
    },
  }
}
