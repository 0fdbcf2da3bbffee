/** Something about the result that whoever sent the file wants to know. */
export interface ConversionWarning {
  /** Null when it is about the whole table. */
  readonly column: string | null
  readonly message: string
}

const MAX_NAME_BYTES = 255

export interface ColumnNames {
  readonly names: readonly string[]
  readonly warnings: readonly ConversionWarning[]
}

/**
 * Names for columns: those that they have, each once whatever its case, since SQL does not tell `Id` from `id`.
 *
 * @param given empty where a column has none
 */
export function columnNames(given: readonly string[]): ColumnNames {
  const taken = new Set(given.map((name) => plain(name).toLowerCase()))
  const used = new Set<string>()
  const warnings: ConversionWarning[] = []
  const names = given.map((original, at) => {
    const wanted = plain(original)
    const base = wanted === '' ? `column_${at + 1}` : wanted
    let name = base
    for (let count = 1; used.has(name.toLowerCase()) || (name !== wanted && taken.has(name.toLowerCase())); count++) {
      name = `${base}_${count}`
    }
    used.add(name.toLowerCase())
    if (wanted === '') warnings.push({ column: name, message: `Column ${at + 1} has no name in the file.` })
    else if (name !== original)
      warnings.push({ column: name, message: `It is called “${original.slice(0, MAX_NAME_BYTES)}” in the file.` })
    return name
  })
  return { names, warnings }
}

function plain(name: string): string {
  const text = name
    .toWellFormed()
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(MAX_NAME_BYTES))
  return text.slice(0, read).trim()
}
