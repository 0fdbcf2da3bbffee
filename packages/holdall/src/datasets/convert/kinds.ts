/** What can be made into Parquet on the way in, by the name that people know it by. */
export type ConvertibleKind = 'csv' | 'tsv' | 'ndjson' | 'json' | 'xlsx'

/** How it is called in a sentence. */
export const KIND_WORDS: Readonly<Record<ConvertibleKind, string>> = {
  csv: 'CSV',
  tsv: 'TSV',
  ndjson: 'NDJSON',
  json: 'JSON',
  xlsx: 'Excel',
}

const BY_ENDING: Readonly<Record<string, ConvertibleKind>> = {
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  json: 'json',
  xlsx: 'xlsx',
}

const BY_TYPE: Readonly<Record<string, ConvertibleKind>> = {
  'text/csv': 'csv',
  'text/tab-separated-values': 'tsv',
  'application/x-ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
  'application/json': 'json',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
}

/** What it is stored as when its sender does not say. */
export const TYPE_OF: Readonly<Record<ConvertibleKind, string>> = {
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  ndjson: 'application/x-ndjson',
  json: 'application/json',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
}

/**
 * What an upload has to be converted from; `undefined` for Parquet, which everything is taken for that does not say
 * what else it is. The ending decides; a name without one leaves it to the type.
 */
export function kindOf(filename: string, contentType: string | undefined): ConvertibleKind | undefined {
  const ending = /\.([^./\\]+)$/.exec(filename)?.[1]?.toLowerCase()
  if (ending !== undefined) return Object.hasOwn(BY_ENDING, ending) ? BY_ENDING[ending] : undefined
  const type = contentType?.split(';')[0]?.trim().toLowerCase() ?? ''
  return Object.hasOwn(BY_TYPE, type) ? BY_TYPE[type] : undefined
}
