/** Whether the bytes of such a file are text that can be shown as it is. */
export function isText(contentType: string): boolean {
  return /^text\/|[/+](?:json|xml|yaml|x-ndjson|toml|sql|x-sh)$/.test(contentType)
}

/** Whether there are words inside that search should find the file by. */
export function hasWords(contentType: string): boolean {
  return contentType === 'application/pdf' || isText(contentType)
}
