import { formatNumber } from '../../../web/format.ts'
import { type Html, html } from '../../../web/html.ts'
import { postButton } from '../../../web/parts/button.ts'
import { notice } from '../../../web/parts/notice.ts'
import type { ReplacedDescriptions } from '../descriptions.ts'

/** What was written about the files that a run replaced, for those in their place that have nothing. @param href of the run */
export function descriptionsNotice({ open, copied }: ReplacedDescriptions, href: string): Html {
  const action = `${href}/-/descriptions`
  const [many, all] = [formatNumber(open.length), formatNumber(copied.length)]
  return html`${
    open.length > 0 &&
    notice({
      tone: 'info',
      ...(open.length === 1
        ? {
            title: '1 replaced file has a description, and the new one has none.',
            body: 'Copy it if the new file shows the same.',
          }
        : {
            title: `${many} replaced files have descriptions, and the new ones have none.`,
            body: 'Copy them if the new files show the same.',
          }),
      actions: postButton(action, {
        label: open.length === 1 ? 'Copy the description' : `Copy ${many} descriptions`,
        small: true,
      }),
    })
  }${
    copied.length > 0 &&
    notice({
      tone: 'success',
      title:
        copied.length === 1
          ? '1 description was copied from a replaced file.'
          : `${all} descriptions were copied from replaced files.`,
      actions: postButton(
        action,
        { label: copied.length === 1 ? 'Take it out again' : 'Take them out again', small: true },
        { take_out: 'on' },
      ),
    })
  }`
}
