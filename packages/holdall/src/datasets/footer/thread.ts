import { parentPort } from 'node:worker_threads'
import { HoldallError } from '../../web/error.ts'
import { parseFooter } from './parse.ts'
import type { Answer, Job } from './protocol.ts'

parentPort?.on('message', ({ footer, sizeBytes, limits }: Job) => {
  parentPort?.postMessage(answer({ footer, sizeBytes, limits }))
})

function answer({ footer, sizeBytes, limits }: Job): Answer {
  try {
    return { file: parseFooter(footer, sizeBytes, limits) }
  } catch (error) {
    if (error instanceof HoldallError) return { refused: { code: error.code, values: error.values } }
    return { failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  } finally {
    // Given back now: the next footer may come before the garbage is collected.
    footer.buffer.transfer(0)
  }
}
