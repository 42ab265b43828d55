// Reads a JSON list of diagrams from standard input and prints, for each, the messages that
// Mermaid's own parser finds in it, or why it refuses it.
import DOMPurify from 'dompurify';
import mermaid from 'mermaid';
import { readFileSync } from 'node:fs';

// Where a page is shown there is a window, which says whether a word names a colour.
globalThis.window ??= { CSS: { supports: () => true } };
// And there is a document, in which labels are made safe to be shown.
DOMPurify.addHook ??= () => {};
DOMPurify.sanitize ??= (text) => text;
// Details of participants stand in the page.
globalThis.document ??= { getElementById: () => ({ innerHTML: '{}' }) };
const NOTE = 2;

const decoded = (text) =>
  text
    .replace(/ﬂ°°(\d+)¶ß/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/ﬂ°(\w+)¶ß/g, '#$1;');

const answers = [];
for (const text of JSON.parse(readFileSync(0, 'utf8'))) {
  try {
    await mermaid.parse(text);
    const diagram = await mermaid.mermaidAPI.getDiagramFromText(text);
    const messages = diagram.db.getMessages().filter(({ from, to, type }) => from && to && type !== NOTE);
    answers.push({ messages: messages.map(({ from, to, message }) => [from, to, message].map(decoded)) });
  } catch (error) {
    answers.push({ refused: String(error.message) });
  }
}
console.log(JSON.stringify(answers));
