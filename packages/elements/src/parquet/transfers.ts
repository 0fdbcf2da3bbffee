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

/** Into a collection. Always in parts: the same upload can be gone on with, however small the file is. */
export function parquetTransfers(target: () => DatasetTarget, changed: () => void): ParquetTransfers {
  const statuses = new WeakMap<File, DatasetStatus>()
  const ends = new WeakMap<File, AbortController>()
  return {
    place() {
      const { baseUrl, organization, collection } = target()
      return { ...(baseUrl !== undefined && { baseUrl }), source: `${organization}/${collection}` }
    },
    server: target,
    wholeUpTo: 0,
    start(file, { onProgress, handedOver }) {
      const end = new AbortController()
      ends.set(file, end)
      return startParquet(file, target(), {
        signal: end.signal,
        onProgress,
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
