/** How a Parquet file begins and ends; and how one ends whose footer is encrypted, of which the server has more to say. */
const MAGIC = 'PAR1'
const ENCRYPTED = 'PARE'
const LENGTH = 4

/** Why a file is no Parquet file, as far as its first and last bytes tell: it need not be sent. Null when it may be one. */
export async function notParquet(file: Blob): Promise<string | null> {
  if (file.size === 0) return 'This file is empty. Write it again and choose that one.'
  const [first, last] = await Promise.all([
    file.slice(0, LENGTH).text(),
    file.slice(Math.max(0, file.size - LENGTH)).text(),
  ]).catch(() => [MAGIC, MAGIC])
  if (last === MAGIC || last === ENCRYPTED) return null
  if (first !== MAGIC && first !== ENCRYPTED) {
    return 'This is not a Parquet file: its first 4 bytes are not “PAR1”. Save it as Parquet and choose that file.'
  }
  return 'This is not a whole Parquet file: its last 4 bytes are not “PAR1”. Write it again and choose that one.'
}
