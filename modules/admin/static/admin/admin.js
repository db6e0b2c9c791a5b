// Makes the admin's forms quicker: rows are looked up while one types, chosen and added in windows of their own, and
// inlines get further rows. Without it all of that is there as plain fields and links.
(() => {
  'use strict';
  const admin = document.querySelector('.admin');
  if (!admin) return;
  const WAIT = 200; // milliseconds without a key before it is searched
  const FEW_BOXES = 10; // that are seen at once

  /** Gives a reference's field another row: { value, obj }. */
  const takers = new WeakMap();

  function takeIntoSelect(select, { value, obj }) {
    const found = [...select.options].find((option) => option.value === value);
    if (found) found.textContent = obj;
    else select.add(new Option(obj, value));
    select.value = value;
    select.focus();
  }

  function takeIntoRaw(box, input, { value, obj }) {
    const related = box.querySelector('.related') ?? input.insertAdjacentElement('afterend', document.createElement('span'));
    related.className = 'related';
    related.dir = 'auto';
    related.textContent = obj;
    input.value = value;
    input.focus();
  }

  // Windows that give a row back

  const windows = new Map();

  function openWindow(link, take) {
    const url = new URL(link.href);
    url.searchParams.set('_to_field', link.dataset.popup);
    url.searchParams.set('_popup', '1');
    const opened = window.open(url, '', 'popup,width=900,height=700,resizable,scrollbars');
    if (opened) windows.set(opened, take);
    return Boolean(opened);
  }

  window.addEventListener('message', ({ origin, source, data }) => {
    if (origin !== location.origin || !windows.has(source) || typeof data?.row?.value !== 'string') return;
    windows.get(source)(data.row);
    windows.delete(source);
    source.close();
  });

  function giveBack(value, obj) {
    window.opener?.postMessage({ row: { value, obj } }, location.origin);
  }

  if (admin.classList.contains('popup')) {
    const answer = document.getElementById('django-admin-popup-response-constants');
    if (answer) {
      const { value, new_value: changed, obj } = JSON.parse(answer.dataset.popupResponse);
      giveBack(changed ?? value, obj);
    }
    for (const link of document.querySelectorAll('a[data-key]')) {
      link.addEventListener('click', (event) => {
        event.preventDefault();
        giveBack(link.dataset.key, link.dataset.name);
      });
    }
  }

  // Looking up while one types: ARIA's editable combobox with a list (w3.org/WAI/ARIA/apg/patterns/combobox/)

  function element(name, attributes) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  /** The field that is seen, in the place of the one that is sent. */
  function visibleField(raw, related, id) {
    const input = raw.cloneNode();
    for (const name of ['name', 'inputmode', 'class']) input.removeAttribute(name);
    for (const [name, value] of Object.entries({ role: 'combobox', autocomplete: 'off', dir: 'auto', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': id })) input.setAttribute(name, value);
    input.value = related?.textContent ?? raw.value;
    raw.type = 'hidden';
    for (const name of [...raw.getAttributeNames()]) if (!['type', 'name', 'value'].includes(name)) raw.removeAttribute(name);
    raw.before(input);
    related?.remove();
    return input;
  }

  function makeCombobox(box) {
    const raw = box.querySelector('input');
    const id = `${raw.id}_options`;
    const label = document.querySelector(`label[for="${CSS.escape(raw.id)}"]`);
    const input = visibleField(raw, box.querySelector('.related'), id);
    const list = element('ul', { role: 'listbox', id, 'aria-label': label?.textContent.replace('*', '').trim() ?? input.getAttribute('aria-label') ?? '', hidden: '' });
    const status = element('p', { role: 'status', class: 'quiet', id: `${raw.id}_status` });
    box.append(list, status);

    const described = input.getAttribute('aria-describedby');
    let chosen = { value: raw.value, obj: input.value };
    let active = null;
    let timer = 0;
    let asked = null; // the search that is on its way
    let page = 0;
    let more = false;
    let loading = null; // the next page
    let only = null; // the one row that what is typed fits
    let sought = null; // what was searched for last
    const isOpen = () => !list.hidden;
    const isDirty = () => input.value !== chosen.obj;

    function activate(option) {
      active?.setAttribute('aria-selected', 'false');
      active = option;
      active?.setAttribute('aria-selected', 'true');
      active?.scrollIntoView({ block: 'nearest' });
      if (active) input.setAttribute('aria-activedescendant', active.id);
      else input.removeAttribute('aria-activedescendant');
    }

    function close() {
      clearTimeout(timer);
      asked?.abort();
      list.hidden = true;
      input.setAttribute('aria-expanded', 'false');
      activate(null);
      status.textContent = '';
    }

    let refused = false;

    /** What was typed is none of the list: it stays, and is not sent. */
    function refuse() {
      close();
      refused = true;
      input.setAttribute('aria-invalid', 'true');
      input.setAttribute('aria-describedby', [described, status.id].filter(Boolean).join(' '));
      status.textContent = admin.dataset.choose;
    }

    function accept() {
      if (!refused) return;
      refused = false;
      input.removeAttribute('aria-invalid');
      if (described) input.setAttribute('aria-describedby', described);
      else input.removeAttribute('aria-describedby');
      status.textContent = '';
    }

    function take(row) {
      accept();
      only = null;
      chosen = row;
      raw.value = row.value;
      input.value = row.obj;
      close();
    }
    takers.set(box, (row) => { take(row); input.focus(); });

    function show(rows) {
      for (const { id: value, text } of rows) {
        const option = element('li', { role: 'option', id: `${id}_${list.children.length}`, 'aria-selected': 'false', 'data-value': value, dir: 'auto' });
        option.textContent = text;
        list.append(option);
      }
      list.hidden = list.children.length === 0;
      input.setAttribute('aria-expanded', String(!list.hidden));
      status.textContent = list.hidden ? admin.dataset.nothing : `${admin.dataset.found} ${list.children.length}${more ? '+' : ''}`;
    }

    async function search(next) {
      clearTimeout(timer); // what is asked for now is not asked for again meanwhile
      asked?.abort();
      const own = asked = new AbortController();
      const url = new URL(box.dataset.autocomplete, location.href);
      url.searchParams.set('term', isDirty() ? input.value : '');
      url.searchParams.set('page', String(next));
      try {
        const answer = await fetch(url, { signal: own.signal, headers: { Accept: 'application/json' } });
        if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
        const { results, pagination } = await answer.json();
        if (next === 1) { activate(null); list.replaceChildren(); }
        page = next;
        more = pagination.more;
        show(results);
        sought = input.value;
        only = next === 1 && !more && results.length === 1 && isDirty() ? { value: results[0].id, obj: results[0].text } : null;
      } catch {
        if (own.signal.aborted) return;
        close();
        status.textContent = admin.dataset.failed;
      }
    }

    function loadMore() {
      if (more) loading ??= search(page + 1).finally(() => { loading = null; });
      return loading;
    }

    async function move(step) {
      if (!isOpen()) return search(1);
      if (step > 0 && active === list.lastElementChild) await loadMore();
      const next = active ? (step > 0 ? active.nextElementSibling : active.previousElementSibling) : (step > 0 ? list.firstElementChild : list.lastElementChild);
      activate(next ?? active);
    }

    const keys = {
      ArrowDown: () => move(1),
      ArrowUp: () => move(-1),
      Enter() {
        if (isOpen() && active) take({ value: active.dataset.value, obj: active.textContent });
        else if (only) take(only);
        else if (isDirty()) search(1).then(() => { if (only) take(only); });
        else return false;
      },
      Escape() {
        if (isOpen()) close();
        else take(chosen);
      },
    };
    input.addEventListener('keydown', (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing || !Object.hasOwn(keys, event.key)) return;
      if (keys[event.key]() !== false) event.preventDefault();
    });
    input.addEventListener('input', () => {
      clearTimeout(timer);
      accept();
      only = sought = null;
      raw.value = isDirty() ? '' : chosen.value;
      if (!input.value.trim()) take({ value: '', obj: '' });
      else timer = setTimeout(search, WAIT, 1);
    });
    input.addEventListener('click', () => { if (!isOpen()) search(1); });
    /** Takes the one row that fits; else what was typed is refused, until it is known. */
    function leave() {
      if (!isDirty()) take(chosen);
      else if (only) take(only);
      else refuse();
      if (!isDirty() || sought === input.value) return;
      search(1).then(() => {
        if (document.activeElement === input) return;
        if (only) take(only);
        else if (isDirty()) refuse();
      });
    }
    input.addEventListener('blur', leave);
    document.addEventListener('submit', (event) => {
      if (event.target !== input.form || !isDirty()) return;
      if (only) { take(only); return; }
      if (!event.defaultPrevented) input.focus(); // the first of several
      event.preventDefault();
      refuse();
    });
    list.addEventListener('mousedown', (event) => event.preventDefault()); // the field keeps the focus
    list.addEventListener('click', ({ target }) => {
      const option = target.closest('[role="option"]');
      if (option) take({ value: option.dataset.value, obj: option.textContent });
    });
    list.addEventListener('scroll', () => {
      if (list.scrollTop + list.clientHeight > list.scrollHeight - 40) loadMore();
    });
  }

  // Many boxes to tick: those that have every word, or are ticked

  function makePicker(boxes) {
    const labels = [...boxes.querySelectorAll('label')];
    if (labels.length <= FEW_BOXES) return;
    const head = element('div', { class: 'boxes-head' });
    const words = element('input', { type: 'search', autocomplete: 'off', placeholder: admin.dataset.filter, 'aria-label': `${admin.dataset.filter}: ${boxes.querySelector('legend').textContent}` });
    const only = element('input', { type: 'checkbox' });
    const label = element('label', {});
    const status = element('p', { role: 'status', class: 'quiet' });
    const isTicked = (each) => each.querySelector('input').checked;
    function tell() {
      const isNone = labels.every((each) => each.hidden);
      status.textContent = `${isNone ? `${admin.dataset.nothing} ` : ''}${admin.dataset.chosen} ${labels.filter(isTicked).length}`;
    }
    function update() {
      const parts = words.value.toLowerCase().split(/\s+/);
      for (const each of labels) each.hidden = (only.checked && !isTicked(each)) || !parts.every((part) => each.textContent.toLowerCase().includes(part));
      tell();
    }
    words.addEventListener('input', update);
    words.addEventListener('keydown', (event) => { if (event.key === 'Enter') event.preventDefault(); }); // the form is not sent
    only.addEventListener('change', update);
    boxes.addEventListener('change', tell); // what was just taken away stays to be taken back
    label.append(only, ` ${admin.dataset.only}`);
    head.append(words, label, status);
    boxes.before(head);
    update();
  }

  function enhance(part) {
    for (const boxes of part.querySelectorAll('.boxes')) makePicker(boxes);
    for (const box of part.querySelectorAll('.reference')) {
      const select = box.querySelector('select');
      if (box.dataset.autocomplete) makeCombobox(box);
      else if (select) takers.set(box, (row) => takeIntoSelect(select, row));
      else takers.set(box, (row) => takeIntoRaw(box, box.querySelector('input'), row));
      for (const link of box.querySelectorAll('a[data-popup]')) {
        link.hidden = false;
        link.addEventListener('click', (event) => {
          if (!event.ctrlKey && !event.metaKey && !event.shiftKey && openWindow(link, takers.get(box))) event.preventDefault();
        });
      }
    }
  }

  // Further rows of an inline

  function addRow(group, template, button) {
    const total = group.querySelector(`[name="${group.dataset.prefix}-TOTAL_FORMS"]`);
    const number = Number(total.value);
    const made = element('div', {});
    made.innerHTML = template.innerHTML.replaceAll('__prefix__', String(number));
    total.value = String(number + 1);
    enhance(made);
    const row = made.firstElementChild;
    template.before(row);
    button.hidden = number + 1 >= Number(template.dataset.most);
    row.querySelector('input:not([type="hidden"]), select, textarea')?.focus();
  }

  enhance(document);
  for (const template of document.querySelectorAll('.inline > template')) {
    const group = template.parentElement;
    const button = template.nextElementSibling;
    button.hidden = Number(group.querySelector(`[name="${group.dataset.prefix}-TOTAL_FORMS"]`).value) >= Number(template.dataset.most);
    button.addEventListener('click', () => addRow(group, template, button));
  }
})();
