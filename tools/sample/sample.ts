import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CONFIGURATION } from './config.ts'
import { sampleObjects, writeDatabase } from './database.ts'
import { picturesToTry, sampleFiles } from './files.ts'
import { type SendOptions, sendFiles } from './send.ts'

export interface Sample {
  readonly database: string
  readonly config: string
  readonly data: string
  readonly log: string
  readonly picturesToTry: string
}

interface State {
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

/** Makes what is not there: the database and its configuration. Returns whether something was made. */
export function makeSample(folder: string): boolean {
  const { database, config } = sampleIn(folder)
  const absent = !existsSync(database)
  for (const source of ['photographs', 'documents']) mkdirSync(join(folder, 'files', source), { recursive: true })
  if (!existsSync(config)) writeFileSync(config, CONFIGURATION)
  if (absent) {
    writeState(folder, { complete: false, sent: {} })
    writeDatabase(database)
  }
  return absent
}

/** Whether files of the sample have yet to be sent to the server. */
export function isIncomplete(folder: string): boolean {
  return !readState(folder).complete
}

/**
 * Draws and sends the sample's files to the server that serves it, those that are not there yet.
 * @throws Error with the server's own words; called again, it goes on
 */
export async function completeSample(folder: string, options: Omit<SendOptions, 'sent' | 'save'>): Promise<void> {
  const state = readState(folder)
  await sendFiles(sampleFiles(sampleObjects()), {
    ...options,
    sent: state.sent,
    save: () => writeState(folder, state),
  })
  const { picturesToTry: toTry } = sampleIn(folder)
  mkdirSync(toTry, { recursive: true })
  for (const { name, make } of picturesToTry()) writeFileSync(join(toTry, name), await make())
  state.complete = true
  writeState(folder, state)
}

function readState(folder: string): State {
  const path = statePath(folder)
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { complete: false, sent: {} }
}

function writeState(folder: string, state: State): void {
  writeFileSync(`${statePath(folder)}.new`, `${JSON.stringify(state, null, 2)}\n`)
  renameSync(`${statePath(folder)}.new`, statePath(folder))
}

function statePath(folder: string): string {
  return join(folder, 'sample.json')
}
