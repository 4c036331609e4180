// Evaluated in an isolated world after a page is quiet. Returns what one frame
// shows, bounded. Nothing of it runs in the page's world.
(async (want) => {
  'use strict';
  const cut = (s, n) => String(s ?? '').replace(/\s+/g, ' ').trim().slice(0, n);
  const roots = [document];
  for (let i = 0; i < roots.length && roots.length < 500; i++)
    for (const e of roots[i].querySelectorAll('*'))
      if (e.shadowRoot) roots.push(e.shadowRoot);
  const all = (selector, max) => {
    const out = [];
    for (const r of roots) for (const e of r.querySelectorAll(selector)) { if (out.length >= max) return out; out.push(e); }
    return out;
  };
  const landmark = (e) => {
    for (let n = e; n; n = n.parentElement ?? n.getRootNode()?.host) {
      const tag = n.localName, role = n.getAttribute?.('role');
      if (tag === 'footer' || role === 'contentinfo') return 'footer';
      if (tag === 'nav' || role === 'navigation') return 'nav';
      if (tag === 'header' || role === 'banner') return 'header';
      if (tag === 'main' || role === 'main') return 'main';
      if (tag === 'aside' || role === 'complementary') return 'aside';
      if (tag === 'dialog' || role === 'dialog' || role === 'alertdialog') return 'dialog';
      if (/\bfooter\b/i.test(n.id + ' ' + n.className)) return 'footer';
    }
    return '';
  };
  const visible = (e) => {
    if (e.type === 'hidden') return false;
    if (!e.checkVisibility?.({ opacityProperty: true, visibilityProperty: true })) return false;
    const r = e.getBoundingClientRect();
    // Positioned far outside the page: a honeypot.
    return r.width > 1 && r.height > 1 && r.right + scrollX > 0 && r.bottom + scrollY > 0;
  };
  const absolute = (u) => { try { return new URL(u, document.baseURI).href; } catch { return ''; } };
  const out = { url: location.href, origin: self.origin, links: [], forms: [], controls: [], storage: [] };
  // Numbers by which later scripts of this world find controls and forms again.
  const known = globalThis.candorControls ??= { numbers: new WeakMap(), list: [] };
  const numberOf = (e) => {
    if (!known.numbers.has(e)) { known.numbers.set(e, known.list.length); known.list.push(new WeakRef(e)); }
    return known.numbers.get(e);
  };
  // Whether a visitor could type into it now, and it is empty.
  const open = (e, type) => visible(e) && !e.disabled && !e.readOnly && !e.matches(':disabled') && !e.closest('[aria-hidden=true],[inert]') &&
    (type === 'contenteditable' ? e.textContent.trim() : e.value) === '';

  if (want.page) {
    out.title = cut(document.title, 500);
    out.lang = cut(document.documentElement?.lang, 35);
    out.canonical = absolute(document.querySelector('link[rel=canonical][href]')?.getAttribute('href') ?? '');
    if (!document.querySelector('link[rel=canonical][href]')) out.canonical = '';
    out.headings = headings();
    out.schema_types = schemaTypes();
    out.markers = !!document.querySelector('iframe[src*="captcha"],iframe[src*="challenges.cloudflare.com"],#challenge-form,#px-captcha,[class*="g-recaptcha"],[class*="h-captcha"]');
  }
  if (want.dom) out.charset = document.characterSet;
  if (want.page || want.dom) out.words = (document.body?.innerText ?? '').split(/\s+/).filter(Boolean).length;
  if (want.links) {
    // Of very many the last ones too: footers, and so notices, are there.
    const anchors = all('a[href],area[href]', 50000);
    if (anchors.length > 2000) { out.more_links = anchors.length - 2000; anchors.splice(1000, anchors.length - 2000); }
    for (const a of anchors) {
      const url = absolute(a.getAttribute('href'));
      if (!/^https?:/.test(url) || url.length > 2000) continue;
      out.links.push({ url, text: cut(a.innerText || a.textContent || a.getAttribute('aria-label') || a.title || a.querySelector('img')?.alt, 200), region: landmark(a), rel: cut(a.rel, 50), hidden: !visible(a) && ![...a.children].some(visible) });
    }
    for (const l of document.querySelectorAll('link[rel~="privacy-policy"][href],link[rel~="terms-of-service"][href]'))
      out.links.push({ url: absolute(l.getAttribute('href')), text: l.rel, region: 'head', rel: l.rel });
  }

  const labelOf = (e) => {
    const labels = e.labels ? [...e.labels].map((l) => l.textContent) : [];
    if (labels.length) return cut(labels.join(' '), 200);
    if (e.getAttribute('aria-label')) return cut(e.getAttribute('aria-label'), 200);
    const by = e.getAttribute('aria-labelledby');
    if (by) return cut(by.split(/\s+/).map((id) => e.getRootNode().getElementById?.(id)?.textContent ?? '').join(' '), 200);
    const legend = e.type === 'radio' || e.type === 'checkbox' ? e.closest('fieldset')?.querySelector('legend')?.textContent : '';
    if (legend) return cut(legend, 200);
    const prev = e.previousElementSibling;
    if (prev && /^(label|span|strong|b|p|div)$/.test(prev.localName) && prev.textContent.length < 100) return cut(prev.textContent, 200);
    return cut(e.title, 200);
  };
  const headingOf = (e) => {
    const own = e.querySelector?.('h1,h2,h3,h4,h5,h6,legend');
    if (own) return cut(own.textContent, 200);
    const root = e.getRootNode();
    let best = '';
    for (const h of root.querySelectorAll('h1,h2,h3,h4,h5,h6')) {
      if (h.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING) best = h.textContent; else break;
    }
    return cut(best || root.host && headingOf(root.host), 200);
  };
  const notice = /privacy|datenschutz|confidentialit|privacidad|riservatezza|privacidade|privacybeleid|prywatno|integritet|personvern/i;
  const group = new Map();
  for (const e of all('input,select,textarea,[contenteditable=""],[contenteditable=true]', 2000)) {
    const type = (e.localName === 'input' ? e.type : e.localName === 'select' ? 'select' : e.localName === 'textarea' ? 'textarea' : 'contenteditable').toLowerCase();
    if (['submit', 'button', 'image', 'reset'].includes(type)) continue;
    const form = e.form ?? null;
    const owner = form ?? e.getRootNode();
    if (!group.has(owner)) { if (group.size >= 100) continue; group.set(owner, { form, root: e.getRootNode(), number: numberOf(owner), elements: [], fields: [], controls: [], radios: new Map() }); }
    const g = group.get(owner);
    if (g.fields.length >= 200) continue;
    g.elements.push(e);
    if (type === 'radio' && e.name) {
      const known = g.radios.get(e.name);
      if (known) { if (known.options.length < 20) known.options.push(cut(labelOf(e) || e.value, 100)); known.checked ||= e.defaultChecked; continue; }
    }
    const f = {
      name: cut(e.name, 100), id: cut(e.id, 100), type, label: labelOf(e), placeholder: cut(e.placeholder, 200),
      autocomplete: cut(e.getAttribute('autocomplete'), 100), required: !!e.required || e.getAttribute('aria-required') === 'true',
      checked: (type === 'checkbox' || type === 'radio') && (e.defaultChecked || e.checked), visible: visible(e), options: [],
    };
    if (type === 'hidden') f.value = cut(e.value, 200);
    if (type === 'select') f.options = [...e.options].slice(0, 20).map((o) => cut(o.textContent, 100));
    if (type === 'radio') {
      f.options = [cut(f.label || e.value, 100)];
      f.label = cut(e.closest('fieldset')?.querySelector('legend')?.textContent, 200) || f.label;
      if (e.name) g.radios.set(e.name, f);
    }
    g.fields.push(f);
    g.controls.push({ number: numberOf(e), open: open(e, type), longest: e.maxLength > 0 ? e.maxLength : 0 });
  }
  for (const g of group.values()) {
    const form = g.form, box = form ?? (g.root.host ?? document.body);
    const submit = form?.querySelector('button:not([type=button]):not([type=reset]),input[type=submit],input[type=image]');
    let near = form && [...form.querySelectorAll('a[href]')].find((a) => notice.test(a.textContent + ' ' + a.getAttribute('href')));
    if (!near && form) near = [...(form.parentElement?.querySelectorAll('a[href]') ?? [])].find((a) => notice.test(a.textContent) && landmark(a) !== 'footer' && landmark(a) !== 'nav');
    out.controls.push({ form: g.number, fields: g.controls });
    out.forms.push({
      // Attributes, not properties: a field named "action" would hide them.
      action: form ? absolute(submit?.getAttribute('formaction') || form.getAttribute('action') || location.href) : '',
      method: form ? (form.getAttribute('method') || 'get').toLowerCase().slice(0, 10) : '',
      name: cut(form?.getAttribute('name') || form?.getAttribute('id'), 100),
      heading: box ? headingOf(form ?? g.root.host ?? document.body) : '',
      submit: cut(submit?.textContent || submit?.value || submit?.alt, 100),
      visible: form ? visible(form) || g.fields.some((f) => f.visible) : g.fields.some((f) => f.visible),
      in_shadow: g.root instanceof ShadowRoot, policy_link: near ? absolute(near.getAttribute('href')) : '', fields: g.fields,
      shown: want.page && !want.late ? shown(g) : null, // the picture is taken beside the first reading
    });
  }

  if (/^https?:/.test(self.origin)) {
    for (const [kind, name] of [['local', 'localStorage'], ['session', 'sessionStorage']]) {
      let area;
      try { area = window[name]; } catch { continue; }
      for (let i = 0; area && i < area.length && i < 500; i++) {
        const key = area.key(i), value = area.getItem(key) ?? '';
        out.storage.push({ kind, key: key.slice(0, 300), value: value.slice(0, 4096), cut: value.length > 4096 });
      }
    }
    // Promises need the page's clock, which stands still after its timers ran.
    if (want.late) return done();
    const within = (p, none = []) => Promise.race([Promise.resolve(p).catch(() => none), new Promise((r) => setTimeout(r, 300, none))]);
    const kept = (kind, name, what) => {
      const value = what === undefined ? '' : JSON.stringify(what);
      out.storage.push({ kind, key: cut(name, 300), value: value.slice(0, 4096), cut: what === undefined || value.length > 4096 });
    };
    // Of the first few the content too, all of them within one time.
    const few = 10;
    try {
      const list = (await within(indexedDB.databases())).slice(0, 100);
      const read = await Promise.all(list.map((d, i) => i < few ? within(records(d.name), undefined) : undefined));
      list.forEach((d, i) => kept('indexeddb', d.name, read[i]));
    } catch { }
    try {
      const list = window.caches ? (await within(caches.keys())).slice(0, 100) : [];
      const read = await Promise.all(list.map((n, i) => i < few ? within(addresses(n), undefined) : undefined));
      list.forEach((n, i) => kept('cache', n, read[i]));
    } catch { }
  }

  return done();

  // Where the page's picture, which is of the viewport, shows a form. One that
  // holds the whole page is where its fields are. One that the page filled in is
  // not shown: that may be a person's data.
  function shown(g) {
    if (g.elements.some((e) => (/^(text|email|tel|password|url)$/.test(e.type) || e.localName === 'textarea') && e.value && visible(e))) return null;
    const parts = (list) => list.filter(visible).map((e) => e.getBoundingClientRect());
    let boxes = g.form ? parts([g.form]) : [];
    if (boxes.length === 0 || boxes[0].width * boxes[0].height > innerWidth * innerHeight) {
      const fields = parts(g.elements);
      if (fields.length > 0) boxes = fields;
    }
    if (boxes.length === 0) return null;
    const margin = 8;
    const x = Math.max(0, Math.floor(Math.min(...boxes.map((b) => b.left)) - margin)), y = Math.max(0, Math.floor(Math.min(...boxes.map((b) => b.top)) - margin));
    const width = Math.min(innerWidth, Math.ceil(Math.max(...boxes.map((b) => b.right)) + margin)) - x, height = Math.min(innerHeight, Math.ceil(Math.max(...boxes.map((b) => b.bottom)) + margin)) - y;
    return width < 40 || height < 24 ? null : { box: { x, y, width, height }, width: innerWidth, height: innerHeight };
  }
  // The first records of a database, by store and key. It is opened as it is, and
  // only as long as that takes.
  function records(name) {
    return new Promise((resolve, reject) => {
      const open = indexedDB.open(name);
      open.onupgradeneeded = () => open.transaction.abort(); // it was deleted meanwhile
      open.onblocked = open.onerror = reject;
      open.onsuccess = () => {
        const db = open.result, found = {};
        db.onversionchange = () => db.close();
        const stores = [...db.objectStoreNames].slice(0, 10);
        const end = () => { db.close(); resolve(found); };
        if (stores.length === 0) return end();
        const through = db.transaction(stores, 'readonly');
        for (const s of stores) {
          let n = 0;
          found[cut(s, 100)] = {};
          through.objectStore(s).openCursor().onsuccess = (e) => {
            const at = e.target.result;
            if (!at) return;
            found[cut(s, 100)][cut(typeof at.key === 'string' ? at.key : JSON.stringify(brief(at.key, 0)), 100)] = brief(at.value, 0);
            if (++n < 20) at.continue();
          };
        }
        through.oncomplete = end;
        through.onerror = through.onabort = () => { db.close(); reject(); };
      };
    });
  }
  async function addresses(name) {
    const list = await (await caches.open(name)).keys();
    return list.slice(0, 50).map((q) => cut(q.url, 1000));
  }
  // A value as JSON can hold it, a bounded part of it.
  function brief(v, depth) {
    if (typeof v === 'string') return cut(v, 1000);
    if (typeof v === 'number' || typeof v === 'boolean') return v;
    if (typeof v === 'bigint') return '' + v;
    if (v === null || typeof v !== 'object') return null;
    if (v instanceof Date) return isNaN(v) ? null : v.toISOString();
    if (v instanceof ArrayBuffer || ArrayBuffer.isView(v)) return '(binary, ' + v.byteLength + ' bytes)';
    if (v instanceof Blob) return '(binary, ' + v.size + ' bytes)';
    if (depth === 5) return null;
    if (v instanceof Map) v = [...v];
    if (v instanceof Set) v = [...v];
    if (Array.isArray(v)) return v.slice(0, 20).map((e) => brief(e, depth + 1));
    const out = {};
    for (const k of Object.keys(v).slice(0, 50)) out[cut(k, 100)] = brief(v[k], depth + 1);
    return out;
  }

  // What the page says of its subject: enough to tell what it is about.
  function headings() {
    const texts = [];
    for (const e of all('h1,h2,h3,[role=heading]', 200)) {
      const text = cut(e.textContent, 200);
      if (text && !texts.includes(text) && texts.push(text) === 50) break;
    }
    return texts;
  }
  // Of JSON-LD every @type, wherever it stands, and of microdata every itemtype.
  function schemaTypes() {
    const types = new Set(), add = (t) => { if (typeof t === 'string' && t && types.size < 50) types.add(cut(t, 200)); };
    let nodes = 5000;
    const walk = (v, depth) => {
      if (v === null || typeof v !== 'object' || depth > 8 || nodes-- < 0) return;
      if (Array.isArray(v)) { for (const e of v.slice(0, 1000)) walk(e, depth + 1); return; }
      for (const t of Array.isArray(v['@type']) ? v['@type'].slice(0, 50) : [v['@type']]) add(t);
      for (const k in v) walk(v[k], depth + 1);
    };
    for (const e of all('script[type="application/ld+json" i]', 20)) {
      if (e.textContent.length > 1 << 18) continue;
      try { walk(JSON.parse(e.textContent), 0); } catch { }
    }
    for (const e of all('[itemtype]', 200)) for (const t of e.getAttribute('itemtype').split(/\s+/).slice(0, 5)) add(t);
    return [...types];
  }

  function done() {
    if (!want.dom) return out;
    const copy = document.documentElement.cloneNode(true);
    // Shadow trees are written where their host stands.
    const twins = [...copy.querySelectorAll('*')];
    const source = [...document.documentElement.querySelectorAll('*')];
    if (source.length === twins.length)
      source.forEach((h, i) => { if (h.shadowRoot) { const d = document.createElement('div'); for (const c of h.shadowRoot.childNodes) d.append(c.cloneNode(true)); twins[i].append(d); } });
    out.dom = '<!DOCTYPE html>' + copy.outerHTML.slice(0, 8 << 20);
    return out;
  }
})
