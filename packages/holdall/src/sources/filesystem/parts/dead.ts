import { stat } from 'node:fs/promises'
import { isThere, uploadFolder } from './folder.ts'

/**
 * Core aborts an upload when its session ends: 7 days after the last call, 90 days after a failure that its client may
 * still put right. A folder that nothing was written to for longer than any of that is one that core has forgotten: its
 * database was lost or restored from before. Holes cost nothing, and the parts of others are not ours to judge earlier.
 */
export const FORGOTTEN_AFTER_MS = 120 * 24 * 3600_000

/** Whether nobody can go on with the upload in this folder. */
export async function isPastResuming(directory: string, now: () => number): Promise<boolean> {
  const folder = uploadFolder(directory)
  // Without data it is a finished file; its process died before it could remove the rest.
  if (!(await isThere(folder.data))) return true
  const [receipts, data] = await Promise.all([stat(folder.receipts), stat(folder.data)])
  return Math.max(receipts.mtimeMs, data.mtimeMs) < now() - FORGOTTEN_AFTER_MS
}
