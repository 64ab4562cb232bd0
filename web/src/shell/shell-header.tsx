import { ActionIcon, Menu } from '@mantine/core';
import { IconMenu2 } from '@tabler/icons-react';
import { Link, NavLink } from 'react-router';
import { ReminderBell } from '../program/reminder-bell.tsx';
import { useMe } from '../session/me.ts';
import { destinationsOf } from '../session/permissions.ts';
import { AccountMenu } from './account-menu.tsx';
import { Brand } from './brand.tsx';
import styles from './shell-header.module.css';

export function ShellHeader() {
  const destinations = destinationsOf(useMe().role);
  return (
    <header className={styles['header']}>
      <Link to="/" className={styles['home']} aria-label="Drillhouse, start page">
        <Brand />
      </Link>
      <nav aria-label="Pages" className={styles['nav']}>
        {destinations.map(({ path, label }) => (
          <NavLink key={path} to={path} className={styles['link'] ?? ''}>
            {label}
          </NavLink>
        ))}
      </nav>
      <div className={styles['end']}>
        <ReminderBell />
        <AccountMenu />
        <div className={styles['burger']}>
          <Menu position="bottom-end" width={200}>
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Pages">
                <IconMenu2 size={20} aria-hidden />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {destinations.map(({ path, label }) => (
                <Menu.Item key={path} component={Link} to={path}>
                  {label}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        </div>
      </div>
    </header>
  );
}
