import { setPriority } from 'node:os'
import { serveJobs } from '../../files/children/serve.ts'
import { type Job, READY } from './jobs.ts'
import { createEngineProcess } from './run.ts'
import { engineSettings } from './settings.ts'

const NICENESS = 5

// A process of the query engine. It begins before there is a query for it, so that none waits for a start.

// However much is asked, the server itself comes first.
setPriority(NICENESS)

const engine = createEngineProcess(engineSettings(process.env))

await serveJobs(async ({ payload }) => {
  const job: Job | typeof READY = JSON.parse(payload.toString())
  if (job === READY) {
    await engine.ready()
    return { header: { ok: true } }
  }
  const { header, rows } = await engine.run(job)
  return { header: { ok: true, ...header }, ...(rows !== undefined && { payload: rows }) }
})
