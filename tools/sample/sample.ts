import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CONFIGURATION } from './config.ts'
import { sampleObjects, writeDatabase } from './database.ts'
import { picturesToTry, sampleFiles } from './files.ts'
import { readState, sampleIn, writeState } from './place.ts'
import { type SendOptions, sendFiles } from './send.ts'

/** Makes what is not there of the database and its configuration. */
export function makeSample(folder: string): void {
  const { database, config } = sampleIn(folder)
  for (const source of ['photographs', 'documents', 'films', 'datasets'])
    mkdirSync(join(folder, 'files', source), { recursive: true })
  if (!existsSync(config)) writeFileSync(config, CONFIGURATION)
  if (existsSync(database)) return
  writeState(folder, { complete: false, sent: {} })
  writeDatabase(database)
}

/** Draws the pictures that belong to no row, those that are not there yet: people look for them in the first minute. */
export async function drawPicturesToTry(folder: string): Promise<void> {
  const { picturesToTry: toTry } = sampleIn(folder)
  mkdirSync(toTry, { recursive: true })
  for (const { name, make } of picturesToTry()) {
    const path = join(toTry, name)
    if (!existsSync(path)) writeFileSync(path, await make())
  }
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
  state.complete = true
  writeState(folder, state)
}
