// Runs as a process of its own, without secrets in its environment: parsers of documents, audio, video and data meet
// strangers' bytes here. What loops or swells is killed, and nobody else notices.
import { type Answer, type Ask, serveJobs } from '../children/serve.ts'
import type { ParseJob } from './jobs.ts'
import { rangesOf } from './ranges.ts'

async function parse(job: ParseJob, ask: Ask): Promise<Answer> {
  const ranges = rangesOf(ask, job.size, job.maxBytes)
  // Each parser is loaded when it is first needed: nobody's PDF should wait for Parquet.
  switch (job.kind) {
    case 'media': {
      const { mediaFacts } = await import('./media.ts')
      return { header: { ok: true, facts: await mediaFacts(ranges) } }
    }
    case 'pdf': {
      const { pdfText } = await import('./pdf.ts')
      const { facts, text } = await pdfText(ranges, job)
      return { header: { ok: true, facts }, payload: Buffer.from(text) }
    }
    case 'text': {
      const { documentWords } = await import('./text.ts')
      return { header: { ok: true }, payload: Buffer.from(await documentWords(ranges, job)) }
    }
    case 'parquet': {
      const { parquetFacts } = await import('./parquet.ts')
      // In the payload: a table may be larger than a header.
      return { header: { ok: true }, payload: Buffer.from(JSON.stringify(await parquetFacts(ranges, job))) }
    }
  }
}

// What a library does in the background must not end the job that is running now: its own outcome decides.
process.on('unhandledRejection', () => {})

await serveJobs(({ header }, ask) => parse(header as unknown as ParseJob, ask))
