import { HoldallError } from '../web/error.ts'
import { CommandError, type CommandIo, UsageError } from './arguments.ts'
import { COMMANDS, helpOf, helpOfAll } from './commands.ts'

/** What shells say of a program that a signal has ended. */
const STOPPED: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143 }

/** Runs `holdall …`; resolves with the exit status: 0, 1 for failure, 2 for wrong usage, 130 and 143 when it was stopped. */
export async function main(argv: readonly string[], io: CommandIo = processIo()): Promise<number> {
  const [name = '', ...rest] = argv
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (name === '' || name === 'help' || argv.includes('--help')) {
    io.stdout.write(command === undefined ? helpOfAll() : helpOf(command))
    return name === '' ? 2 : 0
  }
  if (name === '--version') {
    const { VERSION } = await import('../app/version.ts')
    io.stdout.write(`${VERSION}\n`)
    return 0
  }
  try {
    if (command === undefined) throw new UsageError(`There is no command "${name}".`)
    const run = await command.load()
    await run(rest, io)
    return 0
  } catch (error) {
    if (error instanceof UsageError) {
      io.stderr.write(
        `holdall: ${error.message}\n${command === undefined ? 'holdall --help lists the commands.' : `holdall ${name} --help tells how it is written.`}\n`,
      )
      return 2
    }
    if (error instanceof HoldallError && error.code === 'configuration_invalid') {
      io.stderr.write(`${error.errors.join('\n')}\n`)
      return 2
    }
    if (error instanceof CommandError || error instanceof HoldallError) {
      io.stderr.write(`holdall: ${error.message}\n`)
      return io.signal.aborted ? (STOPPED[String(io.signal.reason)] ?? 1) : 1
    }
    throw error
  }
}

function processIo(): CommandIo {
  const stop = new AbortController()
  for (const [signal, status] of Object.entries(STOPPED)) {
    process.on(signal, () => {
      // Whoever asks twice does not want to wait for what is being put in order.
      if (stop.signal.aborted) process.exit(status)
      stop.abort(signal)
    })
  }
  const { stdin, stdout, stderr, env } = process
  return { stdin, stdout, stderr, env, signal: stop.signal }
}
