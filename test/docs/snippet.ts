import ts from 'typescript';
import type { Fence } from './fences.ts';
import { imported, subpaths } from './imported.ts';

/**
 * A snippet as the tests see it. What it uses without declaring it is provided: the names below, and public names of the
 * package. `// => value` behind a statement is a promise about the value of that statement, or about what it logs.
 */
export interface Snippet {
  readonly fence: Fence;
  /** The whole as TypeScript, with everything that is provided declared, for the compiler. */
  readonly typed: string;
  /** How many lines of it come before the snippet's own. */
  readonly offset: number;
  /** An asynchronous function's body as JavaScript. */
  readonly body: string;
  /** What it needs from outside, of the names below. */
  readonly needs: readonly Provided[];
  /** The values that are promised, as source text, in order. */
  readonly promises: readonly { readonly text: string; readonly line: number }[];
}

/** Names that snippets may use as given. `node` is the router behind `client`, with its address. */
export const PROVIDED = {
  client: "import('rocade').Client",
  other: "import('rocade').Client",
  node: "import('rocade/node').RunningRouter",
  router: "import('rocade/router').Router",
  show: '(value: unknown) => void',
} as const;
export type Provided = keyof typeof PROVIDED;

const providedNames = Object.keys(PROVIDED) as Provided[];

/** Public name → the first subpath that exports it. */
const publicNames = new Map<string, string>();
for (const subpath of subpaths) {
  for (const name of Object.keys(await imported(subpath))) if (!publicNames.has(name)) publicNames.set(name, subpath);
}

export function prepare(fence: Fence): Snippet {
  const { before = '', then = '' } = fence.directives;
  const parts = [before, fence.code, then].filter((part) => part !== '');
  const code = parts.join('\n');
  const tree = ts.createSourceFile('snippet.ts', code, ts.ScriptTarget.ESNext, true);
  const free = freeNames(tree);
  const needs = providedNames.filter((name) => free.has(name));
  const imports = [...publicNames].filter(
    ([name, subpath]) => free.has(name) && (fence.docstring || subpath === 'rocade'),
  );
  const declared = [
    ...imports.map(([name, subpath]) => `import { ${name} } from '${subpath}';`),
    ...needs.map((name) => `declare const ${name}: ${PROVIDED[name]};`),
  ];
  const { text, promises } = instrument(tree);
  const given = imports.map(([name, subpath]) => `const { ${name} } = await __import('${subpath}');`);
  const compilerOptions: ts.CompilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  return {
    fence,
    typed: `${declared.join(' ')}\n${code}\nexport {};\n`,
    offset: 1 + (before === '' ? 0 : before.split('\n').length),
    // A file that is no module would be made a script in strict mode by a first line that does not belong in a function.
    body: ts
      .transpileModule(`${given.join(' ')}\n${text}\nexport {};`, { compilerOptions })
      .outputText.replace(/^export \{\};$/m, ''),
    needs,
    promises,
  };
}

/** Identifiers that are used and declared nowhere in the snippet. */
function freeNames(tree: ts.SourceFile): Set<string> {
  const declared = new Set<string>();
  const used = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const { parent } = node;
      const declares =
        (ts.isVariableDeclaration(parent) ||
          ts.isParameter(parent) ||
          ts.isBindingElement(parent) ||
          ts.isFunctionDeclaration(parent) ||
          ts.isClassDeclaration(parent) ||
          ts.isInterfaceDeclaration(parent) ||
          ts.isTypeAliasDeclaration(parent) ||
          ts.isImportSpecifier(parent) ||
          ts.isImportClause(parent) ||
          ts.isNamespaceImport(parent)) &&
        parent.name === node;
      const isMember =
        (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
        ((ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isMethodDeclaration(parent)) &&
          parent.name === node) ||
        (ts.isBindingElement(parent) && parent.propertyName === node);
      if (declares) declared.add(node.text);
      else if (!isMember) used.add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return new Set([...used].filter((name) => !declared.has(name)));
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Turns imports into what a function body may hold, and comments that promise a value into checks. */
function instrument(tree: ts.SourceFile): { text: string; promises: Snippet['promises'] } {
  const edits: Edit[] = [];
  const promises: { text: string; line: number }[] = [];
  for (const statement of tree.statements) {
    if (ts.isImportDeclaration(statement)) {
      edits.push({ start: statement.getStart(), end: statement.end, text: importAsConst(statement) });
    }
  }
  for (const { index, 1: expected = '' } of tree.text.matchAll(/\/\/ => (.*)$/gm)) {
    const { line } = tree.getLineAndCharacterOfPosition(index);
    const expression = promisedExpression(tree, index);
    if (!expression) throw new Error(`line ${line + 1}: nothing that '// => ${expected}' could be about`);
    const check = `__check(${promises.length}, [${expression.text}])`;
    edits.push({
      start: expression.start,
      end: expression.end,
      text: expression.spread ? `...${check}` : `${check}[0]`,
    });
    promises.push({ text: expected, line });
  }
  let text = tree.text;
  for (const { start, end, text: insert } of edits.sort((a, b) => b.start - a.start)) {
    text = text.slice(0, start) + insert + text.slice(end);
  }
  return { text, promises };
}

function importAsConst({ importClause, moduleSpecifier }: ts.ImportDeclaration): string {
  const from = `await __import(${moduleSpecifier.getText()})`;
  if (!importClause) return `${from};`;
  if (importClause.isTypeOnly) return '';
  const { name, namedBindings } = importClause;
  if (namedBindings && ts.isNamespaceImport(namedBindings)) return `const ${namedBindings.name.text} = ${from};`;
  const bindings = name ? [`default: ${name.text}`] : [];
  for (const { isTypeOnly, name: local, propertyName } of namedBindings?.elements ?? []) {
    if (!isTypeOnly) bindings.push(propertyName ? `${propertyName.text}: ${local.text}` : local.text);
  }
  return `const { ${bindings.join(', ')} } = ${from};`;
}

/** What is logged on the line, or the value of the statement that ends right before `position`. */
function promisedExpression(tree: ts.SourceFile, position: number) {
  const isOnThisLine = (node: ts.Node): boolean =>
    node.end <= position && !tree.text.slice(node.end, position).includes('\n');
  let logged: ts.CallExpression | undefined;
  let statement: ts.ExpressionStatement | ts.VariableStatement | undefined;
  const visit = (node: ts.Node): void => {
    if (isOnThisLine(node)) {
      if (ts.isExpressionStatement(node) || ts.isVariableStatement(node)) statement = node;
      if (ts.isCallExpression(node) && node.expression.getText() === 'console.log') logged = node;
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  const isLater = logged && (!statement || logged.end >= statement.getStart());
  if (logged && isLater) {
    const { arguments: args } = logged;
    return { start: args.pos, end: args.end, text: tree.text.slice(args.pos, args.end), spread: true };
  }
  if (!statement) return undefined;
  const value = ts.isVariableStatement(statement)
    ? statement.declarationList.declarations[0]?.initializer
    : statement.expression;
  return value && { start: value.getStart(), end: value.end, text: value.getText(), spread: false };
}
