/**
 * What the server's pages and the components draw alike: icons, and how a file is named and described.
 * Plain data and functions; it needs no browser.
 *
 * @example
 * import { splitName } from '@holdall/elements/shared'
 * splitName('1998-214-7_front.jpg') // { stem: '1998-214-7_fr', ending: 'ont.jpg' }
 */
export { type AbsentFile, type AbsentWords, absentWords, type DeletedFile } from './lib/absent.ts'
export {
  accepts,
  acceptWords,
  type FileSummary,
  fileFacts,
  fileState,
  nameAndState,
  splitName,
  typeLabel,
} from './lib/files.ts'
export {
  formatBytes,
  formatCount,
  formatDay,
  formatDimensions,
  formatDuration,
  formatLimit,
  formatPortion,
} from './lib/format.ts'
export { ICONS, type IconName } from './lib/icons.ts'
export { isSystemFile } from './lib/system-files.ts'
