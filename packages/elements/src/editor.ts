/** What the page of queries loads besides the components: an editor of SQL in place of the text area. */
import { takeOver } from './sql/editor.ts'

for (const area of document.querySelectorAll<HTMLTextAreaElement>('textarea[data-sql-editor]')) takeOver(area)
