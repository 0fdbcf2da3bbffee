#!/usr/bin/env node
// Plain JavaScript: this file has to run on Node versions that cannot run Holdall, to say so or to find one that can.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module, { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findBuilt } from './built.js'
import { leanHttp } from './lean-http.js'
import { resolve } from './resolve.js'

const OLDEST_NODE = 24

if (Number(process.versions.node.split('.')[0]) >= OLDEST_NODE) await start()
else restart()

async function start() {
  module.enableCompileCache?.()
  leanHttp()
  const published = new URL('../dist/cli/main.js', import.meta.url)
  const source = new URL('../src/cli/main.ts', import.meta.url)
  const built = existsSync(published) ? undefined : findBuilt()
  module.registerHooks({ resolve: built ? (...asked) => toBuilt(built, ...asked) : resolve })
  const { main } = await import(existsSync(published) ? published.href : (built?.main ?? source.href))
  process.exitCode = await main(process.argv.slice(2))
}

/** A package of ours that is found by its name is the one that was built with the rest: its errors are our errors. */
function toBuilt(built, specifier, context, next) {
  const found = next(specifier, context)
  const url = built.door(found.url)
  return url === found.url ? found : { ...found, url, format: 'module' }
}

function restart() {
  const node = packagedNode()
  if (!node) {
    process.stderr.write(
      `Holdall needs Node ${OLDEST_NODE} or newer; this is ${process.versions.node}, and no packaged Node for ` +
        `${process.platform}-${process.arch} is installed. Install Node ${OLDEST_NODE}, then run this again.\n`,
    )
    process.exit(2)
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  // A terminal sends Ctrl-C to the child as well: stay until it has ended. Other signals are for us alone.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`${node} could not be started: ${error.message}\n`)
    process.exit(2)
  })
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)))
}

function packagedNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  try {
    const manifest = createRequire(import.meta.url).resolve(`node-${platform}-${process.arch}/package.json`)
    const node = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    return existsSync(node) ? node : undefined
  } catch {
    return undefined
  }
}
