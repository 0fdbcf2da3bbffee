const ASCII = /^[\x20-\x7e]*$/
/** No name of a file is longer, so no longer value can stand in one. */
const MAX_LENGTH = 255

/**
 * What a value of a row and a part of a file's name are compared by: letters in lower case, one space for whatever
 * stands between letters and digits, and numbers without leading zeros, so that `HM 1862-014` is `hm_1862_14`.
 * Exactly: the text itself, in the one Unicode form that file systems do not agree on.
 *
 * Null for what cannot stand in a name: nothing, bytes, or a text that is too long.
 */
export function nameKey(value: unknown, exact: boolean): string | null {
  if (value === null || value === undefined || typeof value === 'object') return null
  const text = String(value)
  if (text === '' || text.length > MAX_LENGTH) return null
  if (exact) return text.normalize('NFC')
  const key = ASCII.test(text)
    ? text
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, ' ')
        .trim()
        .replace(/\b0+(?=\d)/g, '')
    : text
        .normalize('NFC')
        .toLowerCase()
        .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
        .trim()
        .replace(/(?<![\p{L}\p{M}\p{N}])0+(?=\p{N})/gu, '')
  return key === '' ? null : key
}
