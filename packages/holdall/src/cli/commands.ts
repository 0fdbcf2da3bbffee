import { ACTION_LIST, ACTION_PLACES } from '../access/action-list.ts'
import type { CommandIo } from './arguments.ts'

export interface Command {
  /** What it is for, in a line. */
  readonly summary: string
  /** What follows `holdall`, a line for each way to write it. */
  readonly usage: readonly string[]
  /** What its own options mean. */
  readonly options: Readonly<Record<string, string>>
  /** What some of them take, where a line does not hold it. */
  readonly values?: {
    readonly title: string
    readonly entries: Readonly<Record<string, string>>
    readonly note: string
  }
  /** Whether it works on a server's data (`-c`, `--data`, `--internal`). */
  readonly ofData: boolean
  /** Loaded when it is asked for: a command starts without the others' libraries. */
  load(): Promise<(argv: readonly string[], io: CommandIo) => Promise<void>>
}

const JSON_OPTION = { '--json': 'what happened as JSON, for programs' }
const SERVER_OPTIONS = {
  '--url URL': 'the address of the server (http://127.0.0.1:8001 when it is not given)',
  '--token TOKEN': 'who you are: from /-/tokens or holdall token create; or in HOLDALL_TOKEN',
}

/** The commands, in the order in which people meet them. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  serve: {
    summary: 'serve databases and files',
    usage: ['serve [DB…] [-c FILE] [-p PORT] [-h HOST] [--root] [--create] [--open]'],
    options: {
      '-p, --port PORT': 'where it listens; 0 takes one that is free and prints it',
      '-h, --host HOST': '0.0.0.0 lets other computers in',
      '--root': 'print a link that signs in once as root',
      '--create': 'make databases that are not there yet',
      '--open': 'open the browser',
      '--secret SECRET': 'what cookies are signed with; else HOLDALL_SECRET, else one kept in the data directory',
    },
    ofData: true,
    load: async () => (await import('./serve.ts')).serve,
  },
  link: {
    summary: 'make a one-time sign-in link for somebody',
    usage: ['link ACTOR [--url URL]'],
    options: { '--url URL': 'the address at which people open the server' },
    ofData: true,
    load: async () => (await import('./link.ts')).link,
  },
  token: {
    summary: 'make a token for scripts; it is printed once',
    usage: ['token create ACTOR [--name NAME] [--expires DAYS] [--restrict ACTION[:RESOURCE]]…'],
    options: {
      '--name NAME': 'what it is called on /-/tokens',
      '--expires DAYS': 'it ends after so many days',
      '--restrict ACTION[:RESOURCE]': 'it may do this and nothing else, as files-upload:photos; may be repeated',
    },
    values: {
      title: 'The actions, each with the place that it can be restricted to',
      entries: Object.fromEntries(ACTION_LIST.map(({ written, words }) => [written, words])),
      note: ACTION_PLACES,
    },
    ofData: true,
    load: async () => (await import('./token.ts')).token,
  },
  collections: {
    summary: 'make a collection for datasets, or list them',
    usage: [
      'collections list [--json]',
      'collections create ID [--organization UUID] [--label TEXT] [--source SLUG] [--catalog NAME] [--view NAMES] [--query NAMES] [--edit NAMES]',
    ],
    options: {
      '--label TEXT': 'what people call it',
      '--source SLUG': 'where its files lie; the first source when it is not given',
      '--catalog NAME': 'where its datasets are registered as tables',
      '--organization UUID': 'whose it is, where there are several',
      '--view NAMES': 'who may view, without rows; with commas between them, * is everybody who is signed in',
      '--query NAMES': 'who may read the rows and ask with SQL; give it with --view',
      '--edit NAMES': 'who may add and delete datasets',
      ...JSON_OPTION,
    },
    ofData: true,
    load: async () => (await import('./collections.ts')).collections,
  },
  sources: {
    summary: 'make a source of a folder, a bucket or addresses while the server runs; list and deactivate them',
    usage: [
      'sources list [--json]',
      'sources create SLUG [--storage TYPE] --set KEY=VALUE… [--make] [--label TEXT] [--sync WHEN] [--accept TYPES] [--reject TYPES] [--max-file-size BYTES] [--browse NAMES] [--upload NAMES] [--delete NAMES] [--secret SECRET]',
      'sources deactivate SLUG',
      'sources activate SLUG',
    ],
    options: {
      '--storage TYPE': 'filesystem (when it is not given), http, s3 or what a plugin adds',
      '--set KEY=VALUE': 'what the file says under config, such as root=/srv/scans; of a secret, its name',
      '--make': 'make the folder if it is not there',
      '--label TEXT': 'what people call it',
      '--sync WHEN': 'when it is listed: start, manual, or every 6h',
      '--accept, --reject TYPES': 'types such as image/* and endings such as .pdf, with commas between them',
      '--max-file-size BYTES': 'the largest file that it takes',
      '--browse, --upload, --delete NAMES':
        'who may do so, with commas between them; * is everybody who is signed in; or everybody, nobody',
      '--secret SECRET': 'what the server was started with as --secret, if it was',
      ...JSON_OPTION,
    },
    ofData: true,
    load: async () => (await import('./sources.ts')).sources,
  },
  secrets: {
    summary: 'keep a secret that the configuration names',
    usage: ['secrets set NAME', 'secrets list', 'secrets remove NAME'],
    options: { '--secret SECRET': 'the server’s own secret, where it is started with one' },
    ofData: true,
    load: async () => (await import('./secrets.ts')).secrets,
  },
  sync: {
    summary: 'make the registry follow what lies in a source',
    usage: ['sync SOURCE [--json]'],
    options: JSON_OPTION,
    ofData: true,
    load: async () => (await import('./sync.ts')).sync,
  },
  upload: {
    summary: 'upload files to a source; what was broken off goes on',
    usage: [
      'upload FILE… --source SLUG [--url URL] [--token TOKEN] [--concurrency N] [--no-resume] [--skip-existing] [--json]',
    ],
    options: {
      '--source SLUG': 'where they go: what stands in the source’s address',
      ...SERVER_OPTIONS,
      '--concurrency N': 'parts in flight together',
      '--no-resume': 'begin anew, whatever was sent before',
      '--skip-existing': 'not what is there under its name, with its size and, where it is known, its SHA-256',
      ...JSON_OPTION,
    },
    ofData: false,
    load: async () => (await import('./upload.ts')).upload,
  },
  'upload-parquet': {
    summary: 'upload a Parquet, CSV, JSON or Excel file to a collection, and follow it until it is a dataset',
    usage: [
      'upload-parquet --file FILE --api-base-url URL --orgid UUID --collection-id ID [--sheet NAME] [--token TOKEN] [--timeout SECONDS] [--json]',
      'upload-parquet --file FILE... --append DATASET [--yes] --api-base-url URL --orgid UUID --collection-id ID [--token TOKEN]',
      'upload-parquet --file FILE... --replace DATASET [--yes] --api-base-url URL --orgid UUID --collection-id ID [--token TOKEN]',
      'upload-parquet --confirm UPLOAD --api-base-url URL --orgid UUID --collection-id ID [--token TOKEN]',
    ],
    options: {
      '--file FILE':
        'Parquet, CSV, TSV, NDJSON, JSON or Excel (.xlsx); again for each of several that become part of a dataset together',
      '--sheet NAME': 'of an Excel file: the sheet to read; the first that is shown and not empty without it',
      '--append DATASET': 'add the rows to the dataset with this id; what differs in its columns waits to be confirmed',
      '--replace DATASET':
        'make a new version of the dataset with this id; columns that go or change wait to be confirmed',
      '--yes': 'add it, or replace with it, also where its columns differ',
      '--confirm UPLOAD':
        'go on with what waits because its columns differ: the id is the one that --append or --replace told',
      '--api-base-url URL': 'the address of the server',
      '--orgid UUID': 'the organization, as the collection’s address has it',
      '--collection-id ID': 'the collection, as its address has it',
      '--token TOKEN': 'who you are: from /-/tokens or holdall token create; or in HOLDALL_TOKEN',
      '--token-header NAME': 'the header that the token goes in',
      '--timeout SECONDS': 'how long the steps after the last byte may take before this command gives up waiting',
      ...JSON_OPTION,
    },
    ofData: false,
    load: async () => (await import('./upload-parquet.ts')).uploadParquet,
  },
  doctor: {
    summary: 'try each storage, and print the fix for what fails',
    usage: ['doctor [SOURCE] [--origin URL] [--json]'],
    options: {
      '--origin URL': 'the address at which people open the server, for what browsers are allowed',
      ...JSON_OPTION,
    },
    ofData: true,
    load: async () => (await import('./doctor.ts')).doctor,
  },
  verify: {
    summary: 'read every file again and compare it with what was recorded',
    usage: ['verify [SOURCE] [--quick] [--repair] [--json]'],
    options: {
      '--quick': 'only whether each is there and how large it is',
      '--repair': 'record what has changed',
      ...JSON_OPTION,
    },
    ofData: true,
    load: async () => (await import('./verify.ts')).verify,
  },
  backup: {
    summary: 'copy the databases and what belongs to them, beside a running server',
    usage: ['backup FOLDER [DB…]'],
    options: {},
    ofData: true,
    load: async () => (await import('./backup.ts')).backup,
  },
  gc: {
    summary: 'say what nobody will ask for again: due trash, bytes that nothing names',
    usage: ['gc [DB…] [--delete]'],
    options: { '--delete': 'remove it' },
    ofData: true,
    load: async () => (await import('./gc.ts')).gc,
  },
}

const DATA_OPTIONS = {
  '-c FILE': 'the configuration that the server was started with',
  '--data FOLDER': 'where the server keeps its data (./holdall-data when it is not given)',
  '--internal FILE': 'the internal database, where it is elsewhere',
}

/** What `holdall --help` prints. */
export function helpOfAll(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(16)}${summary}`)
  return `Holdall: files for your tables, tables from your files.

${lines.join('\n')}

holdall COMMAND --help tells how each is written.
`
}

/** What `holdall COMMAND --help` prints. */
export function helpOf({ summary, usage, options, ofData, values }: Command): string {
  return `${summary}

${usage.map((line) => `  holdall ${line}`).join('\n')}

${columns({ ...options, ...(ofData && DATA_OPTIONS) })}
${values === undefined ? '' : `\n${values.title}:\n\n${columns(values.entries)}\n\n${values.note}\n`}`
}

function columns(entries: Readonly<Record<string, string>>): string {
  const all = Object.entries(entries)
  const width = Math.max(...all.map(([name]) => name.length)) + 3
  return all.map(([name, meaning]) => `  ${name.padEnd(width)}${meaning}`).join('\n')
}
