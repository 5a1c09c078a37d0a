// Parse an AsyncAPI document with the parser of AsyncAPI; errors and warnings fail.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { Parser } = createRequire(import.meta.url)("@asyncapi/parser");
const [, , file] = process.argv;
const { document, diagnostics } = await new Parser().parse(readFileSync(file, "utf8"));
const serious = diagnostics.filter(({ severity }) => severity <= 1);
for (const { path, message } of serious) console.error(`${path.join("/")}: ${message}`);
if (!document || serious.length) process.exit(1);
console.log(`${document.allMessages().length} messages, ${document.allChannels().length} channels`);
