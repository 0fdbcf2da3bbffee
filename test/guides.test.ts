import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { S3_ACCESS_KEY, S3_SECRET_KEY } from '../tools/services/s3.ts'
import { S3_ENDPOINT, skipS3 } from './support/ceph.ts'
import { runGuide, stepsOf, wasPrinted } from './support/guide.ts'

const GUIDES = new URL('../docs/guides/', import.meta.url)
/** Where the buckets of guides are, and whose they are; here they are at the S3 server of the tests. */
const WRITTEN_ENDPOINT = 'https://s3.example.org'
const OURS: Readonly<Record<string, string>> = {
  [WRITTEN_ENDPOINT]: S3_ENDPOINT ?? '',
  'YOUR-ACCESS-KEY': S3_ACCESS_KEY,
  'YOUR-SECRET-KEY': S3_SECRET_KEY,
  'my-photos': `my-photos-${randomBytes(6).toString('hex')}`,
  'old-archive': `old-archive-${randomBytes(6).toString('hex')}`,
}

// Every command of every guide, as a reader would type them, and what the guide says that they print.
describe('guides', () => {
  for (const name of readdirSync(GUIDES).filter((file) => file.endsWith('.md') && file !== 'README.md')) {
    const written = readFileSync(new URL(name, GUIDES), 'utf8')
    const needsS3 = written.includes(WRITTEN_ENDPOINT)
    it(name, { skip: needsS3 && skipS3 }, async () => {
      const steps = stepsOf(needsS3 ? withOurs(written) : written)
      assert(
        steps.some(({ kind }) => kind === 'run'),
        'a guide has commands',
      )
      const folder = mkdtempSync(join(tmpdir(), 'holdall-guide-'))
      try {
        const { code, printed } = await runGuide(steps, folder)
        const last = [...printed].at(-1)
        assert.equal(code, 0, `${name}:${last?.[0]} ended with ${code} and printed:\n${last?.[1]}`)
        let before = 0
        for (const step of steps) {
          if (step.kind === 'run') before = step.line
          else {
            const seen = printed.get(before) ?? ''
            assert(wasPrinted(step.text, seen), `${name}:${step.line} shows\n${step.text}\nand it printed\n${seen}`)
          }
        }
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    })
  }

  it('are seen to fail: a command that fails, and a line that was not printed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdall-guide-'))
    const steps = stepsOf('```sh\necho one\n```\n\n```text\none\n```\n\n```sh\nfalse\n```\n\n```sh\necho never\n```\n')
    const { code, printed } = await runGuide(steps, folder)
    rmSync(folder, { recursive: true, force: true })
    assert.equal(code, 1)
    assert.deepEqual([...printed.values()], ['one\n', ''])
    assert(wasPrinted('o…e', 'one\n'))
    assert(!wasPrinted('two', 'one\n'))
  })
})

function withOurs(text: string): string {
  return Object.entries(OURS).reduce((all, [written, ours]) => all.replaceAll(written, ours), text)
}
