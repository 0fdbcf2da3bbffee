import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import busboy from 'busboy'
import { chunksOf } from '../web/chunks.ts'
import { HoldallError } from '../web/error.ts'
import { MAX_FIELD_BYTES, MAX_FILES_PER_REQUEST, MAX_FORM_FIELDS } from './limits.ts'

export type FormPart =
  | { readonly kind: 'field'; readonly name: string; readonly value: string }
  | {
      readonly kind: 'file'
      readonly name: string
      /** Exactly as the sender's file was called, with whatever path it had; empty when a form field for a file was left empty. */
      readonly filename: string
      readonly type: string
      /** Must be read to its end or skipped: the parts behind it wait for that. */
      readonly body: AsyncIterable<Uint8Array>
      /** Lets go of what is left of it. */
      skip(): void
    }

/**
 * The parts of a multipart form, one after the other, while it arrives: nothing is held in memory or set aside.
 *
 * @throws HoldallError `form_invalid`, `too_many_files`, and what the body throws
 */
export async function* readForm(contentType: string, body: AsyncIterable<Uint8Array>): AsyncGenerator<FormPart> {
  const parser = open(contentType)
  const parts: FormPart[] = []
  const stop = new AbortController()
  let wake = () => {}
  let failure: unknown
  let ended = false

  function add(part: FormPart): void {
    parts.push(part)
    wake()
  }
  parser.on('field', (name, value, { valueTruncated }) => {
    if (valueTruncated) stop.abort(invalid(`the field ${name} is longer than ${MAX_FIELD_BYTES} bytes`))
    else add({ kind: 'field', name: unescaped(name), value })
  })
  parser.on('file', (name, stream, { filename, mimeType }) => {
    // A part that breaks off before somebody reads it must not end the process.
    stream.on('error', () => {})
    const names = { name: unescaped(name), filename: unescaped(filename) }
    add({ kind: 'file', ...names, type: mimeType, ...readable(stream) })
  })
  parser.on('filesLimit', () => stop.abort(new HoldallError('too_many_files', { limit: MAX_FILES_PER_REQUEST })))
  parser.on('fieldsLimit', () => stop.abort(invalid(`it has more than ${MAX_FORM_FIELDS} fields`)))

  pipeline(body, parser, { signal: stop.signal })
    .catch((error) => {
      failure = stop.signal.aborted ? stop.signal.reason : asFormError(error)
    })
    .finally(() => {
      ended = true
      wake()
    })
  try {
    for (;;) {
      const part = parts.shift()
      if (part !== undefined) {
        yield part
      } else if (ended) {
        if (failure !== undefined) throw failure
        return
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } finally {
    stop.abort()
  }
}

const ESCAPED: Readonly<Record<string, string>> = { '%22': '"', '%0D': '\r', '%0A': '\n' }

/** Browsers and curl write these three in the names of a form so, and nothing else (HTML, multipart/form-data). */
function unescaped(name: string | undefined): string {
  return name?.replace(/%(?:22|0D|0A)/g, (written) => ESCAPED[written] as string) ?? ''
}

function readable(stream: Readable) {
  // A part that is given up must not be destroyed: the parser would wait for ever to hand over the rest of it.
  return { body: translated(chunksOf(stream)), skip: () => void stream.resume() }
}

async function* translated(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks
  } catch (error) {
    throw asFormError(error)
  }
}

function open(contentType: string): busboy.Busboy {
  try {
    return busboy({
      headers: { 'content-type': contentType },
      defParamCharset: 'utf8',
      preservePath: true,
      fileHwm: 64 * 1_024,
      limits: {
        files: MAX_FILES_PER_REQUEST,
        fields: MAX_FORM_FIELDS,
        // A field that reaches this counts as cut off, so that exactly the limit is taken.
        fieldSize: MAX_FIELD_BYTES + 1,
        fileSize: Number.POSITIVE_INFINITY,
      },
    })
  } catch (error) {
    throw asFormError(error)
  }
}

/** What is thrown instead of an error of the parser, also when it comes out of a part's body. */
export function asFormError(error: unknown): HoldallError {
  if (error instanceof HoldallError) return error
  return new HoldallError(
    'form_invalid',
    { reason: error instanceof Error ? error.message : 'it broke off' },
    { cause: error },
  )
}

function invalid(reason: string): HoldallError {
  return new HoldallError('form_invalid', { reason })
}
