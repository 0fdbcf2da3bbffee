import type { FileIntake } from '../uploads/inspection.ts'
import type { Urls } from '../web/url.ts'
import type { Background } from './background/background.ts'
import { inspect, type Readers } from './inspection/inspect.ts'
import { sniffLate } from './inspection/sniff-late.ts'
import { withDuplicates } from './record.ts'
import type { Registry } from './registry.ts'

/** What the uploads below need of this room: to know a file by its bytes, and to enter it in the registry. */
export function createIntake({
  registry,
  readers,
  background,
  urls,
}: {
  registry: Registry
  readers: Readers
  background: Background
  urls: Urls
}): FileIntake {
  return {
    sniff: sniffLate,
    inspect: (question) => inspect(question, readers),
    async record(transaction, upload) {
      await registry.record(transaction, upload)
      await background.recorded(transaction, upload)
    },
    async describe(fileId, actor) {
      const file = await registry.byId(fileId)
      return file && withDuplicates(file, await registry.duplicates(actor, file), urls)
    },
  }
}
