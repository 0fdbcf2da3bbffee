import { type Config, type ConfigNote, ConfigurationError, type LoadOptions, loadConfig } from './config.ts'

/** For the tests of this room: a configuration from a text, without a file system. */
export interface LoadText extends Omit<LoadOptions, 'file' | 'readFile' | 'env'> {
  readonly env?: LoadOptions['env']
  readonly files?: Readonly<Record<string, string | Uint8Array>>
}

export function loadText(text: string, { env = {}, files = {}, cwd = '/srv', ...rest }: LoadText = {}) {
  const all: Record<string, string | Uint8Array> = { ...files, '/srv/holdall.yaml': text }
  return loadConfig({
    ...rest,
    file: '/srv/holdall.yaml',
    cwd,
    env,
    readFile(path) {
      const content = all[path]
      if (content === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' })
      return Buffer.from(content)
    },
  })
}

/** The configuration as plain values, so that blocks without a prototype compare equal to literals. */
export function configOf(text: string, options?: LoadText): Config {
  return plain(loadText(text, options).config)
}

export function notesOf(text: string, options?: LoadText): string[] {
  return loadText(text, options).notes.map(({ path, message }: ConfigNote) => `${path} ${message}`)
}

/** The problems as `line:column path message`, in order. */
export function problemsOf(text: string, options?: LoadText): string[] {
  try {
    loadText(text, options)
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return error.problems.map(({ line, column, path, message, suggestion }) => {
      const place = line === undefined ? '' : `${line}:${column} `
      return `${place}${path} ${message}${suggestion === undefined ? '' : ` → ${suggestion}`}`
    })
  }
  return []
}

export function plain<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value))
}
