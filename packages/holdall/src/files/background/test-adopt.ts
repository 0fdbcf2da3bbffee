import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestFiles } from '../testing.ts'
import { enqueueWork } from './queue.ts'

/** A file as sync enters it: known by its place alone. @returns its id */
export async function adopt(room: TestFiles, name: string, bytes: Uint8Array, version = '1'): Promise<string> {
  mkdirSync(join(room.root, 'adopted'), { recursive: true })
  writeFileSync(join(room.root, 'adopted', name), bytes)
  const id = `df-${createHash('sha256').update(name).digest('hex').slice(0, 26)}`
  await room.database.write(async (trx) => {
    const source_id = room.sources.get('photos').id
    const values = { id, source_id, path: `adopted/${name}`, filename: name, adopted: 1, version }
    await trx.insertInto('datasette_files').values(values).execute()
    await enqueueWork(trx, [id], ['facts', 'text'])
  })
  return id
}
