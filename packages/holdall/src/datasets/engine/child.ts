import { setPriority } from 'node:os'
import { frameHead } from '../../files/children/frames.ts'
import { serveJobs } from '../../files/children/serve.ts'
import { type Job, READY } from './jobs.ts'
import { createEngineProcess } from './run.ts'
import { engineSettings } from './settings.ts'

// A process of the query engine. It begins before there is a query for it, so that none waits for a start.

const settings = engineSettings(process.env)
setPriority(settings.niceness)

const engine = createEngineProcess(settings, (told) => process.stdout.write(frameHead({ told }, 0)))

await serveJobs(async ({ payload }) => {
  const job: Job | typeof READY = JSON.parse(payload.toString())
  if (job === READY) {
    await engine.ready()
    return { header: { ok: true } }
  }
  const { header, rows } = await engine.run(job)
  return { header: { ok: true, ...header }, ...(rows !== undefined && { payload: rows }) }
})
