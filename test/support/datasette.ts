import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** The path of Datasette's own command, which the test runner installs from PyPI; undefined where there is none. */
export const DATASETTE = process.env.HOLDALL_TEST_DATASETTE

const START_LIMIT_MS = 60_000

export interface DatasetteOptions {
  readonly databases: readonly string[]
  readonly config: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

export interface RunningDatasette {
  readonly url: string
  stop(): Promise<void>
}

export async function startDatasette({ databases, config, cwd, env }: DatasetteOptions): Promise<RunningDatasette> {
  const port = await freePort()
  const child = spawn(
    DATASETTE as string,
    ['serve', ...databases, '-c', config, '-p', String(port), '--secret', 'test'],
    {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
  }
  const ended = once(child, 'exit')
  const url = `http://127.0.0.1:${port}`
  const limit = performance.now() + START_LIMIT_MS
  while (!(await answers(`${url}/-/versions.json`))) {
    if (child.exitCode !== null || performance.now() > limit) throw new Error(`Datasette did not start:\n${printed}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return {
    url,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url)
    return true
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
