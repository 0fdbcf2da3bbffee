import { HoldallError } from '../web/error.ts'
import { CommandError, type CommandIo, UsageError } from './arguments.ts'

interface Command {
  readonly summary: string
  /** Loaded when it is asked for: a command starts without the others' libraries. */
  load(): Promise<(argv: readonly string[], io: CommandIo) => Promise<void>>
}

const COMMANDS: Readonly<Record<string, Command>> = {
  backup: {
    summary: 'copy the databases and what belongs to them, beside a running server: holdall backup FOLDER',
    load: async () => (await import('./backup.ts')).backup,
  },
  collections: {
    summary: 'make a collection for datasets, or list them: holdall collections create ID',
    load: async () => (await import('./collections.ts')).collections,
  },
  doctor: {
    summary: 'try each storage, and print the fix for what fails: holdall doctor [SOURCE]',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  secrets: {
    summary: 'keep a secret that the configuration names: holdall secrets set NAME',
    load: async () => (await import('./secrets.ts')).secrets,
  },
  serve: { summary: 'serve databases and files', load: async () => (await import('./serve.ts')).serve },
  link: { summary: 'make a one-time sign-in link for somebody', load: async () => (await import('./link.ts')).link },
  gc: {
    summary: 'say what nobody will ask for again (due trash, bytes that nothing names); --delete removes it',
    load: async () => (await import('./gc.ts')).gc,
  },
  sync: {
    summary: 'make the registry follow what lies in a source: holdall sync SOURCE',
    load: async () => (await import('./sync.ts')).sync,
  },
  token: {
    summary: 'make a token for scripts: holdall token create ACTOR',
    load: async () => (await import('./token.ts')).token,
  },
  upload: { summary: 'upload files to a source', load: async () => (await import('./upload.ts')).upload },
  'upload-parquet': {
    summary: 'upload a Parquet file to a collection, and follow it until it is a dataset',
    load: async () => (await import('./upload-parquet.ts')).uploadParquet,
  },
  verify: {
    summary: 'read every file again and compare it with what was recorded; --repair records what has changed',
    load: async () => (await import('./verify.ts')).verify,
  },
}

/** Runs `holdall …`; resolves with the exit status: 0, 1 for failure, 2 for wrong usage. */
export async function main(argv: readonly string[], io: CommandIo = processIo()): Promise<number> {
  const [name = '', ...rest] = argv
  if (name === '' || name === 'help' || argv.includes('--help')) {
    io.stdout.write(usage())
    return name === '' ? 2 : 0
  }
  if (name === '--version') {
    const { VERSION } = await import('../app/version.ts')
    io.stdout.write(`${VERSION}\n`)
    return 0
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  try {
    if (command === undefined) throw new UsageError(`There is no command "${name}".`)
    const run = await command.load()
    await run(rest, io)
    return 0
  } catch (error) {
    if (error instanceof UsageError) {
      io.stderr.write(`holdall: ${error.message}\nholdall --help lists the commands and their options.\n`)
      return 2
    }
    if (error instanceof HoldallError && error.code === 'configuration_invalid') {
      io.stderr.write(`${error.errors.join('\n')}\n`)
      return 2
    }
    if (error instanceof CommandError || error instanceof HoldallError) {
      io.stderr.write(`holdall: ${error.message}\n`)
      return 1
    }
    throw error
  }
}

function processIo(): CommandIo {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => stop.abort(signal))
  }
  const { stdin, stdout, stderr, env } = process
  return { stdin, stdout, stderr, env, signal: stop.signal }
}

function usage(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(16)}${summary}`)
  return `Holdall: files for your tables, tables from your files.

  holdall serve [DB…] [-c FILE] [-p PORT] [-h HOST] [--root] [--create] [--open]
  holdall link ACTOR [--url URL]
  holdall token create ACTOR [--name NAME] [--expires DAYS] [--restrict ACTION[:RESOURCE]]…
  holdall collections list | create ID [--organization UUID] [--label TEXT] [--source SLUG] [--catalog NAME]
                      [--view NAMES] [--query NAMES] [--edit NAMES] [--json]
  holdall secrets set NAME | list | remove NAME [--secret SECRET]
  holdall sync SOURCE [--json]
  holdall upload FILE… --source SLUG [--url URL] [--token TOKEN] [--concurrency N] [--no-resume] [--json]
  holdall upload-parquet --file FILE --api-base-url URL --orgid UUID --collection-id ID [--token TOKEN]
                         [--token-header NAME] [--timeout SECONDS] [--json]
  holdall doctor [SOURCE] [--origin URL] [--json]
  holdall verify [SOURCE] [--quick] [--repair] [--json]
  holdall backup FOLDER [DB…]
  holdall gc [DB…] [--delete]

${lines.join('\n')}

-c FILE, --data FOLDER and --internal FILE belong to every command that works on the server's data.
`
}
