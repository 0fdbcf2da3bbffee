/**
 * A person's search words as a full-text query that cannot fail: each word becomes a quoted phrase, phrases in quotes
 * stay as they are, an open quote is closed. The SQL function `escape_fts` of Datasette does the same.
 */
export function escapeFts(words: string): string {
  const balanced = (words.match(/"/g)?.length ?? 0) % 2 === 1 ? `${words}"` : words
  const phrases = balanced.match(/".*?"|[^\s"]+/gs) ?? []
  return phrases
    .filter((phrase) => phrase !== '""')
    .map((phrase) => (phrase.startsWith('"') ? phrase : `"${phrase}"`))
    .join(' ')
}
