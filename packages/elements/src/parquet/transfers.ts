import {
  type DatasetStatus,
  type DatasetTarget,
  type IntoDataset,
  parquetUploads,
  type RegisteredDataset,
  startParquet,
} from '@holdall/client'
import type { Begun, Transfers } from '../lib/transfers.ts'
import { sayAnswering } from './silence.ts'

export interface ParquetTransfers extends Transfers<RegisteredDataset>, Begun {
  /** How far the server has said that it is with a file of this page. */
  status(file: File): DatasetStatus | null
  /** Since when the server does not say anything of it any more, in milliseconds since 1970. */
  silentSince(file: File): number | null
  /** It is not followed any more: somebody else does. */
  letGo(file: File): void
}

/** What belongs to files that were dropped together. */
export interface Together {
  /** They become part of their dataset together, or not at all. */
  begin(files: readonly File[]): void
  /** One becomes part of a dataset, whatever becomes of the others. */
  join(file: File, into: IntoDataset): void
}

/** Into a collection. Always in parts: the same upload can be gone on with, however small the file is. */
export function parquetTransfers(
  target: () => DatasetTarget,
  { changed, waits }: { readonly changed: () => void; readonly waits: (status: DatasetStatus) => void },
): ParquetTransfers & Together {
  const batches = new WeakMap<File, { readonly id: string; readonly files: number }>()

  function targetOf(file: File): DatasetTarget {
    const { into = joined.get(file), ...place } = target()
    const batch = batches.get(file)
    return into === undefined ? place : { ...place, into: { ...into, ...(batch && { batch }) } }
  }

  const joined = new WeakMap<File, IntoDataset>()
  const statuses = new WeakMap<File, DatasetStatus>()
  const silences = new WeakMap<File, number>()
  const ends = new WeakMap<File, AbortController>()
  return {
    begin(files) {
      if (files.length < 2) return
      const batch = { id: crypto.randomUUID(), files: files.length }
      for (const file of files) batches.set(file, batch)
    },
    join(file, into) {
      joined.set(file, into)
    },
    place() {
      const { baseUrl, organization, collection } = target()
      return { ...(baseUrl !== undefined && { baseUrl }), source: `${organization}/${collection}` }
    },
    server: target,
    wholeUpTo: 0,
    start(file, { onProgress, handedOver }) {
      const end = new AbortController()
      ends.set(file, end)
      return startParquet(file, targetOf(file), {
        signal: end.signal,
        onProgress,
        onConfirmation: waits,
        onSilence(since) {
          if (since === null) silences.delete(file)
          else silences.set(file, since)
          sayAnswering(since)
          changed()
        },
        onStatus(status) {
          statuses.set(file, status)
          handedOver()
          changed()
        },
      })
    },
    async open() {
      return (await parquetUploads(target(), 'initiated')).filter(({ is_own }) => is_own)
    },
    status: (file) => statuses.get(file) ?? null,
    silentSince: (file) => silences.get(file) ?? null,
    letGo: (file) => ends.get(file)?.abort(),
  }
}
