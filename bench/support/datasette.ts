import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

export interface RunningDatasette {
  readonly url: string
  stop(): Promise<void>
}

/** Starts the `datasette` that the test runner installs (HOLDALL_TEST_DATASETTE) and waits until it answers. */
export async function startDatasette(args: readonly string[]): Promise<RunningDatasette> {
  const command = process.env.HOLDALL_TEST_DATASETTE
  if (!command) throw new Error('HOLDALL_TEST_DATASETTE does not name a datasette; `npm test` installs one.')
  // Datasette prints no port that it picked itself, so one is picked for it.
  const port = 20_000 + Math.floor(Math.random() * 20_000)
  const child: ChildProcess = spawn(command, ['serve', ...args, '-p', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let printed = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    printed = (printed + text).slice(-4000)
  })
  const url = `http://127.0.0.1:${port}`
  for (let attempt = 0; attempt < 150; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`datasette ended with ${child.exitCode}:\n${printed}`)
    const up = await fetch(`${url}/-/versions.json`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (up) {
      return {
        url,
        async stop() {
          child.kill('SIGKILL')
          await once(child, 'exit')
        },
      }
    }
    await sleep(200)
  }
  child.kill('SIGKILL')
  throw new Error(`datasette did not answer:\n${printed}`)
}
