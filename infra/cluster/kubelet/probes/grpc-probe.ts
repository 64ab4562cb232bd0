import { connect, constants, type IncomingHttpHeaders } from 'node:http2';
import type { Duplex } from 'node:stream';
import { dialFailure, failure, type ProbeOutcome } from './probe-outcome.ts';

export interface GrpcTarget {
  readonly podIp: string;
  readonly port: number;
  readonly service: string;
  readonly dial: (signal: AbortSignal) => Promise<Duplex>;
}

const SERVING = 1;
/** A health answer has a handful of bytes. */
const MAX_ANSWER_BYTES = 1024;

/** Calls grpc.health.v1.Health/Check without TLS, as Kubernetes' grpc probes do; SERVING is success. */
export async function probeGrpc(target: GrpcTarget, signal: AbortSignal): Promise<ProbeOutcome> {
  const address = `${target.podIp}:${target.port}`;
  try {
    const answer = await check(target, address, signal);
    if (answer.grpcStatus === '12')
      return failure(`error: this server does not implement the grpc health protocol (grpc.health.v1.Health)`);
    if (answer.grpcStatus !== '0') return failure(`error: health rpc failed: rpc error: code = ${answer.grpcStatus}`);
    return answer.servingStatus === SERVING
      ? { kind: 'success' }
      : failure(`service unhealthy (responded with "${nameOf(answer.servingStatus)}")`);
  } catch (error) {
    if (signal.aborted) return failure(`timeout: failed to connect service "${address}" within the timeout: context deadline exceeded`);
    return failure(`error: failed to connect service at "${address}": ${dialFailure(error, address)}`);
  }
}

async function check(target: GrpcTarget, address: string, signal: AbortSignal): Promise<{ grpcStatus: string; servingStatus: number }> {
  const socket = await target.dial(signal);
  const session = connect(`http://${address}`, { createConnection: () => socket });
  const destroy = (): void => {
    session.destroy();
    socket.destroy();
  };
  signal.addEventListener('abort', destroy, { once: true });
  socket.on('error', () => {});
  try {
    return await new Promise((resolve, reject) => {
      session.on('error', reject);
      session.once('close', () => reject(new Error('connection closed')));
      const call = session.request({
        [constants.HTTP2_HEADER_METHOD]: 'POST',
        [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      let grpcStatus = '';
      let body = Buffer.alloc(0);
      call.on('response', (headers) => (grpcStatus = textOf(headers['grpc-status']) ?? grpcStatus));
      call.on('trailers', (headers: IncomingHttpHeaders) => (grpcStatus = textOf(headers['grpc-status']) ?? grpcStatus));
      call.on('data', (chunk: Buffer) => {
        if (body.length <= MAX_ANSWER_BYTES) body = Buffer.concat([body, chunk]);
      });
      call.on('error', reject);
      call.on('end', () => resolve({ grpcStatus, servingStatus: servingStatusOf(body) }));
      call.end(requestBytes(target.service));
    });
  } finally {
    signal.removeEventListener('abort', destroy);
    destroy();
  }
}

/** One uncompressed message: HealthCheckRequest { string service = 1; }. */
function requestBytes(service: string): Buffer {
  const name = Buffer.from(service).subarray(0, 127);
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}

/** HealthCheckResponse { ServingStatus status = 1; } behind its five bytes of frame; an absent field is UNKNOWN. */
function servingStatusOf(body: Buffer): number {
  return body[5] === 0x08 ? (body[6] ?? 0) : 0;
}

function nameOf(status: number): string {
  return ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'][status] ?? String(status);
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
