import { isDatasetPath } from '../../sources/paths.ts'
import type { Source, Sources } from '../../sources/sources.ts'
import { HoldallError } from '../../web/error.ts'
import type { Collection } from '../collections/rows.ts'
import type { DatasetSummary } from '../records.ts'

/**
 * Where the objects of a collection go: to the source that it names, else to the one that is there by default, else to
 * the first that takes uploads.
 *
 * @throws HoldallError `source_not_found`
 */
export function sourceOf(sources: Sources, { source }: Pick<Collection, 'source'>): Source {
  if (source !== null) return sources.get(source)
  const active = sources.list().filter((one) => one.active)
  const found =
    active.find(({ origin }) => origin === 'default') ??
    active.find(({ capabilities }) => capabilities.can_upload) ??
    active[0]
  if (found === undefined) throw new HoldallError('source_not_found', { source: 'default' })
  return found
}

/**
 * Where more of a dataset goes: to where the rest of it lies, since a catalog knows a dataset by one place. One that was
 * made of a file of somebody's source gets its own place like a new one.
 *
 * @throws HoldallError `source_not_found`
 */
export function sourceOfDataset(
  sources: Sources,
  { files }: Pick<DatasetSummary, 'files'>,
  collection: Pick<Collection, 'source'>,
): Source {
  const own = files.find(({ role, path }) => role === 'data' && isDatasetPath(path))
  return (own && sources.byId(own.sourceId)) ?? sourceOf(sources, collection)
}
