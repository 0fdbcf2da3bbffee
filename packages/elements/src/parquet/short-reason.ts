/** What all failures of a kind begin with, before what is particular about one. */
const KIND =
  /^(?:This is not a readable Parquet file|This Parquet file cannot be read without keys|This [^:]{1,20} file is past a limit|No table can be made of this [^:]{1,20} file):\s+/u

/** Of why a step failed, what tells it from others in a list. */
export function shortReason(said: string): string {
  return said.replace(KIND, '')
}
