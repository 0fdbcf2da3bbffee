import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

/** A command of a guide, or what its reader is told to see after it. */
export type Step =
  | { readonly kind: 'run'; readonly line: number; readonly code: string }
  | { readonly kind: 'see'; readonly line: number; readonly text: string }

export interface Ran {
  /** Exit status of the first command that failed, else 0. */
  readonly code: number | null
  /** What every block of commands printed, by the line where it begins. */
  readonly printed: ReadonlyMap<number, string>
}

const COMMAND = fileURLToPath(new URL('../../packages/holdall/bin/holdall.js', import.meta.url))
const AWS = fileURLToPath(new URL('./aws.ts', import.meta.url))
const PARQUET = fileURLToPath(new URL('./guide-parquet.ts', import.meta.url))
/** The port of Holdall in every guide, and that of something beside it. */
const WRITTEN_PORT = /\b8001\b/g
const WRITTEN_OTHER_PORT = /\b8080\b/g
const MARK = '\u0001'

/**
 * The steps of a guide: its `sh` blocks, the `text` blocks that show what they print, and commands in comments that begin
 * with `test:`, which make what a reader already has. A block after a comment that begins with `file:` is kept under that name.
 */
export function stepsOf(markdown: string): Step[] {
  const steps: Step[] = []
  for (const found of markdown.matchAll(
    /^<!-- file: (\S+) -->\n```\w+\n([\s\S]*?)^```$|^ *```(sh|text)\n([\s\S]*?)^ *```$|^<!-- test:\n([\s\S]*?)-->$/gm,
  )) {
    const [, name, kept = '', language, content = '', hidden] = found
    const line = markdown.slice(0, found.index).split('\n').length
    if (name !== undefined) steps.push({ kind: 'run', line, code: `cat > ${name} <<'END-OF-FILE'\n${kept}END-OF-FILE` })
    else if (hidden !== undefined) steps.push({ kind: 'run', line, code: hidden })
    else if (language === 'sh') steps.push({ kind: 'run', line, code: dedent(content) })
    else steps.push({ kind: 'see', line, text: dedent(content) })
  }
  return steps
}

/** What a reader keeps in files, by their names. */
export function filesOf(markdown: string): Readonly<Record<string, string>> {
  const found = markdown.matchAll(/^<!-- file: (\S+) -->\n```\w+\n([\s\S]*?)^```$/gm)
  return Object.fromEntries([...found].map(([, name = '', content = '']) => [name, content]))
}

/** Runs the commands one after the other, in one shell, in `folder`; `holdall serve` goes on in the background. */
export async function runGuide(steps: readonly Step[], folder: string): Promise<Ran> {
  const [port, other] = [String(await freePort()), String(await freePort())]
  const blocks = steps.flatMap((step) =>
    step.kind === 'run'
      ? [`printf '${MARK}${step.line}\\n'\n${step.code.replace(WRITTEN_PORT, port).replace(WRITTEN_OTHER_PORT, other)}`]
      : [],
  )
  const child = spawn('bash', ['-euo', 'pipefail'], {
    cwd: folder,
    env: { ...process.env, HOME: folder, GUIDE_PORT: port },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
  }
  child.stdin.end(`${PRELUDE}\n${blocks.join('\n')}\n`)
  const [code] = (await once(child, 'close')) as [number | null]
  const parts = printed.split(MARK).slice(1)
  return {
    code,
    printed: new Map(
      parts.map((part) => {
        const end = part.indexOf('\n')
        return [Number(part.slice(0, end)), part.slice(end + 1)]
      }),
    ),
  }
}

/** Whether every line of `shown` was printed, in order; `…` stands for anything. */
export function wasPrinted(shown: string, printed: string): boolean {
  const lines = shown.split('\n').filter((line) => line.trim() !== '')
  const patterns = lines.map((line) => line.trim().split('…').map(escaped).join('.*'))
  return new RegExp(patterns.join('[\\s\\S]*?'), 'm').test(printed)
}

// Readers have `holdall` on their path or call it by npx; their server runs in another window.
const PRELUDE = `
holdall() {
  if [ "\${1:-}" = serve ]; then
    "${process.execPath}" "${COMMAND}" "$@" --port "$GUIDE_PORT" > serve.log 2>&1 &
    server=$!
    for _ in $(seq 300); do
      if grep -q 'serves at' serve.log; then return 0; fi
      if ! kill -0 $server 2> /dev/null; then break; fi
      sleep 0.1
    done
    cat serve.log
    return 1
  fi
  "${process.execPath}" "${COMMAND}" "$@"
}
npx() { "$@"; }
aws() { "${process.execPath}" "${AWS}" "$@"; }
write_parquet() { "${process.execPath}" "${PARQUET}" "$@"; }
stop_server() {
  if [ -n "\${server:-}" ]; then kill $server 2> /dev/null && wait $server 2> /dev/null; fi
  server=
  return 0
}
trap stop_server EXIT
`

function dedent(text: string): string {
  const indent = /^ */.exec(text)?.[0] ?? ''
  return text.replaceAll(new RegExp(`^${indent}`, 'gm'), '')
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
