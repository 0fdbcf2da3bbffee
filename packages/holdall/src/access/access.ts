import type { Config } from '../config/config.ts'
import type { InternalDatabase } from '../database/internal.ts'
import type { Log } from '../web/log.ts'
import type { Actor, Need, RouteContext } from '../web/route.ts'
import type { Urls } from '../web/url.ts'
import { createAuthenticate } from './authenticate.ts'
import type { Clock } from './clock.ts'
import { createSealer, createSigner } from './credentials.ts'
import { refuseCrossSite } from './cross-site.ts'
import { createPermissions } from './decide.ts'
import { enforce } from './enforce.ts'
import { createFlashCookie, type FlashCookie } from './flash.ts'
import { createLinksCookie, type LinksCookie } from './links-cookie.ts'
import type { ProxySettings } from './origin.ts'
import { PEOPLE_PATH } from './paths.ts'
import type { Permissions } from './permissions.ts'
import { compileRules, type RuleSet } from './ruleset.ts'
import { createSessionCookie, type SessionCookie } from './session-cookie.ts'
import { createLink } from './sign-in-links.ts'
import { type Theme, themeOf } from './theme.ts'
import { createWhoMay, type WhoMay } from './who-may.ts'

export interface AccessOptions {
  readonly db: InternalDatabase
  readonly config: Pick<Config, 'rules' | 'settings' | 'file'>
  /** What cookies are signed with, from `resolveServerSecret`. */
  readonly secret: string
  readonly urls: Urls
  readonly log: Log
  readonly now?: Clock
  /** The command that makes a sign-in link for `NAME` here, with the folders of this server; who is at it may read it. */
  readonly linkCommand?: string
  /** Whether other computers reach the server directly. */
  readonly servesOthers?: boolean
  /** What was typed to start this server, where that is known. */
  readonly startedBy?: string | undefined
}

/** Everything about who asks and whether they may. */
export interface Access {
  readonly permissions: Permissions
  /** Who sends this request. @throws HoldallError `invalid_token` */
  authenticate(c: RouteContext): Promise<Actor | null>
  /** @throws HoldallError `cross_site` */
  refuseCrossSite(c: RouteContext): void
  /** @throws HoldallError 401, 403, or what the route hides itself behind */
  enforce(need: Need, c: RouteContext): Promise<void>
  theme(c: RouteContext): Theme
  /** Who may do something, in words. */
  readonly whoMay: WhoMay
  /**
   * A link that signs in as the actor, once, within 24 hours.
   *
   * @param by the actor that asked for it; null for the command line
   * @returns its id, its path, with `base_url`, to be put after an origin
   */
  createSignInLink(actorId: string, by: string | null): Promise<{ id: string; path: string; expiresAt: string }>

  /** What the routes of this room work with. */
  readonly db: InternalDatabase
  readonly now: Clock
  readonly urls: Urls
  readonly ruleSet: RuleSet
  readonly config: Pick<Config, 'rules' | 'file'>
  readonly proxy: ProxySettings
  readonly sessionCookie: SessionCookie
  readonly flash: FlashCookie
  readonly links: LinksCookie
  readonly linkCommand: string | undefined
  readonly servesOthers: boolean
  readonly startedBy: string | undefined
}

export function createAccess(options: AccessOptions): Access {
  const { db, config, secret, urls, log, now = Date.now } = options
  const { settings } = config
  const proxy: ProxySettings = { trustProxy: settings.trust_proxy, forceHttps: settings.force_https_urls }
  const sessionCookie = createSessionCookie(createSigner(secret, 'session'), `${urls.base}/`, proxy)
  const permissions = createPermissions(db, {
    rules: config.rules,
    ownersCanEdit: settings.owners_can_edit,
    ownersCanDelete: settings.owners_can_delete,
  })
  const ruleSet = compileRules(config.rules)
  return {
    permissions,
    authenticate: createAuthenticate({ db, now, cookie: sessionCookie, log }),
    refuseCrossSite: (c) => refuseCrossSite(c, proxy),
    enforce: (need, c) => enforce(permissions, need, c),
    theme: themeOf,
    whoMay: createWhoMay({ db, permissions, ruleSet }),
    async createSignInLink(actorId, by) {
      const { id, token, expiresAt } = await createLink(db, now, actorId, by)
      return { id, path: signInPath(urls, token), expiresAt }
    },
    db,
    now,
    urls,
    ruleSet,
    config,
    proxy,
    sessionCookie,
    flash: createFlashCookie(createSigner(secret, 'flash'), now, proxy),
    links: createLinksCookie(createSealer(secret, 'links'), urls.path(PEOPLE_PATH), now, proxy),
    linkCommand: options.linkCommand,
    servesOthers: options.servesOthers ?? false,
    startedBy: options.startedBy,
  }
}

export function signInPath(urls: Urls, token: string): string {
  return urls.path('/-/sign-in', { token })
}
