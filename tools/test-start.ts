import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { after } from 'node:test'

const ROOT = dirname(import.meta.dirname)
const started = new Set<ChildProcess>()
after(() => {
  for (const child of started) child.kill('SIGTERM')
})

/** `npm start` without npm, with its data in this folder. */
export function npmStart(folder: string, given: readonly string[]) {
  const args = [join(ROOT, 'tools', 'boot.mjs'), 'start', '--sample', folder, ...given]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'exit')
  started.add(child)
  let output = ''
  const listeners = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      for (const listener of listeners) listener()
    })
  }
  return {
    /** Waits until it has printed this, and gives the match. */
    async says(expected: RegExp): Promise<RegExpExecArray> {
      const { promise, resolve } = Promise.withResolvers<void>()
      const listener = (): void => {
        if (expected.test(output)) resolve()
      }
      listeners.add(listener)
      listener()
      await Promise.race([promise, ended])
      const match = expected.exec(output)
      assert.ok(match, `it ended without saying ${expected}:\n${output}`)
      return match
    },
    async stop(): Promise<void> {
      child.kill('SIGTERM')
      await ended
    },
    /** Its exit status, once it has ended by itself. */
    status: async () => (await ended)[0],
  }
}
