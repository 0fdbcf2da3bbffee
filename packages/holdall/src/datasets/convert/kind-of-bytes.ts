import type { FileHandle } from 'node:fs/promises'
import { type ConvertibleKind, KIND_WORDS } from './kinds.ts'
import { CannotConvert } from './refusal.ts'

const HEAD_BYTES = 8
/** What a file begins with that is not what its name says, and what to do about it. */
const OTHERS: readonly (readonly [string, string])[] = [
  ['50415231', 'it is a Parquet file. Give it a name that ends in .parquet'],
  ['d0cf11e0a1b11ae1', 'it is an Excel file of the old kind, or one with a password. Save it as .xlsx without one'],
  ['1f8b', 'it is compressed with gzip. Unpack it'],
  ['28b52ffd', 'it is compressed with Zstandard. Unpack it'],
  ['25504446', 'it is a PDF'],
  ['53514c69746520', 'it is an SQLite database'],
]
const ZIP = '504b0304'

/** What the file is by its first bytes, whatever it is called. @throws CannotConvert for what is none of the kinds */
export async function kindOfBytes(handle: FileHandle, named: ConvertibleKind): Promise<ConvertibleKind> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
  const head = buffer.toString('hex', 0, bytesRead)
  if (head.startsWith(ZIP)) return 'xlsx'
  const other = OTHERS.find(([mark]) => head.startsWith(mark))
  if (other !== undefined) throw new CannotConvert(other[1])
  if (named === 'xlsx')
    throw new CannotConvert(
      bytesRead === 0 ? 'it is empty' : `it is no ${KIND_WORDS.xlsx} file, whatever its name says`,
    )
  return named
}
