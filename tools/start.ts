import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { dirname, join, relative, resolve } from 'node:path'
import { newFolders, type Own, prepareOwn, readOwn, withoutAddress } from './own.ts'
import { forgetRunning, noteRunning, runningOn } from './running.ts'
import { addressIn, isIncomplete, isMade, sampleIn } from './sample/place.ts'

const ROOT = dirname(import.meta.dirname)
const COMMAND = join(ROOT, 'packages', 'holdall', 'bin', 'holdall.js')
const HOST = '127.0.0.1'
const PORT = 8001
const PORTS_TRIED = 20
const TOKEN_NAME = 'made by npm start for the sample'
const TOKEN_ARGUMENTS = ['token', 'create', 'root', '--name', TOKEN_NAME, '--expires', '1']

// `--sample FOLDER` keeps the sample elsewhere; `my.db [--files FOLDER …]` is served instead of it; everything else is for
// `holdall serve`.
const given = process.argv.slice(2)
const startedBy = ['npm start --', ...given.map(asTyped)].join(' ')
const besideBy = ['npm start --', ...withoutAddress(given).others.map(asTyped), '--port N'].join(' ')
const option = given.indexOf('--sample')
const folder = resolve(ROOT, (option === -1 ? undefined : given.splice(option, 2)[1]) ?? '.holdall')
const sample = sampleIn(folder)
const own = ownGiven()
const ownPlace = join(folder, 'own')
const data = own ? join(ownPlace, 'data') : sample.data
const config = own ? join(ownPlace, 'holdall.yaml') : sample.config
const onData = ['-c', config, '--data', data]
const { port: chosen, others } = withoutAddress(given)
// Where it is served does not count: the same is there. Nor do folders: those that were given once stay.
const serves = JSON.stringify(own ? { databases: own.databases, others: withoutAddress(own.others).others } : others)
const running = runningOn(data)
if (running?.serves === serves && (chosen === undefined || isServedOn(running.url, chosen))) {
  sayRunning(running.url)
  const lacking = own ? newFolders(ownPlace, own.folders) : []
  if (lacking.length > 0) {
    say(
      `It has no source for ${lacking.map(shown).join(', ')} yet: stop it, then start it with the same command again.`,
    )
  }
  process.exit(lacking.length > 0 ? 1 : 0)
}

if (own) {
  say(
    `Without the sample. What is kept beside ${own.databases.map(shown).join(', ')}, uploads included, is in ${shown(ownPlace)}.`,
  )
} else if (!isMade(folder)) {
  // What makes the sample loads a library for pictures, which a second start does without.
  const { makeSample, drawPicturesToTry } = await import('./sample/sample.ts')
  // Before the database, whose presence says that all this is done.
  await drawPicturesToTry(folder)
  makeSample(folder)
  say(`Made the sample, a small museum’s collection, in ${shown(folder)}.`)
  say(`Pictures to try your own uploads with: ${shown(sample.picturesToTry)}`)
}
const served = own
  ? [...own.databases, ...prepareOwn(ownPlace, own), ...own.others]
  : [sample.database, ...onData, '--log', sample.log, ...given]
const port = chosen === undefined ? await freePort() : undefined
const ports = port === undefined ? [] : ['--port', String(port)]
const before = addressIn(data)
const server = holdall(['serve', '--root', ...ports, ...served])
const { pid } = server
if (pid !== undefined) noteRunning(data, pid, serves, null)
const stop = new AbortController()
// A terminal sends Ctrl-C to the server as well: stay until it has ended.
process.on('SIGINT', () => stop.abort())
for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => server.kill(signal))
server.on('exit', (code) => {
  if (pid !== undefined) forgetRunning(data, pid)
  stop.abort()
  process.exitCode = code ?? 1
})
const url = await servingAt(server)
if (url !== undefined && pid !== undefined) noteRunning(data, pid, serves, url)
if (url !== undefined && port !== undefined) sayWhere(url, port)
if (url !== undefined && own === undefined && isIncomplete(folder)) await addFiles(url)
if (url !== undefined) await prepareNextStart()

function ownGiven(): Own | undefined {
  try {
    // npm runs this in the checkout, wherever it was called.
    return readOwn(given, process.env.INIT_CWD ?? process.cwd())
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    process.exit(2)
  }
}

async function addFiles(serving: string): Promise<void> {
  try {
    const token = await printed(holdall([...TOKEN_ARGUMENTS, ...onData]))
    say('Drawing the sample’s pictures and uploading them; the pages work meanwhile.')
    const { completeSample } = await import('./sample/sample.ts')
    await completeSample(folder, { url: serving, token, signal: stop.signal, progress })
    const { endTokens } = await import('./sample/send.ts')
    await endTokens(TOKEN_NAME, { url: serving, token, signal: stop.signal }).catch((error: Error) => {
      process.stderr.write(`Its token ends by itself in a day, because it could not be ended now: ${error.message}\n`)
    })
    say('The sample is complete.')
  } catch (error) {
    if (stop.signal.aborted) return
    process.stderr.write(
      `The sample’s files are not all there: ${(error as Error).message}\nThe next start goes on with them.\n`,
    )
  }
}

/** From a build a start takes half as long. */
async function prepareNextStart(): Promise<void> {
  try {
    const { buildCheckout } = await import('./build.ts')
    await buildCheckout()
  } catch (error) {
    process.stderr.write(
      `The next start reads the sources, because they could not be built: ${(error as Error).message}\n`,
    )
  }
}

function progress(done: number, of: number): void {
  if (process.stdout.isTTY) process.stdout.write(`\r  ${done} of ${of}${done === of ? '\n' : ''}`)
  else if (done % 10 === 0 || done === of) say(`  ${done} of ${of}`)
}

/** A process whose output can be read here; what it says on stderr is shown as it is. */
function holdall(args: readonly string[]): ChildProcess {
  const env = { ...process.env, HOLDALL_STARTED_BY: startedBy }
  return spawn(process.execPath, [COMMAND, ...args], { cwd: ROOT, env, stdio: ['inherit', 'pipe', 'inherit'] })
}

/** Shows what the server prints, and resolves with its address, or undefined when it ends without one. */
function servingAt(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    let seen = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      process.stdout.write(text)
      seen += text
      const address = /Holdall serves at (http\S+?)\/?\n/.exec(seen)
      if (address) resolve(address[1])
    })
    child.on('exit', () => resolve(undefined))
  })
}

async function printed(child: ChildProcess): Promise<string> {
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const status = await new Promise((resolve) => child.on('close', resolve))
  if (status !== 0) throw new Error(`holdall token create ended with ${status}.`)
  return output.trim()
}

/** The usual port, or the next that nobody listens on. */
async function freePort(): Promise<number> {
  for (let port = PORT; port < PORT + PORTS_TRIED; port++) {
    if (await isFree(port)) return port
  }
  return 0
}

function isServedOn(address: string | null, port: number): boolean {
  return address !== null && Number(new URL(address).port) === port
}

/** Two servers may share their data; who calls this twice wants the one that is there. */
function sayRunning(address: string | null): void {
  say(address === null ? 'Holdall is just being started here.' : `Holdall is running here already, at ${address}`)
  say(`For another sign-in link: npx holdall link root -c ${shown(config)} --data ${shown(data)}`)
  say(`To start another server beside it, on the same data: ${besideBy}`)
}

/** An address that is not the usual one, or not the last one, is said: bookmarks and links lead to the other. */
function sayWhere(url: string, port: number): void {
  const choose = 'To choose the port: npm start -- --port N'
  if (running) {
    say(
      `Another Holdall runs at ${running.url ?? 'another address'}, with other databases on the same data; this one is at ${url}. ${choose}`,
    )
  } else if (port !== PORT)
    say(`Port ${PORT} is taken, most likely by another Holdall; this one is at ${url}. ${choose}`)
  else if (before !== undefined && before !== url) say(`It was at ${before} before, and is at ${url} now. ${choose}`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, HOST, () => probe.close(() => resolve(true)))
  })
}

/** A word as a shell reads it. */
function asTyped(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

function shown(path: string): string {
  const inside = relative(ROOT, path)
  return inside.startsWith('..') ? path : inside
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
