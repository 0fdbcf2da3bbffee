/** Why a query is not run; the message is for whoever asked. */
export class QueryRefusal extends Error {
  /** `syntax`: it is no SQL. `policy`: it is SQL that is not run here. `table`: the message is a table that is not here. */
  readonly kind: 'syntax' | 'policy' | 'table'

  constructor(message: string, kind: 'syntax' | 'policy' | 'table' = 'policy') {
    super(message)
    this.name = 'QueryRefusal'
    this.kind = kind
  }
}
