/** Why a query is not run; the message is for whoever asked. */
export class QueryRefusal extends Error {
  /** `syntax`: it is no SQL. `policy`: it is SQL that is not run here. */
  readonly kind: 'syntax' | 'policy'

  constructor(message: string, kind: 'syntax' | 'policy' = 'policy') {
    super(message)
    this.name = 'QueryRefusal'
    this.kind = kind
  }
}
