// What is not mutated: the texts of errors and of violated rules. They are prose for whoever reads them; the code,
// the citation, the answer and the limit of an error are held by tests, and are mutated.
import type { Ignorer } from '@stryker-mutator/api/ignore';

/** What makes an error, or says that a rule is broken: its text is the last literal that it is given. */
const makers = new Set([
  'UndercoatError',
  'ProtocolError',
  'LimitError',
  'TransportError',
  'MisuseError',
  'RuleViolation',
  // Of the checked ledger and the act audit.
  'assert',
  'broken',
  // Of the reader of PROXY lines, which are given what to say when the next octets are not those.
  'byte',
  'literal',
  // Of sessions and streams.
  'calmDown',
  'connection',
  'connectionError',
  'fail',
  'fault',
  'misuse',
  'onIdle',
  'overLimit',
  'refusal',
  'refused',
  'require',
  'stream',
  'streamError',
  'tooMuch',
  'unsupported',
]);

/** What puts a word that it is given into the text of an error, and where among its arguments that word is. */
const putters = new Map([
  ['having', 0],
  ['refuseLeased', 1],
  ['refuseRoom', 1],
  ['refuseWhileReserved', 0],
]);

/** What a variable or a property with such a text is called. */
const names = new Set(['message', 'why']);

const citation = /^(RFC|§|proxy-protocol|[A-Z]+-\d)/;

/** As much of Babel's syntax tree as is read here. */
interface Node {
  readonly type: string;
  readonly value?: unknown;
  readonly name?: string;
  readonly id?: Node;
  readonly key?: Node;
  readonly callee?: Node;
  readonly property?: Node;
  readonly arguments?: readonly Node[];
  readonly quasis?: readonly { readonly value: { readonly raw: string } }[];
  readonly body?: Node;
  readonly consequent?: Node;
}
interface Path {
  readonly node: Node;
  readonly parentPath?: Path;
}

export const prose: Ignorer = {
  shouldIgnore(path) {
    return isProse(path as Path) ? 'the text of an error' : undefined;
  },
};

function isProse(path: Path): boolean {
  const call = path.parentPath?.node;
  const word = call?.arguments?.[putters.get(nameOf(call.callee)) ?? -1];
  if (word !== undefined && word === path.node) return true;
  if (!isText(path.node)) return false;
  // A text may be one of two.
  let at = path;
  while (at.parentPath?.node.type === 'ConditionalExpression') at = at.parentPath;
  const parent = at.parentPath?.node;
  switch (parent?.type) {
    case 'NewExpression':
    case 'CallExpression':
      return makers.has(nameOf(parent.callee)) && parent.arguments?.findLast(isText) === at.node;
    case 'ObjectProperty':
      return names.has(nameOf(parent.key));
    case 'VariableDeclarator':
      return names.has(nameOf(parent.id));
    default:
      return false;
  }
}

/** Words, or a function that gives them, or the choice between two such texts. */
function isText(node: Node): boolean {
  switch (node.type) {
    case 'StringLiteral':
      return typeof node.value === 'string' && node.value.includes(' ') && !citation.test(node.value);
    case 'TemplateLiteral':
      return node.quasis?.some(({ value }) => value.raw.trim() !== '') === true;
    case 'ArrowFunctionExpression':
      return node.body !== undefined && isText(node.body);
    case 'ConditionalExpression':
      return node.consequent !== undefined && isText(node.consequent);
    default:
      return false;
  }
}

function nameOf(node: Node | undefined): string {
  return (node?.type === 'MemberExpression' ? node.property?.name : node?.name) ?? '';
}
