import { signInPath } from '../access/access.ts'
import { readActorId } from '../access/actors.ts'
import { isLoopback } from '../access/origin.ts'
import { createLink } from '../access/sign-in-links.ts'
import { createUrls } from '../web/url.ts'
import { rememberedAddress } from './address.ts'
import { type CommandIo, DATA_OPTIONS, parse, UsageError } from './arguments.ts'
import { DEFAULT_HOST, DEFAULT_PORT } from './defaults.ts'
import { withServerData } from './internal.ts'

/** `holdall link ACTOR`: prints a link that signs in once, within 24 hours. Somebody new is known from then on. */
export async function link(argv: readonly string[], io: CommandIo): Promise<void> {
  const { values, positionals } = parse(argv, { ...DATA_OPTIONS, url: { type: 'string' } })
  const [actor, ...more] = positionals
  if (actor === undefined || more.length > 0) throw new UsageError('Name one person: holdall link bob')
  const given = values.url === undefined ? undefined : httpUrl(values.url)
  await withServerData(values, io, async ({ path, config, db }) => {
    const { token } = await createLink(db, Date.now, readActorId(actor), null)
    const server =
      given ?? rememberedAddress(path) ?? `http://${DEFAULT_HOST}:${DEFAULT_PORT}${config.settings.base_url}`
    const { origin, pathname } = new URL(server)
    io.stdout.write(`${origin}${signInPath(createUrls(pathname), token)}\n`)
    if (isLoopback(server)) {
      io.stderr.write(
        'This address works only on this computer. To let others in, serve with --host 0.0.0.0 (or behind a proxy) and give their address of the server with --url.\n',
      )
    }
  })
}

function httpUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text
  throw new UsageError(`--url takes the address of the server, such as https://files.example.org/, not "${text}".`)
}
