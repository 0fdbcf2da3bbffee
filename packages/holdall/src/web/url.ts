const PLAIN_BYTE = /[A-Za-z0-9_-]/
const encoder = new TextEncoder()
// A byte order mark at the beginning of a name is part of it.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Datasette's tilde encoding: `[A-Za-z0-9_-]` stay, a space becomes `+`, every other byte of the UTF-8 form `~XX`. */
export function tildeEncode(text: string): string {
  let encoded = ''
  for (const byte of encoder.encode(text)) {
    const character = String.fromCharCode(byte)
    if (PLAIN_BYTE.test(character)) encoded += character
    else if (byte === 0x20) encoded += '+'
    else encoded += `~${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}

/** The text that `tildeEncode` encoded. What is not an escape stays as it is; invalid UTF-8 becomes U+FFFD. */
export function tildeDecode(encoded: string): string {
  if (!/[~+]/.test(encoded)) return encoded
  const bytes: number[] = []
  for (let at = 0; at < encoded.length; ) {
    const escaped = /^~([0-9A-Fa-f]{2})/.exec(encoded.slice(at, at + 3))
    if (escaped) {
      bytes.push(Number.parseInt(escaped[1] as string, 16))
      at += 3
      continue
    }
    const character = String.fromCodePoint(encoded.codePointAt(at) as number)
    bytes.push(...(character === '+' ? [0x20] : encoder.encode(character)))
    at += character.length
  }
  return decoder.decode(Uint8Array.from(bytes))
}

/** A list of primary key values as the last part of a row's address. */
export function rowPath(keys: readonly string[]): string {
  return keys.map(tildeEncode).join(',')
}

/** Every address that Holdall emits is made here, so that each carries `base_url`. */
export interface Urls {
  /** The prefix without its last slash: `''` or `/data`. */
  readonly base: string
  /** An address of our own, from a path that begins with a slash; parameters that are undefined or null are left out. */
  path(path: string, parameters?: Readonly<Record<string, string | number | null | undefined>>): string
  database(database: string): string
  table(database: string, table: string): string
  row(database: string, table: string, keys: readonly string[]): string
  file(id: string): string
  download(id: string): string
  thumbnail(id: string, width?: number, height?: number): string
  source(slug: string): string
}

/** @param baseUrl `settings.base_url`, such as `/` or `/data/` */
export function createUrls(baseUrl: string): Urls {
  const base = `/${baseUrl}/`.replace(/\/+/g, '/').slice(0, -1)
  function path(to: string, parameters: Readonly<Record<string, string | number | null | undefined>> = {}): string {
    let query: URLSearchParams | undefined
    for (const name in parameters) {
      const value = parameters[name]
      if (value === undefined || value === null) continue
      // A list of files has hundreds of addresses without any.
      query ??= new URLSearchParams()
      query.append(name, String(value))
    }
    return query === undefined ? base + to : `${base}${to}?${query}`
  }
  return {
    base,
    path,
    database: (database) => path(`/${tildeEncode(database)}`),
    table: (database, table) => path(`/${tildeEncode(database)}/${tildeEncode(table)}`),
    row: (database, table, keys) => path(`/${tildeEncode(database)}/${tildeEncode(table)}/${rowPath(keys)}`),
    file: (id) => path(`/-/files/${id}`),
    download: (id) => path(`/-/files/${id}/download`),
    thumbnail: (id, width, height) => path(`/-/files/${id}/thumbnail`, { w: width, h: height }),
    source: (slug) => path(`/-/files/browse/${encodeURIComponent(slug)}`),
  }
}
