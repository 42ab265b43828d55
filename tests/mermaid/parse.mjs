// Reads a JSON list of diagrams from standard input and prints, for each, the messages that
// Mermaid's own parser finds in it, or why it refuses it.
import mermaid from 'mermaid';
import { readFileSync } from 'node:fs';

const decoded = (text) => text.replace(/ﬂ°°(\d+)¶ß/g, (_, code) => String.fromCodePoint(Number(code)));

const answers = [];
for (const text of JSON.parse(readFileSync(0, 'utf8'))) {
  try {
    await mermaid.parse(text);
    const diagram = await mermaid.mermaidAPI.getDiagramFromText(text);
    const messages = diagram.db.getMessages().filter(({ from, to }) => from && to);
    answers.push({ messages: messages.map(({ from, to, message }) => [from, to, message].map(decoded)) });
  } catch (error) {
    answers.push({ refused: String(error.message) });
  }
}
console.log(JSON.stringify(answers));
