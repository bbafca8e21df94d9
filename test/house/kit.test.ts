// What `undercoat/kit` exports, as its user's editor shows it: directly above each name stands what it is.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

function parsed(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
}

/** The names that an index exports, with the file that each is declared in. */
function exported(index: string): { readonly name: string; readonly file: string }[] {
  return parsed(index).statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement)) return [];
    const { exportClause, moduleSpecifier } = statement;
    if (exportClause === undefined || moduleSpecifier === undefined || !ts.isNamedExports(exportClause))
      return [];
    const path = (moduleSpecifier as ts.StringLiteral).text.replace(/\.js$/, '.ts');
    const file = join(index, '..', path);
    return exportClause.elements.map(({ name, propertyName }) => ({
      name: (propertyName ?? name).text,
      file,
    }));
  });
}

function isNamed(statement: ts.Statement, name: string): boolean {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.some((it) => it.name.getText() === name);
  }
  const { name: declared } = statement as ts.Statement & { readonly name?: ts.Node };
  return declared?.getText() === name;
}

/** Names without a text of their own: that of their file says what the file is for. */
function undocumented(index: string): string[] {
  const bare = exported(index).filter(({ name, file }) => {
    const declaration = parsed(file).statements.find((it) => isNamed(it, name));
    return declaration === undefined || ts.getJSDocCommentsAndTags(declaration).length === 0;
  });
  return bare.map(({ name, file }) => `${name} of ${file}`);
}

test('every name that the kit exports says what it is, directly above', () => {
  expect(exported('src/kit/index.ts').length).toBeGreaterThan(80);
  expect(undocumented('src/kit/index.ts')).toEqual([]);
});
