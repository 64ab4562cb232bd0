/** The distribution project's grammar: registry with an optional port, lower-case path, tag, digest. */
const REFERENCE =
  /^(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$/;

/** Longer references are refused unread. */
const MAX_LENGTH = 512;

/** Why a text is no image reference, in the words of the parser that the kubelet uses; undefined if it is one. */
export function imageReferenceFault(reference: string): string | undefined {
  if (reference.length <= MAX_LENGTH && REFERENCE.test(reference)) return undefined;
  const why = REFERENCE.test(reference.toLowerCase()) && reference.length <= MAX_LENGTH ? 'repository name must be lowercase' : '';
  return `couldn't parse image name "${reference}": invalid reference format${why === '' ? '' : `: ${why}`}`;
}
