/** Columns are the same whose names differ in the case of A to Z alone: so they are to whoever asks with SQL. */
export function nameKey(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
