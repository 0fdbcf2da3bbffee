import type { Settings } from '../config/config.ts'
import type { FilesOptions } from './files.ts'

/** What the `thumbnail_*` settings say about pictures; what they do not say keeps its default. */
export function imageLimits(settings: Settings): NonNullable<FilesOptions['limits']> {
  const { thumbnail_timeout_seconds: seconds } = settings
  return {
    processes: settings.thumbnail_concurrency,
    timeoutMs: seconds === undefined ? undefined : seconds * 1_000,
    maxPixels: settings.thumbnail_max_pixels,
    maxSourceBytes: settings.thumbnail_max_source_bytes,
  }
}
