import type { Transaction } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Schema } from '../../database/schema.ts'
import type { Sources } from '../../sources/sources.ts'
import type { FinishedUpload } from '../../uploads/inspection.ts'
import type { Log } from '../../web/log.ts'
import { inspect, type Readers } from '../inspection/inspect.ts'
import { sniffLate } from '../inspection/sniff-late.ts'
import { hasWords } from '../inspection/words.ts'
import type { Registry } from '../registry.ts'
import { factsJob } from './facts.ts'
import { hashJob } from './hash.ts'
import { enqueueWork, type WorkKind } from './queue.ts'
import { textJob } from './text.ts'
import { isToBeWhole } from './unreadable.ts'
import { type PictureLimits, wholeJob } from './whole.ts'
import { createWorker } from './worker.ts'

export interface BackgroundOptions {
  readonly database: InternalDatabase
  readonly registry: Pick<Registry, 'byId'>
  readonly sources: Pick<Sources, 'byId'>
  readonly readers: Readers
  readonly limits: PictureLimits
  readonly log: Log
  /** Told of the source of each file whose hash is known now. */
  onRead(sourceId: number): void
}

/** What is read from files after they are in the registry, while people already use them. */
export interface Background {
  start(): void
  close(): Promise<void>
  /** A file was uploaded: its words, its hash where nobody has it, and whether it is whole, are read soon. In the transaction that records it. */
  recorded(transaction: Transaction<Schema>, upload: FinishedUpload): Promise<void>
  /** Looks for work that was just recorded, instead of at the next look, which is seconds away. */
  wake(): void
}

export function createBackground({
  database,
  registry,
  sources,
  readers,
  limits,
  log,
  onRead,
}: BackgroundOptions): Background {
  const { byId } = registry
  const wake = () => worker.wake()
  const worker = createWorker({
    database,
    log,
    jobs: {
      facts: factsJob({
        byId,
        sources,
        sniff: sniffLate,
        inspect: (question) => inspect(question, readers),
        wake,
        onRead,
      }),
      hash: hashJob({ byId, sources }),
      text: textJob({ byId, sources, parsers: readers.parsers }),
      whole: wholeJob({ byId, sources, readers, limits }),
    },
  })
  return {
    start: worker.start,
    close: worker.close,
    wake,
    async recorded(transaction, upload) {
      const kinds: WorkKind[] = []
      if (upload.size > 0 && hasWords(upload.contentType)) kinds.push('text')
      const hashUpTo = sources.byId(upload.sourceId)?.hashUpTo ?? -1
      if (isToBeWhole(upload)) kinds.push('whole')
      if (upload.contentHash === null && upload.size <= hashUpTo) kinds.push('hash')
      if (kinds.length === 0) return
      await enqueueWork(transaction, [upload.fileId], kinds)
      wake()
    },
  }
}
