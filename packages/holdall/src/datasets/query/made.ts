import type { Export } from '../engine/engine.ts'
import { createKept, type Kept } from './kept.ts'

/** A browser fetches a file at once. */
const KEPT_MS = 120_000
const MOST = 20

/** Files that were made for somebody who then fetches them. */
export function createMadeExports(): Kept<Export> {
  return createKept({ keptMs: KEPT_MS, most: MOST, drop: (file) => void file.close().catch(() => {}) })
}
