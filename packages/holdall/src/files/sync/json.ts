import type { Source } from '../../sources/sources.ts'
import type { ToRead } from '../background/to-read.ts'
import { MAX_COUNT } from '../list.ts'
import type { SyncState } from './sync.ts'

/** How far the newest run of a source is, or how it ended, and what is still to be read of what it found. */
export function syncJson(
  source: Source,
  { run, expected, missingNow, changedSince }: SyncState,
  toRead: ToRead,
): Record<string, unknown> {
  return {
    source: source.slug,
    status: run?.status ?? 'never',
    started_at: run?.started_at ?? null,
    started_by: run?.started_by ?? null,
    finished_at: run?.finished_at ?? null,
    listed: run?.listed ?? 0,
    added: run?.added ?? 0,
    changed: run?.changed ?? 0,
    missing: run?.missing ?? 0,
    returned: run?.returned ?? 0,
    moved: run?.moved ?? 0,
    left_out: run?.left_out ?? 0,
    missing_now: Math.min(missingNow, MAX_COUNT),
    missing_now_truncated: missingNow > MAX_COUNT,
    changed_since: Math.min(changedSince, MAX_COUNT),
    changed_since_truncated: changedSince > MAX_COUNT,
    to_read: toRead.files,
    to_read_truncated: toRead.truncated,
    expected: expected ?? null,
    failure_reason: run?.failure_reason ?? null,
  }
}
