/** No table can be made of the file as it is. The message is half a sentence for whoever sent it: `line 3 has …`. */
export class CannotConvert extends Error {
  override readonly name = 'CannotConvert'
}
