import { HoldallError } from '../web/error.ts'

/** A database whose file cannot be read. What the system says names paths of the server: that is for its log. */
export function databaseUnreadable(cause: unknown): HoldallError {
  return new HoldallError('database_unreadable', { reason: 'its file is not there, or not readable.' }, { cause })
}
