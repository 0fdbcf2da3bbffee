import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const AT_ONCE = 8
const NUMBERS_ASKED = 100

interface Target {
  readonly url: string
  readonly token: string
  readonly source: string
}

interface Address {
  readonly part_number: number
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** An upload in parts whose every address is known and whose every part is a file: all that is left is to send it. */
export interface ReadyParts {
  /** For `curl --config`. */
  readonly config: string
  readonly atOnce: number
  /** @throws Error unless the file is made of what was sent */
  complete(): Promise<void>
}

/** @param folder where the parts are, or come to be; of the same file, each time that it is asked for */
export async function readyParts(path: string, size: number, folder: string, target: Target): Promise<ReadyParts> {
  async function post(where: string, body: object): Promise<Record<string, unknown>> {
    const answer = await fetch(new URL(where, target.url), {
      method: 'POST',
      headers: { Authorization: `Bearer ${target.token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${where} answered ${answer.status}: ${await answer.text()}`)
    return answer.json()
  }
  const plan = await post(`/-/files/upload/${target.source}/-/prepare`, {
    filename: 'big.bin',
    size,
    accept_methods: ['MULTIPART'],
  })
  const { session_url: session, checksum } = plan as Record<string, string>
  const { part_size: partSize = 0, part_count: count = 0 } = plan as Record<string, number>
  const lines: string[] = []
  await using file = await open(path)
  for (let first = 1; first <= count; first += NUMBERS_ASKED) {
    const numbers = Array.from({ length: Math.min(NUMBERS_ASKED, count - first + 1) }, (_, at) => first + at)
    const checksums: Record<string, string> = {}
    for (const number of numbers) {
      const bytes = Buffer.alloc(Math.min(partSize, size - (number - 1) * partSize))
      await file.read(bytes, 0, bytes.length, (number - 1) * partSize)
      const part = join(folder, `${number}.part`)
      if (!existsSync(part)) await writeFile(part, bytes)
      if (checksum === 'md5') checksums[number] = createHash('md5').update(bytes).digest('base64')
    }
    const { part_urls: addresses } = await post(`${session}/parts`, { part_numbers: numbers, checksums })
    for (const { part_number: number, url, headers } of addresses as Address[]) {
      lines.push(`url = "${url}"`, `upload-file = "${join(folder, `${number}.part`)}"`, 'output = "/dev/null"', 'fail')
      for (const [name, value] of Object.entries(headers)) lines.push(`header = "${name}: ${value}"`)
      lines.push('next')
    }
  }
  const config = join(folder, 'curl.conf')
  await writeFile(config, `${lines.slice(0, -1).join('\n')}\n`)
  return {
    config,
    atOnce: AT_ONCE,
    async complete() {
      await post(`${session}/complete`, {})
    },
  }
}
