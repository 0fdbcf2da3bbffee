import { serveJobs } from '../../files/children/serve.ts'
import { createEngineProcess } from './run.ts'
import { engineSettings } from './settings.ts'

// A process of the query engine. It begins before there is a query for it, so that none waits for a start.

const run = createEngineProcess(engineSettings(process.env))

await serveJobs(async ({ payload }) => {
  const { header, rows } = await run(JSON.parse(payload.toString()))
  return { header: { ok: true, ...header }, ...(rows !== undefined && { payload: rows }) }
})
