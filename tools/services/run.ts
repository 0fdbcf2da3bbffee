import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const SHOWN_OUTPUT = 2000

/**
 * Runs a program to its end without showing its output.
 *
 * @param signal kills it
 * @throws Error with the end of the output, when it fails
 */
export async function run(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<string> {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    killSignal: 'SIGKILL',
    ...(signal !== undefined && { signal }),
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (status !== 0) {
    throw new Error(`${program} ${args.join(' ')} ended with ${status}\n${output.trim().slice(-SHOWN_OUTPUT)}`)
  }
  return output
}

/** The path of a program on the PATH, or undefined. */
export function onPath(program: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, program)
    if (isProgram(path)) return path
  }
  return undefined
}

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
