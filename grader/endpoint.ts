import { z } from 'zod';

export const objectName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'must be a Kubernetes object name: small letters, digits and dashes');

/** The model endpoint that a lab is about: where it is, what serves it and where its credentials are expected. */
export const endpointSchema = z.strictObject({
  namespace: objectName,
  deployment: objectName,
  /** The container of the Deployment that serves the model; the others are its helpers. */
  container: objectName,
  service: objectName,
  /** Port of the Service that carries the model's API. */
  port: z.int().min(1).max(65_535),
  /** How it is spoken to where a check does not say; https where this does not either. */
  scheme: z.enum(['http', 'https']).optional(),
  /** The name that clients ask for, and the model that stands behind it. */
  model: z.string().min(1),
  root: z.string().min(1),
  /** The API key: taken from the Secret that the container's environment variable `env` refers to; without one, or where it refers to none, from the named Secret. */
  key: z.strictObject({
    env: z.string().min(1).optional(),
    secret: objectName,
    entry: z.string().min(1),
    prefix: z.string(),
    minLength: z.int().min(8),
  }),
  /** The kubernetes.io/tls Secret that clients get their certificate from, where certificates are demanded. */
  clientSecret: objectName.optional(),
});

export type Endpoint = z.infer<typeof endpointSchema>;

/** Another model server beside the endpoint, in its namespace, with the same port, scheme and key. */
export const partSchema = endpointSchema.pick({ deployment: true, container: true, service: true, model: true, root: true });

export type Part = z.infer<typeof partSchema>;

export function hostOf(endpoint: Endpoint): string {
  return `${endpoint.service}.${endpoint.namespace}.svc`;
}
