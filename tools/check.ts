import { dirname } from 'node:path'
import { runSteps } from './check/run-steps.ts'
import { checkSteps } from './check/steps.ts'

const { passed, failed } = await runSteps(checkSteps(dirname(import.meta.dirname)), (text) =>
  process.stdout.write(text),
)
process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
