import { useQueryClient } from '@tanstack/react-query';

/** Everything that a decision about certificates may change is asked for anew. */
export function useCertificateChange(): () => void {
  const client = useQueryClient();
  return () => {
    for (const key of ['certificates', 'improvements', 'appeals', 'grades', 'result', 'signing-keys'])
      void client.invalidateQueries({ queryKey: [key] });
  };
}
