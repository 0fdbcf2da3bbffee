import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'

const MIB = 1024 * 1024

/** A new file of so many bytes, of which no part is another one. */
export async function writeRandom(path: string, bytes: number): Promise<void> {
  const out = createWriteStream(path)
  for (let written = 0; written < bytes; written += MIB) {
    if (!out.write(randomBytes(Math.min(MIB, bytes - written)))) await once(out, 'drain')
  }
  out.end()
  await finished(out)
}
