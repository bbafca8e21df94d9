/**
 * Plans of faults for `faultInjector`: what breaks, and at which of the acts of a pipe. Places count modulo the acts that
 * an undamaged run had, which must be known first. This file does not know what the pipe carries.
 */
import fc from 'fast-check';
import type { PipeFault } from '../../transport/fault-injector.js';

/**
 * One fault or more, in no order. A `delay` is in milliseconds.
 * @param acts of the undamaged run (`FaultLog.acts`): the last place of a fault
 * @param maxFaults most faults of a plan; default 2
 */
export function pipeFaults(acts: number, maxFaults = 2): fc.Arbitrary<PipeFault[]> {
  const at = fc.nat({ max: Math.max(0, acts) });
  const fault: fc.Arbitrary<PipeFault> = fc.oneof(
    fc.record({ at, fault: fc.constantFrom('reset', 'eof', 'short-write', 'stall') }),
    fc.record({ at, fault: fc.constant('delay'), ms: fc.constantFrom(1, 50, 5000) }),
  );
  return fc.array(fault, { minLength: 1, maxLength: maxFaults });
}
