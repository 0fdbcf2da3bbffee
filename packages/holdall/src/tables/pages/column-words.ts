import type { FileColumn } from '../file-columns/settings.ts'
import type { Reference } from '../labels.ts'
import type { Table } from '../schema.ts'

/** The line under a column's name: `text · key`, `→ makers`, `files · image/*`. */
export function columnWords(
  table: Table,
  name: string,
  file: FileColumn | undefined,
  reference: Reference | undefined,
): string {
  const column = table.columnsByName.get(name)
  if (column === undefined) return 'integer · key'
  const words: string[] = []
  if (file) {
    words.push(file.multiple ? 'files' : 'file')
    if (file.accept.length > 0) words.push(file.accept.join(', '))
  } else if (reference) words.push(`→ ${reference.table.name}`)
  else if (column.type !== '') words.push(typeWords(column.type))
  if (table.config !== undefined && Object.hasOwn(table.config.units, name))
    words.push(String(table.config.units[name]))
  if (column.keyPosition > 0) words.push('key')
  return words.join(' · ')
}

/** What the configuration says that a column holds. */
export function describedAs({ config }: Table, name: string): string | undefined {
  return config !== undefined && Object.hasOwn(config.columns, name) ? config.columns[name]?.description : undefined
}

/** In a form, whether something has to be given is said too. */
export function fieldWords(words: string, required: boolean): string {
  if (!required) return words
  return words === '' ? 'required' : `${words} · required`
}

const TYPES: readonly (readonly [RegExp, string])[] = [
  [/^datetime|^timestamp/i, 'date and time'],
  [/^date$/i, 'date'],
  [/^time$/i, 'time'],
  [/^bool/i, 'yes or no'],
  [/\bU?(?:BIG|SMALL|TINY|MEDIUM)?INT(?:EGER|\d)?\b/i, 'integer'],
  [/CHAR|CLOB|TEXT/i, 'text'],
  [/BLOB/i, 'bytes'],
  [/REAL|FLOA|DOUB|NUM|DEC/i, 'number'],
]

/** What a declared type holds: `VARCHAR(100)` is text, `DOUBLE PRECISION` a number; what is not known stays as declared. */
function typeWords(type: string): string {
  return TYPES.find(([pattern]) => pattern.test(type))?.[1] ?? type.toLowerCase()
}
