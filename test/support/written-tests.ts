// Tests as they are written: what each file calls `test` and `it` with, read from its syntax, so that neither a comment nor
// a test that is skipped counts as one. This file does not know what a rule is.
import ts from 'typescript';

/** One test of a file, or as many as its table has rows. */
export interface WrittenTest {
  /** Its title and those of the groups around it; undefined where the code computes it. */
  readonly titles: readonly (string | undefined)[];
  /** The function whose cases it runs, where it is made in a loop over what that returns: `stackConformance`. */
  readonly casesOf: string | undefined;
}

export function writtenTests(code: string): WrittenTest[] {
  const found: WrittenTest[] = [];
  const visit = (
    node: ts.Node,
    groups: readonly (string | undefined)[],
    casesOf: string | undefined,
  ): void => {
    let inner = groups;
    let cases = casesOf;
    if (ts.isForOfStatement(node) && ts.isCallExpression(node.expression)) {
      cases = node.expression.expression.getText();
    }
    if (ts.isCallExpression(node)) {
      const words = chain(node.expression);
      const [what] = words;
      if (what === 'test' || what === 'it' || what === 'describe') {
        if (words.includes('skip') || words.includes('todo')) return;
        const [title] = node.arguments;
        // `describe.each(rows)` alone is no group yet.
        if (title !== undefined && node.arguments.length > 1) {
          const titles = [...groups, textOf(title)];
          if (what === 'describe') inner = titles;
          else found.push({ titles, casesOf });
        }
      }
    }
    node.forEachChild((child) => visit(child, inner, cases));
  };
  visit(parsed(code), [], undefined);
  return found;
}

/** The first string among the arguments of each call in a file, with the name of what is called; lists are looked into. */
export function firstStrings(code: string): { readonly called: string; readonly text: string }[] {
  const found: { called: string; text: string }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const called = chain(node.expression).at(-1) ?? '';
      for (const text of stringsOf(node.arguments?.[0])) found.push({ called, text });
    }
    node.forEachChild(visit);
  };
  visit(parsed(code));
  return found;
}

function parsed(code: string): ts.SourceFile {
  return ts.createSourceFile('code.ts', code, ts.ScriptTarget.Latest, true);
}

/** The words of `test.each(rows)`, `describe.skip` or `this.assert`, from left to right. */
function chain(callee: ts.Expression): string[] {
  if (ts.isIdentifier(callee)) return [callee.text];
  if (ts.isPropertyAccessExpression(callee)) return [...chain(callee.expression), callee.name.text];
  if (ts.isCallExpression(callee)) return chain(callee.expression);
  return [];
}

function textOf(title: ts.Expression): string | undefined {
  if (ts.isStringLiteralLike(title)) return title.text;
  if (!ts.isTemplateExpression(title)) return undefined;
  return title.head.text + title.templateSpans.map(({ literal }) => literal.text).join('');
}

function stringsOf(node: ts.Node | undefined): string[] {
  if (node === undefined) return [];
  if (ts.isStringLiteralLike(node)) return [node.text];
  // `assert(claims['WIRE-5'], …)`.
  if (ts.isElementAccessExpression(node))
    return chain(node.expression).at(-1) === 'claims' ? stringsOf(node.argumentExpression) : [];
  if (ts.isConditionalExpression(node)) return [node.whenTrue, node.whenFalse].flatMap(stringsOf);
  return ts.isArrayLiteralExpression(node) ? node.elements.flatMap(stringsOf) : [];
}
