import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { rememberAddress, rememberedAddress } from './address.ts'

const data = mkdtempSync(join(tmpdir(), 'holdall-address-'))
after(() => rmSync(data, { recursive: true }))

/** A server of the same data in a process of its own, which runs until it is killed. */
async function another(url: string): Promise<() => Promise<void>> {
  const address = new URL('./address.ts', import.meta.url).href
  const script = `const { rememberAddress } = await import(${JSON.stringify(address)})
    rememberAddress(${JSON.stringify(data)}, ${JSON.stringify(url)})
    process.stdout.write('noted'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return async () => {
    const ended = once(child, 'close')
    child.kill('SIGKILL')
    await ended
  }
}

test('links lead to a server that runs, whichever of the same data was started last', async () => {
  assert.equal(rememberedAddress(data), undefined)
  const [one, two, three] = [1, 2, 3].map((n) => `http://127.0.0.1:900${n}/`) as [string, string, string]
  rememberAddress(data, one)
  const stopTwo = await another(two)
  assert.equal(rememberedAddress(data), two)
  const stopThree = await another(three)
  await stopTwo()
  assert.equal(rememberedAddress(data), three)
  await stopThree()
  assert.equal(rememberedAddress(data), one)
})

test('where none runs, it is the last one; what an older Holdall wrote is read', () => {
  writeFileSync(join(data, 'address'), 'http://127.0.0.1:9004/\n')
  assert.equal(rememberedAddress(data), 'http://127.0.0.1:9004/')
  rememberAddress(data, 'http://127.0.0.1:9005/')
  assert.equal(rememberedAddress(data), 'http://127.0.0.1:9005/')
})
