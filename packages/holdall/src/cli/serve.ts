import { spawn } from 'node:child_process'
import { listWords } from '../access/action-words.ts'
import { loadConfiguration } from '../app/configuration.ts'
import { startHoldall } from '../app/holdall.ts'
import { describeNotes } from '../config/config.ts'
import { rememberAddress } from './address.ts'
import { CommandError, type CommandIo, DATA_OPTIONS, parse, wholeNumber } from './arguments.ts'
import { DEFAULT_DATA, DEFAULT_HOST, DEFAULT_PORT } from './defaults.ts'
import { openLog } from './log-output.ts'

/** `holdall serve [DB…]`: serves until it is told to stop. */
export async function serve(argv: readonly string[], io: CommandIo): Promise<void> {
  const { values, positionals } = parse(argv, {
    ...DATA_OPTIONS,
    port: { type: 'string', short: 'p', default: String(DEFAULT_PORT) },
    host: { type: 'string', short: 'h', default: DEFAULT_HOST },
    secret: { type: 'string' },
    root: { type: 'boolean', default: false },
    create: { type: 'boolean', default: false },
    open: { type: 'boolean', default: false },
    log: { type: 'string' },
  })
  const port = wholeNumber('port', values.port, 0, 65_535)
  const { config, notes, plugins } = await loadConfiguration({
    file: values.config,
    env: io.env,
    databases: positionals,
  })
  for (const note of describeNotes(notes)) io.stderr.write(`note: ${note}\n`)

  const output = openLog(values.log, io)
  const holdall = await startHoldall({
    config,
    plugins,
    data: values.data ?? DEFAULT_DATA,
    internal: values.internal,
    secret: values.secret,
    createDatabases: values.create,
    env: io.env,
    log: output.log,
    listen: { port, host: values.host },
  }).catch((error: NodeJS.ErrnoException) => {
    output.flush()
    throw error.code === undefined || error.syscall !== 'listen' ? error : explainListen(error, values.host, port)
  })

  try {
    rememberAddress(values.data ?? DEFAULT_DATA, holdall.url)
    io.stdout.write(`Holdall serves at ${holdall.url}\n`)
    if (values.root) {
      const link = await holdall.createSignInLink('root')
      io.stdout.write(`Sign in as root, once, within 24 hours: ${link}\n`)
      if (values.open) openInBrowser(link)
    } else if (values.open) openInBrowser(holdall.url)
    const open = openWords(await holdall.openDatabases())
    if (open !== null) {
      io.stdout.write(
        `Everybody may see ${open}, signed in or not; ${holdall.url}${holdall.url.endsWith('/') ? '' : '/'}-/people says how to change that.\n`,
      )
    }
    io.stdout.write('Ctrl-C stops it.\n')
    await stopped(io.signal)
  } finally {
    await holdall.close()
    output.flush()
  }
}

/** So many databases are named; of more, the number is said. */
const NAMED = 3

function openWords(names: readonly string[]): string | null {
  if (names.length === 0) return null
  if (names.length > NAMED) return `${names.length} databases`
  return `the ${names.length === 1 ? 'database' : 'databases'} ${listWords(names)}`
}

function explainListen(error: NodeJS.ErrnoException, host: string, port: number): CommandError {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} is taken, most likely by another Holdall. Choose another with --port, or --port 0 for any that is free.`,
    EACCES: `Port ${port} needs more rights than this program has. Choose one above 1023 with --port.`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Choose one of its own with --host.`,
    ENOTFOUND: `The host ${host} is not known. Choose an address of this machine with --host.`,
  }
  return new CommandError(
    reasons[error.code ?? ''] ?? `Port ${port} of ${host} cannot be listened on: ${error.message}`,
  )
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function openInBrowser(url: string): void {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '', url]
        : ['xdg-open', url]
  // No browser is no failure: the address has been printed.
  spawn(command as string, args, { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref()
}
