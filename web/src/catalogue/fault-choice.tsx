import { NativeSelect } from '@mantine/core';

interface Props {
  readonly faults: readonly { readonly id: string; readonly title: string }[];
  /** Empty: the attempt's seed decides. */
  readonly value: string;
  readonly onChange: (fault: string) => void;
}

/** For instructors who try a lab: which fault it will be. Trainees are never shown the list. */
export function FaultChoice({ faults, value, onChange }: Props) {
  return (
    <NativeSelect
      label="Fault"
      size="xs"
      value={value}
      onChange={(event) => {
        onChange(event.currentTarget.value);
      }}
      data={[{ value: '', label: 'Chosen by the seed' }, ...faults.map(({ id, title }) => ({ value: id, label: title }))]}
    />
  );
}
