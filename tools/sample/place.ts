import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Sample {
  readonly database: string
  readonly config: string
  readonly data: string
  readonly log: string
  readonly picturesToTry: string
}

export interface State {
  /** The sample's files are all in place. */
  complete: boolean
  /** File ids by name. */
  sent: Record<string, string>
}

/** Where the sample in `folder` lies. */
export function sampleIn(folder: string): Sample {
  return {
    database: join(folder, 'collection.db'),
    config: join(folder, 'holdall.yaml'),
    data: join(folder, 'data'),
    log: join(folder, 'holdall.log'),
    picturesToTry: join(folder, 'pictures-to-try'),
  }
}

/** Whether the database and its configuration are there. */
export function isMade(folder: string): boolean {
  const { database, config } = sampleIn(folder)
  return existsSync(database) && existsSync(config)
}

/** Whether files of the sample have yet to be sent to the server. */
export function isIncomplete(folder: string): boolean {
  return !readState(folder).complete
}

/** What has been done of the sample in `folder`. */
export function readState(folder: string): State {
  const path = statePath(folder)
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { complete: false, sent: {} }
}

export function writeState(folder: string, state: State): void {
  writeFileSync(`${statePath(folder)}.new`, `${JSON.stringify(state, null, 2)}\n`)
  renameSync(`${statePath(folder)}.new`, statePath(folder))
}

/** Where the server of this data directory was last reached; undefined when it has never run. */
export function addressIn(data: string): string | undefined {
  const path = join(data, 'address')
  return existsSync(path) ? readFileSync(path, 'utf8').split(/\s/)[0]?.replace(/\/$/, '') : undefined
}

function statePath(folder: string): string {
  return join(folder, 'sample.json')
}
