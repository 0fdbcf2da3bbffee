import { formatCount } from '../../web/format.ts'

interface Named {
  readonly id: string
  readonly filename: string
}

/** One file by its name, several by their number: "jug.jpg", "12 files". */
export function filesInWords(files: readonly Named[]): string {
  const [only] = files
  return files.length === 1 && only !== undefined ? only.filename : formatCount(files.length, 'file')
}
