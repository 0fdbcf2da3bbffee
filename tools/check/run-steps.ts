import type { Step } from './steps.ts'

/** Runs the steps one after the other, says how each went, and gives how many did. */
export async function runSteps(
  steps: readonly Step[],
  write: (text: string) => void,
): Promise<{ passed: number; failed: number }> {
  let passed = 0
  for (const { name, run } of steps) {
    const began = performance.now()
    const { ok, output } = await run()
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    write(`${ok ? '✓' : '✗'} ${name} (${seconds} s)\n`)
    if (ok) passed += 1
    else write(`${output.replace(/^/gm, '    ')}\n`)
  }
  return { passed, failed: steps.length - passed }
}
