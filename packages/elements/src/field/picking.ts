import type { FilePicker } from '../file-picker.ts'
import type { FileSummary } from '../lib/files.ts'

/** Lets somebody pick files that are there already. @returns null when nothing was picked */
export async function pickFiles(
  which: Partial<Pick<FilePicker, 'base' | 'source' | 'accept' | 'multiple' | 'label'>>,
): Promise<readonly FileSummary[] | null> {
  const picker = document.createElement('file-picker') as FilePicker
  Object.assign(picker, which)
  document.body.append(picker)
  const files = await picker.open()
  picker.remove()
  return files
}
