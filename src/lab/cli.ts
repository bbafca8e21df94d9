#!/usr/bin/env node
/**
 * The executable `undercoat`. This file does not know the commands.
 */
import { processConsole } from './console.js';
import { runProgram } from './program.js';

/** Whatever is left open when the command is done must not hold the process. */
const patience = 2000;

const code = await runProgram(process.argv.slice(2), processConsole());
process.exitCode = code;
setTimeout(() => process.exit(code), patience).unref();
