// Evaluated in an isolated world for one step of a journey. A target is a CSS
// selector, or "text=" with the words of a label, a button or a link. Open shadow
// roots are searched too.
((want) => {
  'use strict';
  const known = globalThis.candorControls ??= { numbers: new WeakMap(), list: [] };
  const numberOf = (e) => {
    if (!known.numbers.has(e)) { known.numbers.set(e, known.list.length); known.list.push(new WeakRef(e)); }
    return known.numbers.get(e);
  };
  const cut = (s, n) => String(s ?? '').replace(/\s+/g, ' ').trim().slice(0, n);
  const roots = [document];
  for (let i = 0; i < roots.length && roots.length < 500; i++)
    for (const e of roots[i].querySelectorAll('*'))
      if (e.shadowRoot) roots.push(e.shadowRoot);
  const every = function* (selector) { for (const r of roots) yield* r.querySelectorAll(selector); };
  const visible = (e) => {
    if (!e.checkVisibility?.({ opacityProperty: true, visibilityProperty: true })) return false;
    const r = e.getBoundingClientRect();
    return r.width > 0 && r.height > 0;
  };
  const controls = 'a[href],button,input:not([type=hidden]),select,textarea,summary,[role=button],[role=link],[role=tab],[contenteditable=""],[contenteditable=true]';
  const names = (e) => [...(e.labels ?? [])].map((l) => l.innerText).concat(e.getAttribute('aria-label'), e.placeholder, e.matches('input[type=submit],input[type=button]') ? e.value : e.matches('input,select,textarea') ? '' : e.innerText)
    .map((s) => cut(s, 200).toLowerCase()).filter(Boolean);
  const find = (target) => {
    if (target.startsWith('text=')) {
      const text = cut(target.slice(5), 200).toLowerCase();
      let part = null;
      for (const e of every(controls)) {
        if (!visible(e)) continue;
        const all = names(e);
        if (all.includes(text)) return e;
        if (!part && all.some((n) => n.includes(text))) part = e;
      }
      if (part || !want.anywhere) return part;
      for (const e of every('h1,h2,h3,h4,p,li,td,div,span')) if (visible(e) && e.innerText.toLowerCase().includes(text)) return e;
      return null;
    }
    for (const e of every(target)) if (want.hidden || visible(e)) return e;
    return null;
  };
  const there = () => [...every(controls)].filter(visible).slice(0, 12).map((e) => e.localName + ' ' + JSON.stringify(cut(names(e)[0] ?? e.name ?? e.id, 40)));

  if (want.do === 'there') return { title: cut(document.title, 100), there: there() };
  if (want.do === 'scroll' && (want.target === 'bottom' || want.target === 'top')) {
    scrollTo(0, want.target === 'top' ? 0 : document.documentElement.scrollHeight);
    return { found: true };
  }
  let e;
  try { e = find(want.target); } catch { return { wrong: 'this is no CSS selector' }; }
  if (!e) return { found: false };
  const out = { found: true, number: numberOf(e) };
  switch (want.do) {
    case 'scroll': e.scrollIntoView({ block: 'center' }); break;
    case 'click': {
      e.scrollIntoView({ block: 'center', behavior: 'instant' });
      const r = e.getBoundingClientRect();
      let x = r.x + r.width / 2, y = r.y + r.height / 2;
      // A frame of the same process takes its place in the one around it.
      try { for (let w = window; w.frameElement; w = w.parent) { const f = w.frameElement.getBoundingClientRect(); x += f.x; y += f.y; } } catch { }
      out.x = x; out.y = y;
      break;
    }
    case 'fill':
      if (!e.matches('input,textarea,[contenteditable=""],[contenteditable=true]')) return { wrong: 'it is no field to type into, but a ' + e.localName };
      e.focus();
      if (e.getRootNode().activeElement !== e) return { wrong: 'it does not take the focus' };
      e.select?.();
      break;
    case 'select': {
      if (e.localName !== 'select') return { wrong: 'it is no list to select from, but a ' + e.localName };
      const o = [...e.options].find((o) => o.value === want.value || cut(o.textContent, 200).toLowerCase() === want.value.toLowerCase());
      if (!o) return { wrong: 'it has no such option, but ' + [...e.options].slice(0, 10).map((o) => JSON.stringify(cut(o.textContent, 40))).join(', ') };
      e.value = o.value;
      for (const type of ['input', 'change']) e.dispatchEvent(new Event(type, { bubbles: true }));
      break;
    }
    case 'submit': {
      const form = e.localName === 'form' ? e : e.form ?? e.closest('form');
      if (!form) return { wrong: 'it is no form and in none' };
      HTMLFormElement.prototype.requestSubmit.call(form, e !== form && e.matches('button,input[type=submit],input[type=image]') ? e : undefined);
      break;
    }
  }
  return out;
})(%s)
