import { useMutation, type UseMutationResult } from '@tanstack/react-query';
import { notifyDone, notifyError } from './notify.ts';

interface ActOptions<Input, Output> {
  /** What to do with the answer; a returned sentence is shown. */
  readonly onDone?: (output: Output, input: Input) => string | undefined;
  /** Besides showing the failure. */
  readonly onFailed?: () => void;
}

/** An action of the person's: busy while it runs, its failure shown with a next step. */
export function useAct<Input, Output>(
  act: (input: Input) => Promise<Output>,
  options: ActOptions<Input, Output> = {},
): UseMutationResult<Output, Error, Input> {
  return useMutation({
    mutationFn: act,
    onSuccess: (output, input) => {
      const said = options.onDone?.(output, input);
      if (said !== undefined) notifyDone(said);
    },
    onError: (error: Error) => {
      notifyError(error);
      options.onFailed?.();
    },
  });
}
