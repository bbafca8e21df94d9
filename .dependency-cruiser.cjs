// Which layer may import which: downward only, no cycles, `node:` at the edges. Folder by folder, what is not
// allowed is refused.

/** A layer and the only places in src/ that it may import from. */
const only = (name, from, to, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: `^src/${from}` },
  to: { path: '^src/', pathNot: `^src/${to}` },
});

// Contracts that the layers share: plain types and tables, no implementation.
const bottom = '(errors|options)[.]ts$';
const ground = `${bottom}|memory/|machine/`;
const pipe = 'transport/(?!node/)';
const transportContract = 'transport/(contract|facts|table|index)[.]ts$';
const sessionContract = 'session/[^/]+[.]ts$';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment:
        'Files that need each other are one file, or hide a third. Types may: what is observed and the ' +
        'interface of its observer name each other; across layers the other rules refuse even that.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'An import that does not resolve here does not resolve for anybody.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'src-stands-alone',
      severity: 'error',
      comment: 'What is shipped does not import tests or models.',
      from: { path: '^src/' },
      to: { path: '^(test|models)/' },
    },
    {
      name: 'models-are-independent',
      severity: 'error',
      comment: 'A model that shares code with what it checks repeats its mistakes; it may share types.',
      from: { path: '^models/', pathNot: '^models/composed/' },
      to: { path: '^(src|test)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'composed-machines-take-tables',
      severity: 'error',
      comment: 'The composed machines are made of the tables that run, and of nothing else that does.',
      from: { path: '^models/composed/' },
      to: {
        path: '^(src|test)/',
        pathNot: ['^src/machine/index\\.ts$', 'tables?\\.ts$'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      comment:
        'src/ imports dependencies only, or what its user brings: a development dependency is not there.',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    },
    {
      name: 'fast-check-in-the-kit',
      severity: 'error',
      comment: 'Whoever does not use the kit need not have fast-check.',
      from: { path: '^src/', pathNot: '^src/kit/' },
      to: { path: 'node_modules/fast-check/' },
    },
    {
      name: 'node-at-the-edges',
      severity: 'error',
      comment: 'Only transport/node, adapters/node, lab and the entry undercoat/node import node:.',
      from: { path: '^src/', pathNot: '^src/((transport/node|adapters/node|lab)/|node[.]ts$)' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'core-packages',
      severity: 'error',
      comment: 'The core uses two packages and nothing else from outside.',
      from: { path: `^src/(${bottom}|memory/|machine/|session/|stream/)` },
      to: { path: 'node_modules/', pathNot: 'node_modules/typescript-fsm/' },
    },
    only('errors-at-the-bottom', 'errors[.]ts$', 'errors[.]ts$', 'Errors know nobody.'),
    only('options-above-errors', 'options[.]ts$', bottom, 'What an option may be knows no layer.'),
    only('memory-below-all', 'memory/', `(${bottom}|memory/)`, 'Memory knows no layer.'),
    only('machine-below-layers', 'machine/', `(${ground})`, 'Tables and dispatcher know no layer.'),
    only('transport-knows-no-session', pipe, `(${ground}|${pipe})`, 'A pipe does not know who reads.'),
    only('node-transports', 'transport/node/', `(${ground}|transport/)`, 'Nor does one of the platform.'),
    only(
      'session-sees-no-pipe',
      'session/',
      `(${ground}|${transportContract}|session/)`,
      'LAY-1: of the transport a session knows facts and contract; of streams and endpoints nothing.',
    ),
    ...[
      ['proxy', 'h1'],
      ['proxy', 'h2'],
      ['h1', 'proxy'],
      ['h2', 'proxy'],
    ].map(([from, to]) => ({
      name: `session-${from}-knows-no-${to}`,
      severity: 'error',
      comment: 'Sessions meet in the handoff, not in imports.',
      from: { path: `^src/session/${from}/` },
      to: { path: `^src/session/${to}/` },
    })),
    {
      name: 'session-contract-knows-no-session',
      severity: 'error',
      comment: 'The contract is below those who keep it; the facts name the type of what was learnt.',
      from: { path: `^src/${sessionContract}` },
      to: { path: '^src/session/[^/]+/', dependencyTypesNot: ['type-only'] },
    },
    only(
      'stream-below-endpoint',
      'stream/',
      `(${ground}|${pipe}|session/|stream/)`,
      'A stream stands on the session that carries it; it does not know who drives them.',
    ),
    {
      name: 'a-tunnel-is-a-pipe',
      severity: 'error',
      comment:
        'A tunnel in a stream is a transport, made of what all of them are; nothing else of the streams is.',
      from: { path: '^src/stream/', pathNot: '^src/stream/h2-pipe[.]ts$' },
      to: { path: `^src/${pipe}`, pathNot: `^src/${transportContract}` },
    },
    {
      name: 'stream-contract-knows-no-session',
      severity: 'error',
      comment: 'The exchange is the same whoever carries it.',
      from: { path: '^src/stream/(contract|incoming|tables)[.]ts$' },
      to: { path: '^src/session/[^/]+/' },
    },
    only(
      'adapters-see-exchanges',
      'adapters/',
      `(${ground}|${transportContract}|${sessionContract}|stream/[^/]+[.]ts$|adapters/)`,
      'An adapter stands on the exchange; it knows neither who carries it nor who drives it.',
    ),
    {
      name: 'adapters-need-no-platform',
      severity: 'error',
      comment: 'What needs Node is in adapters/node; the others run where the web’s own classes are.',
      from: { path: '^src/adapters/[^/]+[.]ts$' },
      to: { path: '^src/adapters/node/' },
    },
    only(
      'endpoint-below-programs',
      'endpoint/',
      `(${ground}|${pipe}|session/|stream/|adapters/[^/]+[.]ts$|endpoint/)`,
      'The endpoint couples layers; it knows neither the platform nor who uses it.',
    ),
    {
      name: 'kit-runs-anywhere',
      severity: 'error',
      comment: 'The kit tests transports and sessions of anybody: it needs no platform and no program.',
      from: { path: '^src/kit/' },
      to: { path: '^src/(transport/node|lab)/' },
    },
    {
      name: 'main-entry-runs-anywhere',
      severity: 'error',
      comment: 'The package itself loads without node:; what needs it is undercoat/node.',
      from: { path: '^src/index[.]ts$' },
      to: { path: '^src/((transport/node|adapters/node|lab|kit)/|node[.]ts$)', reachable: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
