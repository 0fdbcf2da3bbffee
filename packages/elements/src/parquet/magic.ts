/** How a Parquet file begins and ends; and how one ends whose footer is encrypted, of which the server has more to say. */
const MAGIC = 'PAR1'
const ENCRYPTED = 'PARE'
const LENGTH = 4
/** How an Excel file begins. */
const ZIP = 'PK\x03\x04'
/** Files that the server makes into Parquet, by how their names end; it looks at what is in them. */
const CONVERTED = /\.(?:csv|tsv|tab|ndjson|jsonl|json|xlsx)$/i
const PARQUET = /\.(?:parquet|parq|pq)$/i

/** What may be chosen where datasets are made. */
export const CHOOSABLE = '.parquet,.parq,.pq,.csv,.tsv,.tab,.ndjson,.jsonl,.json,.xlsx'

/** Whether the server makes Parquet of a file with this name. */
export function isConverted(name: string): boolean {
  return CONVERTED.test(name)
}

/**
 * Why nothing can become of a file, as far as its name and its first and last bytes tell: it need not be sent. Null when
 * something may.
 */
export async function whyNot(file: Blob & { readonly name: string }): Promise<string | null> {
  if (file.size === 0) return 'This file is empty. Write it again and choose that one.'
  const [first, last] = await Promise.all([
    file.slice(0, LENGTH).text(),
    file.slice(Math.max(0, file.size - LENGTH)).text(),
  ]).catch(() => [MAGIC, MAGIC])
  if (isConverted(file.name)) return notConvertible(file.name, first)
  if (last === MAGIC || last === ENCRYPTED) return null
  if (first === MAGIC || first === ENCRYPTED) {
    return 'This is not a whole Parquet file: its last 4 bytes are not “PAR1”. Write it again and choose that one.'
  }
  return PARQUET.test(file.name)
    ? 'This is not a Parquet file: its first 4 bytes are not “PAR1”. Save it as Parquet and choose that file.'
    : 'No table can be made of this file: Parquet, CSV, TSV, NDJSON, JSON and Excel (.xlsx) are taken. Save it as one of them and choose that file.'
}

function notConvertible(name: string, first: string | undefined): string | null {
  if (first === MAGIC)
    return 'This is a Parquet file with the name of another kind. Let its name end in .parquet and choose it again.'
  if (!/\.xlsx$/i.test(name) || first === ZIP) return null
  return 'This is no Excel file, or one with a password: it does not begin as one. Save it as .xlsx without a password and choose that file.'
}
