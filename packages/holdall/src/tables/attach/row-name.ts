import { tildeDecode } from '../../web/url.ts'

/** A row as people read it: "SK.2017.002 · Regatta day". @param key the last part of its address */
export function rowName(key: string, label: string | null | undefined): string {
  const read = keyText(key)
  return label === null || label === undefined || label === '' || label === read ? read : `${read} · ${label}`
}

/** A key without what addresses need. */
function keyText(key: string): string {
  return key.split(',').map(tildeDecode).join(', ')
}
