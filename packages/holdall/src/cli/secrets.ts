import { createInterface } from 'node:readline'
import { type Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { createKeptSecrets, type KeptSecrets } from '../secrets/kept.ts'
import { resolveServerSecret } from '../secrets/server-secret.ts'
import { CommandError, type CommandIo, DATA_OPTIONS, parse, UsageError } from './arguments.ts'
import { withServerData } from './internal.ts'

const USAGE = 'Write: holdall secrets set NAME, holdall secrets list, or holdall secrets remove NAME'

/**
 * `holdall secrets set NAME` reads the value from standard input, or asks for it without showing it; `list` prints the
 * names. A value is never an argument: other people on the machine see those, and shells remember them.
 */
export async function secrets(argv: readonly string[], io: CommandIo): Promise<void> {
  const { values, positionals } = parse(argv, { ...DATA_OPTIONS, secret: { type: 'string' } })
  const [verb = '', name = '', ...more] = positionals
  if (more.length > 0 || (verb === 'list') !== (name === '')) throw new UsageError(USAGE)
  const work = Object.hasOwn(WORK, verb) ? WORK[verb] : undefined
  if (work === undefined) throw new UsageError(USAGE)
  // A server that is started for the first time finds there what its sources name.
  await withServerData({ ...values, begins: verb === 'set' }, io, async ({ path, db }) => {
    const secret = await resolveServerSecret({ option: values.secret ?? '', env: io.env, dataDirectory: path })
    await work(createKeptSecrets(db, secret), name, io)
  })
}

const WORK: Readonly<Record<string, (kept: KeptSecrets, name: string, io: CommandIo) => Promise<void>>> = {
  async set(kept, name, io) {
    const value = await valueFor(name, io)
    if (value === '') throw new CommandError(`The secret ${name} was not set: nothing was given.`)
    await kept.set(name, value)
    io.stderr.write(`Kept ${name}. A server that waits for it has it in a few seconds.\n`)
  },
  async list(kept, _name, io) {
    for (const { name, updatedAt } of await kept.list()) io.stdout.write(`${name}\t${updatedAt}\n`)
  },
  async remove(kept, name, io) {
    if (!(await kept.remove(name))) throw new CommandError(`No secret ${name} is kept.`)
    io.stderr.write(`Removed ${name}.\n`)
  },
}

async function valueFor(name: string, { stdin, stderr, signal }: CommandIo): Promise<string> {
  if (stdin === undefined) return ''
  // What `echo` and files end with is no part of it.
  if (!stdin.isTTY) return (await text(stdin)).replace(/\r?\n$/, '')
  return await askUnseen(`Value of ${name} (it is not shown): `, stdin, stderr, signal)
}

function askUnseen(question: string, input: Readable, output: CommandIo['stderr'], signal: AbortSignal) {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output: nowhere, terminal: true })
  output.write(question)
  return new Promise<string>((resolve, reject) => {
    const stopped = () => reject(new CommandError('Stopped; nothing was set.'))
    signal.addEventListener('abort', stopped, { once: true })
    lines.on('SIGINT', stopped)
    lines.question('', resolve)
  }).finally(() => {
    lines.close()
    output.write('\n')
  })
}
