import { fileURLToPath } from 'node:url'
import { readRange } from '../../sources/read-range.ts'
import type { Storage } from '../../sources/storage.ts'
import type { Body, ChildLimits } from '../children/child-process.ts'
import { type ChildPool, createChildPool } from '../children/pool.ts'
import type { MediaFacts, ParquetFacts, ParseJob, PdfFacts } from './jobs.ts'

const CHILD = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './child.ts' : './child.js', import.meta.url))

/** While somebody waits for the answer. */
const PROMPT: ChildLimits = { timeoutMs: 8_000, memoryBytes: 512 * 1024 * 1024 }
/** For what is read in the background. */
const PATIENT: ChildLimits = { timeoutMs: 90_000, memoryBytes: 768 * 1024 * 1024 }
/** A PDF stops reading by itself, so that what it has is kept. */
const PDF_TIME_MS = 60_000
const PROMPT_PROCESSES = 2
const MIB = 1024 * 1024

/** Of a PDF, before what is repeated is left out: some 1,600 pages. */
const MAX_PDF_CHARACTERS = 4_000_000
/** Values of columns that are not read by then are left out. */
const PARQUET_TIME_MS = 3_000
const MAX_PARQUET_ROWS = 20
const MAX_PARQUET_COLUMNS = 50
const MAX_BYTES = {
  media: 32 * MIB,
  pdf: 512 * MIB,
  text: 8 * MIB,
  parquet: 64 * MIB,
  parquetFooter: 16 * MIB,
} as const

/** A stored file, to be read part by part. */
export interface Stored {
  readonly storage: Storage
  readonly path: string
  readonly size: number
  readonly signal?: AbortSignal
}

/** What can be learned from files that are no pictures, in child processes that are killed at their limits. */
export interface Parsers {
  /** @throws ChildFailure; `refused` for bytes that are no audio or video that anybody here knows */
  media(file: Stored): Promise<MediaFacts>
  /** @throws ChildFailure; `refused` for what is no PDF, or needs a password */
  pdf(file: Stored): Promise<PdfFacts & { readonly text: string }>
  /** The words of a text document. @throws ChildFailure; `refused` for what is no text */
  text(file: Stored, contentType: string): Promise<string>
  /** @throws ChildFailure; `refused` for what is no Parquet file, whatever is wrong with it */
  parquet(file: Stored): Promise<ParquetFacts>
  close(): Promise<void>
}

export function createParsers(limits: { readonly prompt?: ChildLimits; readonly patient?: ChildLimits } = {}): Parsers {
  const prompt = createChildPool({ script: CHILD }, { ...(limits.prompt ?? PROMPT), processes: PROMPT_PROCESSES })
  const patient = createChildPool({ script: CHILD }, { ...(limits.patient ?? PATIENT), processes: 1 })

  async function ask(pool: ChildPool, file: Stored, job: ParseJob) {
    return await pool.run(job, async (over) => bodyOf(file, over))
  }

  return {
    async media(file) {
      const { header } = await ask(prompt, file, { kind: 'media', size: file.size, maxBytes: MAX_BYTES.media })
      return header.facts as MediaFacts
    },
    async pdf(file) {
      const { header, payload } = await ask(patient, file, {
        kind: 'pdf',
        size: file.size,
        maxBytes: MAX_BYTES.pdf,
        maxCharacters: MAX_PDF_CHARACTERS,
        timeMs: PDF_TIME_MS,
      })
      return { ...(header.facts as PdfFacts), text: payload.toString() }
    },
    async text(file, contentType) {
      const job = { kind: 'text', size: file.size, maxBytes: MAX_BYTES.text, contentType } as const
      return (await ask(patient, file, job)).payload.toString()
    },
    async parquet(file) {
      const { payload } = await ask(prompt, file, {
        kind: 'parquet',
        size: file.size,
        maxBytes: MAX_BYTES.parquet,
        maxFooterBytes: MAX_BYTES.parquetFooter,
        maxRows: MAX_PARQUET_ROWS,
        maxColumns: MAX_PARQUET_COLUMNS,
        timeMs: PARQUET_TIME_MS,
      })
      return JSON.parse(payload.toString()) as ParquetFacts
    },
    async close() {
      await Promise.all([prompt.close(), patient.close()])
    },
  }
}

/** Nothing is sent at first: the child asks. */
function bodyOf({ storage, path, signal }: Stored, over: AbortSignal): Body {
  const either = signal === undefined ? over : AbortSignal.any([signal, over])
  return {
    bytes: 0,
    stream: (async function* () {})(),
    part: (part) => readRange(storage, path, part, either),
  }
}
