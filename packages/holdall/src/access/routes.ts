import type { Route } from '../web/route.ts'
import type { PeopleOptions } from './people.ts'
import { peopleRoutes } from './people-routes.ts'
import { type PageRoutesOptions, signInRoutes } from './sign-in-routes.ts'
import { tokenRoutes } from './token-routes.ts'

/** Every route of this room: signing in, tokens, people, the theme. */
export function accessRoutes(options: PageRoutesOptions & PeopleOptions): Route[] {
  return [...signInRoutes(options), ...tokenRoutes(options), ...peopleRoutes(options)]
}
