import type { Schema } from './openapi-schemas.ts';

const query = (name: string, type: string, description: string): Schema => ({ description, in: 'query', name, type, uniqueItems: true });

const versions = 'See https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions for details. Defaults to unset.';

/** What many operations of the API take, described once and referred to by name. After the API's own field documentation. */
export const sharedParameters: Readonly<Record<string, Schema>> = Object.fromEntries(
  [
    query(
      'allowWatchBookmarks',
      'boolean',
      'allowWatchBookmarks requests watch events with type "BOOKMARK". If this is not a watch, this field is ignored.',
    ),
    query(
      'continue',
      'string',
      'The continue option should be set when retrieving more results from the server. Its value is defined by the server and is only valid for the query it was given for.',
    ),
    query(
      'dryRun',
      'string',
      'When present, indicates that modifications should not be persisted. An invalid or unrecognized dryRun directive will result in an error response. Valid values are: All.',
    ),
    query(
      'fieldManager',
      'string',
      'fieldManager is a name associated with the actor or entity that is making these changes. The value must be less than 128 characters long, and only contain printable characters.',
    ),
    query('fieldSelector', 'string', 'A selector to restrict the list of returned objects by their fields. Defaults to everything.'),
    query(
      'fieldValidation',
      'string',
      'fieldValidation instructs the server on how to handle objects in the request containing unknown or duplicate fields. Valid values are: Ignore, Warn (the default) and Strict.',
    ),
    query(
      'force',
      'boolean',
      'Force is going to "force" Apply requests. It means user will re-acquire conflicting fields owned by other people.',
    ),
    query(
      'gracePeriodSeconds',
      'integer',
      'The duration in seconds before the object should be deleted. Value must be non-negative integer. The value zero indicates delete immediately.',
    ),
    query(
      'ignoreStoreReadErrorWithClusterBreakingPotential',
      'boolean',
      'Triggers an unsafe deletion of an object that cannot be read from its storage. Objects here can always be read, so it changes nothing.',
    ),
    query('labelSelector', 'string', 'A selector to restrict the list of returned objects by their labels. Defaults to everything.'),
    query(
      'limit',
      'integer',
      'limit is a maximum number of responses to return for a list call. If more items exist, the server will set the `continue` field on the list metadata.',
    ),
    query('orphanDependents', 'boolean', 'Deprecated: please use the PropagationPolicy. Should the dependent objects be orphaned.'),
    query(
      'pretty',
      'string',
      "If 'true', then the output is pretty printed. Defaults to 'false' unless the user-agent indicates a browser or command-line HTTP tool (curl and wget).",
    ),
    query(
      'propagationPolicy',
      'string',
      "Whether and how garbage collection will be performed. Acceptable values are: 'Orphan', 'Background' and 'Foreground'.",
    ),
    query(
      'resourceVersion',
      'string',
      `resourceVersion sets a constraint on what resource versions a request may be served from. ${versions}`,
    ),
    query('resourceVersionMatch', 'string', `resourceVersionMatch determines how resourceVersion is applied to list calls. ${versions}`),
    query(
      'sendInitialEvents',
      'boolean',
      'sendInitialEvents may be set together with watch: the watch then begins with synthetic events for all objects of the collection.',
    ),
    query(
      'timeoutSeconds',
      'integer',
      'Timeout for the list/watch call. This limits the duration of the call, regardless of any activity or inactivity.',
    ),
    query(
      'watch',
      'boolean',
      'Watch for changes to the described resources and return them as a stream of add, update, and remove notifications. Specify resourceVersion.',
    ),
  ].map((parameter) => [parameter['name'], parameter]),
) as Readonly<Record<string, Schema>>;
