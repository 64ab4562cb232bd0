/**
 * Replaces `$(NAME)` by the variable's value, as Kubernetes does in command, args and env values: an unknown name stays as it is, and
 * `$$` is one dollar sign, which keeps `$$(NAME)` from being replaced.
 */
export function expandVariables(text: string, valueOf: (name: string) => string | undefined): string {
  return text.replace(/\$\$|\$\(([^()]*)\)/g, (whole, name: string | undefined) => {
    if (whole === '$$') return '$';
    return name === undefined ? whole : (valueOf(name) ?? whole);
  });
}
