import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context } from 'hono'
import type { Api } from './api.ts'
import type { HoldallError } from './error.ts'

/** Who asks. `null` is anybody who has not signed in. */
export interface Actor {
  readonly id: string
  readonly [claim: string]: unknown
}

/** What an action is done to. `parent` is a database, source or collection; `child` a table, a file id or the collection's organization. */
export interface Resource {
  readonly kind: 'instance' | 'database' | 'table' | 'source' | 'file' | 'collection'
  readonly parent?: string
  readonly child?: string
  /** A file that whoever asks would send there: it is not there yet, and will be theirs. */
  readonly isOwn?: boolean
}

export const INSTANCE: Resource = { kind: 'instance' }

export interface RouteEnv {
  /** Node's own request, from which upload bodies are read; absent only where a test calls a route without a server. */
  Bindings: { readonly incoming?: IncomingMessage; readonly outgoing?: ServerResponse }
  Variables: {
    actor: Actor | null
    /** What a refusal and an answer look like: by the path's ending, then by what the request accepts and sends. */
    format: 'html' | 'json'
    /** Whether the path itself ended in `.json`. */
    jsonPath: boolean
    requestId: string
    theme: 'light' | 'dark' | 'system'
    /** What `need.on` or `need.otherwise` found out on the way, so that the handler need not ask again. */
    found: unknown
  }
}

export type RouteContext = Context<RouteEnv>
export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS'

/**
 * What a route asks of whoever calls it. It is checked before the handler runs, and so before any body is read;
 * a route without one cannot be declared.
 */
export type Need =
  | { readonly kind: 'public'; readonly because: string }
  | { readonly kind: 'signed-in' }
  /** Anybody may ask; the handler answers only with what the actor may see. */
  | { readonly kind: 'filtered'; readonly because: string }
  /** The address itself carries the authority (a sign-in link, a signed part URL). */
  | { readonly kind: 'capability'; readonly because: string }
  | {
      readonly kind: 'permission'
      readonly action: string
      /** The resource that the request names; throws what must be said when there is no such thing. */
      readonly on: (c: RouteContext) => Resource | Promise<Resource>
      /** Said instead of 401 and 403, where even the existence is nobody's business. */
      readonly hidden?: (c: RouteContext) => HoldallError
      /** Asked when the action is not allowed: lets in those for whom the handler has something else, which it finds in `found`. */
      readonly otherwise?: (c: RouteContext) => Promise<boolean>
    }

/**
 * One address of the server. `path` is a Hono pattern without `base_url` and without an ending; with `json: true` the
 * same handler answers `{path}.json` too, and `c.var.jsonPath` tells it so; with `json: 'only'` nothing but that.
 * GET routes answer HEAD. An address that exists with other methods answers 405 by itself.
 */
export interface Route {
  readonly method: Method
  readonly path: string
  readonly json?: boolean | 'only'
  readonly need: Need
  /** What it takes and answers, for the OpenAPI document. */
  readonly api: Api
  /** Whatever is asked for: nobody looks at what it answers in a browser. */
  readonly format?: 'json'
  /** Only for requests that carry their own authority: they are exempt from the cross-site check. */
  readonly crossSite?: 'exempt'
  readonly handler: (c: RouteContext) => Response | Promise<Response>
}
