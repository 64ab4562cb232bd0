/**
 * The address of a path of the service below its preview. The path is the person's own input: nothing in it may lead out of the
 * preview, so it is resolved on its own first, which takes dots and a host away.
 */
export function joinPreviewPath(previewPath: string, path: string): string {
  const { pathname, search } = new URL(`http://service.invalid/${path.trim().replace(/^[/\\]+/, '')}`);
  return `${previewPath.replace(/\/+$/, '')}${pathname}${search}`;
}
