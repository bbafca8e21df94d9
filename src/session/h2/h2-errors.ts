/** Errors that are answered by an H2 error code (RFC 9113 §5.4, §7). This file does not know who made the mistake. */
import { type Answer, LimitError, ProtocolError } from '../../errors.js';
import { CANCEL, ENHANCE_YOUR_CALM, INTERNAL_ERROR, PROTOCOL_ERROR } from './frames-codes.js';

/** An error that ends the connection with GOAWAY (RFC 9113 §5.4.1). */
export function connectionError(code: number, name: string, cites: string, message: string): ProtocolError {
  return new ProtocolError(name, cites, message, { kind: 'h2-connection', code });
}

/** An error that ends one stream with RST_STREAM (RFC 9113 §5.4.2). */
export function streamError(code: number, name: string, cites: string, message: string): ProtocolError {
  return new ProtocolError(name, cites, message, { kind: 'h2-stream', code });
}

/** A flood: the connection ends with ENHANCE_YOUR_CALM (WORK-1). */
export function calmDown(limit: string, message: string): LimitError {
  return new LimitError(limit, 'calm-down', 'WORK-1, RFC 9113 §10.5', message, {
    kind: 'h2-connection',
    code: ENHANCE_YOUR_CALM,
  });
}

/** The code that an error's answer sends; INTERNAL_ERROR when it names none. */
export function codeOf(answer: Answer): number {
  return answer.kind === 'h2-connection' || answer.kind === 'h2-stream' ? answer.code : INTERNAL_ERROR;
}

/** WS-9: no slab for a header block, or a block that fits none. */
export function exhausted(): LimitError {
  return new LimitError('limitBytes', 'output-exhausted', 'WS-9', 'no memory for a header block', {
    kind: 'h2-stream',
    code: INTERNAL_ERROR,
  });
}

/** A limit on one message, which ends its stream. */
export function overLimit(limit: string, name: string, cites: string, message: string): LimitError {
  return new LimitError(limit, name, cites, message, { kind: 'h2-stream', code: CANCEL });
}

/** A frame of a stream that was never begun. */
export function onIdle(what: string): ProtocolError {
  return connectionError(PROTOCOL_ERROR, 'idle-stream', 'RFC 9113 §5.1', `${what} on an idle stream`);
}
