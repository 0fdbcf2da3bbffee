import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, type ProcessId, THIS_PROCESS } from '../sources/process.ts'

/** A server of the data directory a line, the newest first: its address, and the process. */
const FILE = 'address'

interface Known {
  readonly url: string
  readonly process: ProcessId
}

/** Notes where this server of the data directory is reached, for the commands that print links to it. */
export function rememberAddress(data: string, url: string): void {
  const others = known(data).filter(({ process }) => process !== THIS_PROCESS && isAlive(process))
  const lines = [{ url, process: THIS_PROCESS }, ...others].map((one) => `${one.url} ${one.process}\n`)
  writeFileSync(join(data, FILE), lines.join(''))
}

/**
 * Where the newest server that runs is reached, with `base_url`, or else where one was reached last; undefined when none
 * has ever run.
 */
export function rememberedAddress(data: string): string | undefined {
  const all = known(data)
  return (all.find(({ process }) => isAlive(process)) ?? all[0])?.url
}

function known(data: string): Known[] {
  try {
    return readFileSync(join(data, FILE), 'utf8')
      .split('\n')
      .flatMap((line) => {
        const [url = '', process = ''] = line.split(' ')
        return URL.canParse(url) ? [{ url, process }] : []
      })
  } catch {
    return []
  }
}
