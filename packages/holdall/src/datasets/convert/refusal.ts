/** A sheet of an Excel file. */
export interface Sheet {
  readonly name: string
  /** It is not shown to whoever opens the file. */
  readonly hidden: boolean
}

/** Which one a table is of, and all that its file has. */
export interface SheetRead {
  readonly read: string
  readonly all: readonly Sheet[]
}

/** No table can be made of the file as it is. The message is half a sentence for whoever sent it: `line 3 has …`. */
export class CannotConvert extends Error {
  override readonly name = 'CannotConvert'
  /** Of an Excel file: what it has, where another sheet may do. */
  sheets?: readonly Sheet[]
}
