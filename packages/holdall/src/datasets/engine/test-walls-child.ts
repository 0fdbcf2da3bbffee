import { serveJobs } from '../../files/children/serve.ts'
import { createInstance } from './instance.ts'
import { shown } from './messages.ts'
import { createOpenFiles } from './open-files.ts'
import { giveUpRights } from './rights.ts'
import { engineSettings } from './settings.ts'

// A process of the engine without its gate: what remains of the walls has to hold whatever SQL is run.

const settings = engineSettings(process.env)
const files = createOpenFiles()
let rights: string | undefined

await serveJobs(async ({ payload }) => {
  const { file, sql } = JSON.parse(payload.toString())
  const path = files.pathOf(file)
  rights ??= giveUpRights()
  const instance = await createInstance(settings)
  let message = ''
  try {
    await instance.lock([{ name: 'data', paths: [path] }])
    await instance.connection.run(sql.replaceAll('{file}', path))
  } catch (error) {
    message = shown(error instanceof Error ? error.message : String(error), new Map())
  }
  instance.close()
  return { header: { ok: true, rights, message } }
})
