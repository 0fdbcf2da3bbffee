import { z } from 'zod'
import { sanitizeFilename } from '../paths.ts'

export const MAX_URLS = 10_000
const MAX_PATH_CHARACTERS = 1_024
const ARCHIVE_URL = 'https://archive.org'

/** One file of a list: where it is, and the path it has here. */
export interface UrlEntry {
  readonly url: string
  readonly path: string
}

const URL_ERROR = 'must be an address that begins with http:// or https://, without a user name or password.'
const PATH_ERROR =
  'must be a path such as reports/2024.pdf: no empty part, no . or .., no control characters, at most 1024 characters.'
const ENTRY_ERROR = 'must be an address, or a block of url and path.'
const LIST_ERROR = `must be a list of 1 to ${MAX_URLS} addresses.`
const ITEM_ERROR = 'must be the identifier of an item, as it stands in its address behind /details/.'
const DOWNLOADS_ERROR = 'must be redirect or proxy.'

const address = z.string({ error: URL_ERROR }).transform((written, context) => {
  const url = asAddress(written)
  if (url === undefined) context.addIssue({ code: 'custom', message: URL_ERROR })
  return url ?? z.NEVER
})

const entry = z.unknown().transform((written, context): UrlEntry => {
  function wrong(message: string, path: string[] = []): never {
    context.addIssue({ code: 'custom', message, path })
    return z.NEVER
  }
  if (typeof written === 'string') {
    const url = asAddress(written)
    if (url === undefined) return wrong(URL_ERROR)
    const path = pathOf(url)
    return path === '' ? wrong('names no file: give it a path, as {url: …, path: …}.') : { url: url.href, path }
  }
  if (typeof written !== 'object' || written === null || Array.isArray(written)) return wrong(ENTRY_ERROR)
  const { url: writtenUrl, path: writtenPath, ...others } = written as Record<string, unknown>
  for (const key of Object.keys(others)) wrong('is an unknown key: an entry has a url and a path.', [key])
  const url = typeof writtenUrl === 'string' ? asAddress(writtenUrl) : undefined
  if (url === undefined) wrong(URL_ERROR, ['url'])
  if (writtenPath !== undefined && !isPath(writtenPath)) return wrong(PATH_ERROR, ['path'])
  if (url === undefined || Object.keys(others).length > 0) return z.NEVER
  const path = writtenPath ?? pathOf(url)
  return path === '' ? wrong('is missing: this address names no file.', ['path']) : { url: url.href, path }
})

const urls = z
  .array(entry, { error: LIST_ERROR })
  .min(1, { error: LIST_ERROR })
  .max(MAX_URLS, { error: LIST_ERROR })
  .superRefine((entries, context) => {
    const first = new Map<string, number>()
    for (const [index, { path }] of entries.entries()) {
      const other = first.get(path)
      if (other === undefined) first.set(path, index)
      else {
        const message = `has the path ${JSON.stringify(path)}, which entry ${other} of the list has too: give one of them another path.`
        context.addIssue({ code: 'custom', message, path: [index] })
      }
    }
  })

/** `config` of a source whose `storage` is `http`: a list of addresses, or an item of the Internet Archive. */
export const httpConfig = z
  .strictObject({
    urls: urls.optional().meta({
      title: 'Addresses',
      description: 'One on each line: where a file is. They are listed by the path of the address.',
    }),
    archive_item: z
      .string({ error: ITEM_ERROR })
      .regex(/^[A-Za-z0-9][\w.-]{0,99}$/, { error: ITEM_ERROR })
      .optional()
      .meta({
        title: 'Item of the Internet Archive',
        description: 'In place of addresses: what stands behind archive.org/details/. All its files are listed.',
      }),
    archive_url: address
      .transform(({ href }) => href.replace(/\/+$/, ''))
      .default(ARCHIVE_URL)
      .meta({
        title: 'Address of the archive',
        description: 'Another one that answers as archive.org does.',
        advanced: true,
      }),
    downloads: z.enum(['redirect', 'proxy'], { error: DOWNLOADS_ERROR }).default('redirect').meta({
      title: 'Downloads',
      description:
        'redirect: browsers fetch files from there themselves. proxy: this server hands them on, and the addresses stay here.',
      advanced: true,
    }),
  })
  .refine((config) => (config.urls === undefined) !== (config.archive_item === undefined), {
    error: 'must have either urls or archive_item.',
    // Said beside what else is wrong, not after it was corrected.
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .meta({ title: 'Files of another server', description: 'Addresses of files, or an item of the Internet Archive.' })

export type HttpConfig = z.infer<typeof httpConfig>

function asAddress(written: string): URL | undefined {
  const url = URL.parse(written.trim())
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return undefined
  url.hash = ''
  return url
}

/** The path of the address, part by part as people would write it; a slash within a part is none here. */
function pathOf(url: URL): string {
  if (url.pathname.endsWith('/')) return ''
  const parts = url.pathname.split('/').filter((part) => part !== '')
  return parts.map((part) => sanitizeFilename(decoded(part))).join('/')
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** Whether every storage could hold it: what a path here has to be. */
export function isPath(written: unknown): written is string {
  return (
    typeof written === 'string' &&
    written.length <= MAX_PATH_CHARACTERS &&
    written.isWellFormed() &&
    !/\p{Cc}/u.test(written) &&
    written.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  )
}
