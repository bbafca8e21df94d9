/**
 * Checks that a value is a scenario that can be run: its file may be JavaScript, and TypeScript's types are gone when
 * it is loaded. This file does not know where the value came from.
 */
import type { ExchangeKind, MessageKind, Scenario, ScenarioStack } from './scenario.js';
import { ScenarioError } from './scenario.js';

/** So much of a response must be left when it is broken off, or it might have been read whole by then. */
const leastBrokenBytes = 131_072;
const mostBodyBytes = 2 ** 30;

/** @returns the value as a scenario @throws ScenarioError with the path of the first value that is wrong */
export function checkScenario(value: unknown): Scenario {
  const scenario = object<Scenario>('scenario', value, [
    'name',
    'exchanges',
    'concurrency',
    'stacks',
    'workload',
  ]);
  name('name', scenario.name);
  optional(scenario.exchanges, (count) => integer('exchanges', count, 0, 1_000_000));
  optional(scenario.concurrency, (count) => integer('concurrency', count, 1, 1000));
  list('stacks', scenario.stacks);
  list('workload', scenario.workload);
  for (const [index, stack] of scenario.stacks.entries()) checkStack(`stacks[${index}]`, stack);
  for (const [index, kind] of scenario.workload.entries()) checkKind(`workload[${index}]`, kind);
  unique(
    'stacks',
    scenario.stacks.map(({ name }) => name),
  );
  unique(
    'workload',
    scenario.workload.map(({ name }) => name),
  );
  return scenario;
}

function checkStack(where: string, value: ScenarioStack): void {
  const stack = object<ScenarioStack>(where, value, ['name', 'transport', 'session', 'time', 'compose']);
  name(`${where}.name`, stack.name);
  name(`${where}.transport`, stack.transport);
  name(`${where}.session`, stack.session);
  optional(stack.time, (time) => oneOf(`${where}.time`, time, ['real', 'virtual']));
  if (typeof stack.compose !== 'function') throw new ScenarioError(`${where}.compose`, 'must be a function');
}

function checkKind(where: string, value: ExchangeKind): void {
  const kind = object<ExchangeKind>(where, value, [
    'name',
    'weight',
    'times',
    'method',
    'request',
    'response',
    'pipelined',
    'answer',
    'expectContinue',
    'slowReader',
    'reset',
  ]);
  name(`${where}.name`, kind.name);
  if (!/^[\w.-]+$/.test(kind.name)) {
    throw new ScenarioError(`${where}.name`, 'must be letters, digits, dots, hyphens and underscores');
  }
  optional(kind.weight, (weight) => number(`${where}.weight`, weight, 0, 1e9));
  optional(kind.times, (times) => integer(`${where}.times`, times, 0, 100_000));
  optional(kind.method, (method) => name(`${where}.method`, method));
  optional(kind.request, (request) => checkMessage(`${where}.request`, request, []));
  optional(kind.response, (response) => {
    checkMessage(`${where}.response`, response, ['status']);
    optional(response.status, (status) => integer(`${where}.response.status`, status, 200, 599));
  });
  optional(kind.pipelined, (count) => range(`${where}.pipelined`, count, 1, 64));
  optional(kind.answer, (answer) => oneOf(`${where}.answer`, answer, ['after-request', 'early']));
  optional(kind.expectContinue, (expects) => {
    if (typeof expects !== 'boolean') throw new ScenarioError(`${where}.expectContinue`, 'must be a boolean');
  });
  optional(kind.slowReader, (reader) => {
    const slow = object<typeof reader>(`${where}.slowReader`, reader, ['bytes', 'milliseconds']);
    integer(`${where}.slowReader.bytes`, slow.bytes, 1, mostBodyBytes);
    number(`${where}.slowReader.milliseconds`, slow.milliseconds, 0, 1000);
  });
  optional(kind.reset, (reset) => oneOf(`${where}.reset`, reset, ['client', 'server']));
  checkTogether(where, kind);
}

/** What each value allows and the others do not. */
function checkTogether(where: string, kind: ExchangeKind): void {
  const { request, response, pipelined, reset, answer, expectContinue } = kind;
  const hasBody = request?.body !== undefined;
  if (pipelined !== undefined && (hasBody || reset !== undefined)) {
    throw new ScenarioError(
      `${where}.pipelined`,
      'goes with neither a request body nor a reset: others wait behind it',
    );
  }
  if ((answer === 'early' || expectContinue === true) && !hasBody) {
    throw new ScenarioError(
      where,
      'an early answer, or a request that waits to continue, needs a request.body',
    );
  }
  if (answer === 'early' && request?.coding === 'chunked') {
    throw new ScenarioError(
      `${where}.request.coding`,
      'of a chunked body nobody knows whether the rest is worth draining, so the next request may meet a closed connection',
    );
  }
  if (reset !== undefined && least(response?.body) < leastBrokenBytes) {
    throw new ScenarioError(
      `${where}.response.body`,
      `must be ${leastBrokenBytes} at least to be broken off in its middle`,
    );
  }
  if (response?.status === 204 || response?.status === 205 || response?.status === 304) {
    if (response.body !== undefined || response.coding !== undefined) {
      throw new ScenarioError(
        `${where}.response`,
        `has no content with status ${response.status} (RFC 9110 §6.4.1)`,
      );
    }
  }
  if (kind.method === 'HEAD' && (reset !== undefined || response?.coding === 'chunked')) {
    throw new ScenarioError(`${where}.response`, 'has no content to a HEAD (RFC 9110 §9.3.2)');
  }
  if (kind.method === 'CONNECT') {
    throw new ScenarioError(`${where}.method`, 'CONNECT makes a tunnel, which a workload does not have');
  }
}

function checkMessage(where: string, value: MessageKind, more: readonly string[]): void {
  const message = object<MessageKind>(where, value, ['body', 'coding', 'trailers', 'fields', ...more]);
  optional(message.body, (body) => range(`${where}.body`, body, 0, mostBodyBytes));
  optional(message.coding, (coding) => oneOf(`${where}.coding`, coding, ['length', 'chunked']));
  optional(message.trailers, (count) => {
    integer(`${where}.trailers`, count, 0, 32);
    if (message.coding !== 'chunked') {
      throw new ScenarioError(`${where}.trailers`, "needs coding: 'chunked' (RFC 9112 §7.1.2)");
    }
  });
  optional(message.fields, (fields) => {
    const isList =
      Array.isArray(fields) &&
      fields.every(
        (field) =>
          Array.isArray(field) && field.length === 2 && field.every((text) => typeof text === 'string'),
      );
    if (!isList) throw new ScenarioError(`${where}.fields`, 'must be a list of [name, value]');
  });
}

function least(size: MessageKind['body']): number {
  if (size === undefined) return 0;
  return typeof size === 'number' ? size : size[0];
}

function optional<T>(value: T | undefined, check: (value: T) => void): void {
  if (value !== undefined) check(value);
}

function object<T>(where: string, value: unknown, keys: readonly string[]): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ScenarioError(where, `must be an object, not ${shown(value)}`);
  }
  for (const key of Object.keys(value)) {
    if (!keys.includes(key)) {
      throw new ScenarioError(where, `has no ${JSON.stringify(key)}; known are ${keys.join(', ')}`);
    }
  }
  return value as T;
}

function list(where: string, value: unknown): void {
  if (!Array.isArray(value) || value.length === 0) {
    throw new ScenarioError(where, `must be a list of one at least, not ${shown(value)}`);
  }
}

function name(where: string, value: unknown): void {
  if (typeof value !== 'string' || value.trim() === '') {
    throw new ScenarioError(where, `must be a text, not ${shown(value)}`);
  }
}

function oneOf(where: string, value: unknown, allowed: readonly string[]): void {
  if (typeof value !== 'string' || !allowed.includes(value)) {
    throw new ScenarioError(where, `must be one of ${allowed.join(', ')}, not ${shown(value)}`);
  }
}

function number(where: string, value: unknown, low: number, high: number): void {
  if (typeof value !== 'number' || !(value >= low && value <= high)) {
    throw new ScenarioError(where, `must be a number from ${low} to ${high}, not ${shown(value)}`);
  }
}

function integer(where: string, value: unknown, low: number, high: number): void {
  number(where, value, low, high);
  if (!Number.isInteger(value)) throw new ScenarioError(where, `must be an integer, not ${shown(value)}`);
}

function range(where: string, value: unknown, low: number, high: number): void {
  if (!Array.isArray(value)) {
    integer(where, value, low, high);
    return;
  }
  if (value.length !== 2) throw new ScenarioError(where, 'a range is [least, most]');
  integer(`${where}[0]`, value[0], low, high);
  integer(`${where}[1]`, value[1], value[0] as number, high);
}

function unique(where: string, names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new ScenarioError(where, `${twice} is there twice`);
}

function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  return value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value));
}
