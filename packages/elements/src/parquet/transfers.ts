import {
  type DatasetStatus,
  type DatasetTarget,
  parquetUploads,
  type RegisteredDataset,
  startParquet,
} from '@holdall/client'
import type { Begun, Transfers } from '../lib/transfers.ts'

export interface ParquetTransfers extends Transfers<RegisteredDataset>, Begun {
  /** How far the server has said that it is with a file of this page. */
  status(file: File): DatasetStatus | null
  /** It is not followed any more: somebody else does. */
  letGo(file: File): void
}

/** What belongs to files that were dropped together. */
export interface Together {
  /** They become part of their dataset together, or not at all. */
  begin(files: readonly File[]): void
}

/** Into a collection. Always in parts: the same upload can be gone on with, however small the file is. */
export function parquetTransfers(
  target: () => DatasetTarget,
  { changed, waits }: { readonly changed: () => void; readonly waits: (status: DatasetStatus) => void },
): ParquetTransfers & Together {
  const batches = new WeakMap<File, { readonly id: string; readonly files: number }>()

  function targetOf(file: File): DatasetTarget {
    const { into, ...place } = target()
    const batch = batches.get(file)
    return into === undefined ? place : { ...place, into: { ...into, ...(batch && { batch }) } }
  }

  const statuses = new WeakMap<File, DatasetStatus>()
  const ends = new WeakMap<File, AbortController>()
  return {
    begin(files) {
      if (files.length < 2) return
      const batch = { id: crypto.randomUUID(), files: files.length }
      for (const file of files) batches.set(file, batch)
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
    letGo: (file) => ends.get(file)?.abort(),
  }
}
