import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FILE = 'address'

/** Notes where the server of this data directory was last reached, for the commands that print links to it. */
export function rememberAddress(data: string, url: string): void {
  writeFileSync(join(data, FILE), `${url}\n`)
}

/** Where the server was last reached, with `base_url`; undefined when it has never run. */
export function rememberedAddress(data: string): string | undefined {
  try {
    const url = readFileSync(join(data, FILE), 'utf8').trim()
    return URL.canParse(url) ? url : undefined
  } catch {
    return undefined
  }
}
