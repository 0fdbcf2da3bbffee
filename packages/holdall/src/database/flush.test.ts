import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createFlush } from './flush.ts'

test('asked many times at once, it flushes twice, and each call is covered by one that began after it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdall-flush-'))
  const path = join(folder, 'log')
  await writeFile(path, 'bytes')
  const log = createFlush(path)
  const first = log.flush()
  const others = Array.from({ length: 100 }, () => log.flush())
  // One is under way, all that came later share the one that follows it.
  assert.equal(new Set(others).size, 1)
  assert.notEqual(others[0], first)
  await Promise.all([first, ...others])
  assert.notEqual(log.flush(), others[0])
  await log.close()
  await rm(folder, { recursive: true })
})

test('a file that is not there is an error each time, until it is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdall-flush-'))
  const log = createFlush(join(folder, 'log'))
  await assert.rejects(log.flush(), /ENOENT/)
  await writeFile(join(folder, 'log'), 'bytes')
  await log.flush()
  await log.close()
  await rm(folder, { recursive: true })
})
