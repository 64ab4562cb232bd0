import { Button, Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconFlame } from '@tabler/icons-react';
import type { RosterEntry } from '../../../server/contract/attempts.ts';
import { injectFault, resetAttempt } from '../api/attempts-api.ts';
import { useAct } from '../parts/use-act.ts';

/** Two clicks hand out a fault; taking it back is one more, in the notice that says so. */
export function FaultMenu({ entry }: { readonly entry: RosterEntry }) {
  const { attempt, faults, liveFault } = entry;
  const takeBack = useAct(() => resetAttempt(attempt.id, 'healthy'), {
    onDone: () => `${attempt.person.name} goes back to the healthy state.`,
  });
  const inject = useAct((fault: (typeof faults)[number]) => injectFault(attempt.id, fault.id), {
    onDone: (_, fault) => {
      const id = `fault-${attempt.id}`;
      notifications.show({
        id,
        withBorder: true,
        autoClose: 15_000,
        role: 'status',
        message: (
          <>
            {fault.title} is on its way to {attempt.person.name}.{' '}
            <Button
              size="compact-xs"
              variant="default"
              onClick={() => {
                notifications.hide(id);
                takeBack.mutate();
              }}
            >
              Take it back
            </Button>
          </>
        ),
      });
      return undefined;
    },
  });
  const possible = attempt.state === 'ready' || attempt.state === 'incident';
  return (
    <Menu position="bottom-start" width={260}>
      <Menu.Target>
        <Button
          size="compact-sm"
          variant="default"
          loading={inject.isPending}
          disabled={!possible || faults.length === 0}
          leftSection={<IconFlame size={15} aria-hidden />}
          aria-label={`Give ${attempt.person.name} a fault`}
        >
          Fault
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Break it now with</Menu.Label>
        {faults.map((fault) => (
          <Menu.Item
            key={fault.id}
            onClick={() => {
              inject.mutate(fault);
            }}
            disabled={fault.id === liveFault}
            rightSection={fault.id === liveFault ? 'live' : null}
          >
            {fault.title}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
