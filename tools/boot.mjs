// The one entry to the workspace: `node tools/boot.mjs start | test | check | bench`.
// Runs on Node 18 and up, before anything is installed: builtins only, none of our own modules.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const COMMANDS = {
  start: 'tools/start.ts',
  test: 'tools/test.ts',
  check: 'tools/check.ts',
  bench: 'bench/main.ts',
}
const OLDEST_BOOT_NODE = 18
const OLDEST_NODE = 24
const PARENT_CHECK_MS = 1000
const START_HELP = `install what Holdall needs and serve, with a link that signs in once as root

  npm start                                 a sample, the collection of a small museum
  npm start -- my.db [--files FOLDER …]     databases of your own, with the files of folders that you have

  --sample FOLDER   where the sample, and what is kept beside your databases, is (.holdall when it is not given)
  --port N          where it listens; else 8001, or the next that is free

Whatever else stands after the first -- is for holdall serve. Once npm start has installed it,
this prints its help, here in the checkout: npx holdall serve --help
`

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [command, ...args] = process.argv.slice(2)

if (!Object.hasOwn(COMMANDS, command ?? '')) {
  stop(2, `Usage: node tools/boot.mjs ${Object.keys(COMMANDS).join(' | ')} [arguments]`)
}
if (major() < OLDEST_BOOT_NODE) {
  stop(
    2,
    `This is Node ${process.versions.node}. Install Node ${OLDEST_NODE} (or any from ${OLDEST_BOOT_NODE} on), then run this again.`,
  )
}
if (command === 'start' && args.includes('--help')) {
  process.stdout.write(START_HELP)
  process.exit()
}
installPackages()
run(chosenNode(), join(root, COMMANDS[command]), args)

function installPackages() {
  const stamp = join(root, 'node_modules', '.holdall-installed')
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(`${process.platform} ${process.arch}`)
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return

  const npm = findNpm()
  if (!npm) stop(2, 'npm was not found beside Node or on the PATH. Install npm, then run this again.')
  const first = !existsSync(join(root, 'node_modules', '.package-lock.json'))
  say(first ? 'Installing npm packages (first run) …' : 'Updating npm packages (the lockfile changed) …')
  const began = Date.now()
  // Not `ci`: it deletes the Node that may be running this, and insists on the lockfile naming every tool's binaries
  // for platforms that this machine is not.
  // No package needs its install script: binaries come as optional dependencies.
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const done = spawnSync(npmNode(), [npm, 'install', '--no-save', ...quiet], { cwd: root, stdio: 'inherit' })
  if (done.status !== 0) {
    const why = done.error ? done.error.message : `exit status ${done.status ?? done.signal}`
    stop(
      1,
      `npm could not install the packages (${why}). Its own message is above; run this again once that is solved.`,
    )
  }
  writeFileSync(stamp, wanted)
  say(`Installed in ${((Date.now() - began) / 1000).toFixed(1)} s.`)
}

function chosenNode() {
  if (major() >= OLDEST_NODE) return process.execPath
  const packaged = packagedNode()
  if (packaged) return packaged
  stop(
    2,
    `Holdall needs Node ${OLDEST_NODE} or newer; this is ${process.versions.node}, and there is no packaged Node for ` +
      `${process.platform}-${process.arch} in node_modules (npm config "omit=optional" leaves it out). ` +
      `Install Node ${OLDEST_NODE}, then run this again.`,
  )
}

/** The Node 24 that npm brought, or undefined. */
function packagedNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const file = process.platform === 'win32' ? 'node.exe' : 'node'
  const path = join(root, 'node_modules', `node-${platform}-${process.arch}`, 'bin', file)
  return existsSync(path) ? path : undefined
}

/** Windows cannot replace a running program, and npm may be about to replace the packaged Node. */
function npmNode() {
  if (major() >= OLDEST_NODE || process.platform === 'win32') return process.execPath
  return packagedNode() ?? process.execPath
}

function findNpm() {
  const beside = dirname(process.execPath)
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'npm'))
  const candidates = [
    process.env.npm_execpath,
    join(beside, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(beside, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    ...onPath,
  ]
  for (const candidate of candidates) {
    if (!candidate || !existsSync(candidate)) continue
    const real = realpathSync(candidate)
    if (basename(real) === 'npm-cli.js') return real
  }
  return undefined
}

function run(node, script, scriptArgs) {
  if (!existsSync(script)) stop(2, `${script} is not in this checkout.`)
  process.env.PATH = dirname(node) + delimiter + (process.env.PATH ?? '')
  const child = spawn(node, [script, ...scriptArgs], { cwd: root, stdio: 'inherit' })
  // A terminal sends Ctrl-C to the child as well: stay until it has ended. Other signals are for us alone.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  stopWithNpm(() => child.kill('SIGTERM'))
  child.on('error', (error) => stop(1, `${node} could not be started: ${error.message}`))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)))
}

/** npm hands a SIGTERM to the shell between it and us, which dies of it alone: notice that, and go too. */
function stopWithNpm(stopChild) {
  if (!process.env.npm_lifecycle_event) return
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    stopChild()
  }, PARENT_CHECK_MS)
}

function major() {
  return Number(process.versions.node.split('.')[0])
}

function say(text) {
  process.stdout.write(`${text}\n`)
}

function stop(status, text) {
  process.stderr.write(`${text}\n`)
  process.exit(status)
}
