// The admin's pages, and how a tab comes to each of them as somebody who may do everything.
import { addUser, signedIn } from '../http/accounts.mjs';
import { MODULES, until } from '../http/harness.mjs';
import { visit } from './pages.mjs';

const ADDRESSES = '/admin/lettings/address/';
const CSV = 'id,number,street,city,state,zip_code,country_iso_code\r\n';

const follow = (tab, act) => Promise.all([tab.waitForEvent('load'), act()]);
const importing = (rows) => async (tab) => {
  await tab.setInputFiles('input[type="file"]', { name: 'rows.csv', mimeType: 'text/csv', buffer: Buffer.from(CSV + rows) });
  await follow(tab, () => tab.click('.admin form button'));
};

/** Until the list of issues has something that failed. */
const failing = async (tab) => {
  const { origin } = new URL(tab.url());
  await tab.request.get(`${origin}/sentry-debug/`);
  await until(async () => await tab.$('tbody th a') ?? (await tab.reload(), null), 10_000, () => 'no issue');
};

const ISSUE_PAGES = [
  { name: 'admin-issues', path: '/admin/issues/', act: failing },
  { name: 'admin-issue', path: '/admin/issues/', act: async (tab) => {
    await failing(tab);
    await follow(tab, () => tab.click('tbody th a'));
  } },
  { name: 'admin-performance', path: '/admin/issues/performance/' },
  { name: 'admin-releases', path: '/admin/issues/releases/' },
  { name: 'admin-project-setup', path: '/admin/issues/project/add/', act: async (tab) => {
    await tab.fill('#id_name', 'The old site');
    await follow(tab, () => tab.click('button[name="_continue"]'));
    await follow(tab, () => tab.click('.admin-head a[href$="/setup/"]'));
  } },
];

/** act: what is done on the page to come to what is meant. */
export const ADMIN_PAGES = [
  { name: 'admin-index', path: '/admin/' },
  { name: 'admin-app', path: '/admin/lettings/' },
  { name: 'admin-list', path: ADDRESSES },
  { name: 'admin-list-filters', path: '/admin/auth/user/' },
  { name: 'admin-form', path: '/admin/lettings/letting/1/change/' },
  { name: 'admin-errors', path: `${ADDRESSES}add/`, act: (tab) => follow(tab, () => tab.press('#id_city', 'Enter')) },
  { name: 'admin-user', path: '/admin/auth/user/1/change/' },
  { name: 'admin-password', path: '/admin/auth/user/1/password_change/' },
  { name: 'admin-password-errors', path: '/admin/auth/user/1/password_change/', act: async (tab) => {
    await tab.fill('#id_password1', 'short');
    await tab.fill('#id_password2', 'other');
    await follow(tab, () => tab.press('#id_password2', 'Enter'));
  } },
  { name: 'admin-missing', path: '/admin/no/such/page/', status: 404 },
  { name: 'admin-popup-list', path: `${ADDRESSES}?_popup=1&_to_field=id` },
  { name: 'admin-popup-form', path: `${ADDRESSES}add/?_popup=1&_to_field=id` },
  { name: 'admin-delete', path: `${ADDRESSES}1/delete/` },
  { name: 'admin-delete-several', path: ADDRESSES, act: async (tab) => {
    for (const box of (await tab.$$('tbody input[type="checkbox"]')).slice(0, 3)) await box.check();
    await tab.selectOption('#action', 'delete_selected');
    await follow(tab, () => tab.click('.bulk button'));
  } },
  { name: 'admin-history', path: `${ADDRESSES}1/change/`, act: async (tab) => {
    await tab.fill('#id_zip_code', String(10_000 + Math.trunc(performance.now()) % 80_000));
    await follow(tab, () => tab.click('button[name="_continue"]'));
    await follow(tab, () => tab.click('.admin-head a[href$="/history/"]'));
  } },
  { name: 'admin-import', path: `${ADDRESSES}import/` },
  { name: 'admin-import-question', path: `${ADDRESSES}import/`, act: importing(',1,Quay,Looe,FL,12345,USA\r\n1,2,Pier,Looe,FL,12345,USA\r\n') },
  { name: 'admin-import-errors', path: `${ADDRESSES}import/`, act: importing(',-1,,Looe,Florida,x,USA\r\n') },
  ...(MODULES.includes('issues') ? ISSUE_PAGES : []),
];

/** Signs a tab in, as somebody who may do everything. */
export async function enterAdmin(tab, server, name = 'overseer') {
  addUser(server.database, name, { staff: 1, superuser: 1 });
  const { cookies } = await signedIn(server, name);
  await tab.context().addCookies([{ name: 'sessionid', value: cookies.get('sessionid'), url: server.url }]);
}

export async function visitAdmin(tab, server, page) {
  await visit(tab, server, page);
  await page.act?.(tab);
}
