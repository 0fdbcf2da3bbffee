import { formatCount, formatNumber } from '../../web/format.ts'
import { MAX_COUNT } from '../list.ts'

/** How many files are there, and how many are only listed. @param missing of them, as `registry.missing` counts it */
export function countedFiles(files: number, missing: number): string {
  if (missing === 0) return formatCount(files, 'file')
  if (missing > MAX_COUNT) {
    return `${formatCount(files, 'file')} (more than ${formatNumber(MAX_COUNT)} of them missing)`
  }
  return `${formatCount(files - missing, 'file')} (${formatNumber(missing)} more missing)`
}
