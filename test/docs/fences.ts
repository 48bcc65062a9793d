import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** What an HTML comment right before a fence may say to the tests. A reader of the page does not see it. */
export interface Directives {
  /** Code that runs before the snippet, in the same scope. */
  readonly before?: string;
  /** Code that runs after it, in the same scope. */
  readonly then?: string;
  /** Names of snippets that run first and stay up, such as `service.mjs`. */
  readonly with?: string;
  /** A port that something else listens on while a command runs. */
  readonly taken?: string;
  /** Not a command's output but a drawing: the pages that have some say so. */
  readonly drawing?: string;
}

/** A piece of code in the documentation. */
export interface Fence {
  /** Relative to the repository. */
  readonly file: string;
  /** Of the first line of code, from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
  /** What its first line calls it: `// service.mjs`. */
  readonly name: string | undefined;
  readonly directives: Directives;
  /** In a docstring the public names of all subpaths need no import; on a page only those of `rocade`. */
  readonly docstring: boolean;
}

const PAGES = [
  'README.md',
  ...readdirSync(`${root}docs`)
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];
const SOURCES = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => `src/${file}`);

export const read = (file: string): string => readFileSync(`${root}${file}`, 'utf8');
export const pages = PAGES.map((file) => ({ file, text: read(file) }));
export const sources = SOURCES.map((file) => ({ file, text: read(file) }));
export const fences: readonly Fence[] = [...pages.flatMap(fencesOfPage), ...sources.flatMap(examplesOfSource)];

function nameOf(code: string): string | undefined {
  return /^(?:\/\/|<!--) ([\w.-]+\.(?:m?[jt]s|html))\b/.exec(code)?.[1];
}

function fencesOfPage({ file, text }: { file: string; text: string }): Fence[] {
  const lines = text.split('\n');
  const found: Fence[] = [];
  let directives: Record<string, string> = {};
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string;
    const opening = /^(\s*)```(.*)$/.exec(line);
    if (opening) {
      const [, indent = '', language = ''] = opening;
      const end = lines.findIndex((other, index) => index > at && other.startsWith(`${indent}\`\`\``));
      if (end < 0) throw new Error(`${file}:${at + 1}: a fence that does not end`);
      const code = lines
        .slice(at + 1, end)
        .map((one) => one.slice(indent.length))
        .join('\n');
      found.push({ file, line: at + 2, language, code, name: nameOf(code), directives, docstring: false });
      directives = {};
      at = end;
    } else if (line.startsWith('<!--')) {
      const end = lines.findIndex((other, index) => index >= at && other.includes('-->'));
      const comment = lines.slice(at, end + 1).join('\n');
      const [, key, value] = /^<!--\s*(\w+):?\s*([\s\S]*?)\s*-->$/.exec(comment) ?? [];
      if (key === undefined)
        throw new Error(`${file}:${at + 1}: a comment that the tests do not understand: ${comment}`);
      directives[key] = value ?? '';
      at = end;
    } else if (line.trim() !== '') {
      if (Object.keys(directives).length > 0) throw new Error(`${file}:${at + 1}: expected a fence after the comment`);
    }
  }
  return found;
}

function examplesOfSource({ file, text }: { file: string; text: string }): Fence[] {
  const found: Fence[] = [];
  for (const { index, 0: comment } of text.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    const lines = comment.split('\n').map((line) => line.replace(/^\s*\* ?/, '').replace(/\s*\*\/$/, ''));
    const firstLine = text.slice(0, index).split('\n').length;
    for (let at = 0; at < lines.length; at++) {
      if (!lines[at]?.startsWith('@example')) continue;
      const next = lines.findIndex((line, other) => other > at && /^(@\w+|\/)/.test(line));
      const code = lines
        .slice(at + 1, next < 0 ? undefined : next)
        .join('\n')
        .trimEnd();
      const line = firstLine + at + 1;
      found.push({ file, line, language: 'ts', code, name: nameOf(code), directives: {}, docstring: true });
    }
  }
  return found;
}

export const whereIs = ({ file, line }: Fence): string => `${file}:${line}`;

/** Everything that is run and type-checked. */
export const programs = fences.filter(({ language }) => language === 'ts' || language === 'js');

/** Code for a page needs a document, and other ways of running it. */
export const isForPage = ({ code }: Fence): boolean => /\bdocument\b/.test(code);

/** A snippet of the same page by the name in its first line. */
export function named(name: string, { file }: Fence): Fence {
  const found = fences.find((fence) => fence.file === file && fence.name === name);
  if (!found) throw new Error(`${file}: there is no snippet that starts with '// ${name}'`);
  return found;
}

export const htmlPages = fences.filter(({ language }) => language === 'html');

/** The scripts of a page: a file that it loads, or its own code. */
export const scriptsOf = ({ code }: Fence): { readonly source: string | undefined; readonly code: string }[] =>
  [...code.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g)].map(([, attributes = '', text = '']) => ({
    source: /src="([^"]+)"/.exec(attributes)?.[1],
    code: text,
  }));
