/*
 * Leadflow's script for landing pages.
 *
 *   <script src="https://intake.example/embed.js" data-key="KEY" data-form="#lead" defer></script>   binds to forms
 *   <script src="https://intake.example/embed.js" data-key="KEY" data-draw defer></script>           draws one here
 *
 * Where the visitor came from is kept in localStorage; no cookie is ever set. A submission is kept there too until the
 * server has it, so neither a lost connection nor a closed page loses it. The guide: docs/guides/landing-pages.md.
 */
(() => {
  'use strict';

  const script = document.currentScript;
  if (!script || !script.dataset.key || !window.fetch || !window.FormData) return; // the form still posts by itself
  const options = script.dataset;
  const base = new URL('.', script.src).href;
  const russian = /^ru\b/i.test(options.lang || document.documentElement.lang || navigator.language || '');

  const DAY = 86400000;
  const KEEP_FIRST = 180 * DAY;
  const KEEP_LAST = 90 * DAY;
  const KEEP_UNSENT = 7 * DAY;
  const TRIES = 4;
  const AGAIN = 30000;

  const TEXTS = russian
    ? {
        required: 'Заполните это поле',
        consent: 'Нужно ваше согласие',
        email: 'Проверьте адрес: должно быть похоже на name@example.ru',
        phone: 'Проверьте номер: от 7 до 15 цифр',
        contact: 'Укажите телефон или e-mail, чтобы мы могли ответить',
        wrong: 'Проверьте это поле',
        check: 'Проверьте отмеченные поля',
        sending: 'Отправляем…',
        sent: 'Спасибо! Мы получили заявку и скоро ответим.',
        kept: 'Нет связи. Заявка сохранена и уйдёт сама, как только связь появится.',
        failed: 'Не получилось отправить. Заявка сохранена, мы попробуем ещё раз.',
        again: 'Не получилось отправить. Проверьте связь и нажмите ещё раз.',
      }
    : {
        required: 'Please fill in this field',
        consent: 'We need your consent',
        email: 'Please check the address: it should look like name@example.com',
        phone: 'Please check the number: 7 to 15 digits',
        contact: 'Please leave a phone or an e-mail, so that we can answer',
        wrong: 'Please check this field',
        check: 'Please check the marked fields',
        sending: 'Sending…',
        sent: 'Thank you! We have your request and will answer soon.',
        kept: 'You are offline. Your request is kept and goes out by itself once the connection is back.',
        failed: 'Sending did not work. Your request is kept, and we will try again.',
        again: 'Sending did not work. Please check your connection and press again.',
      };

  /* ---- what is remembered ---- */

  const read = (area, name) => {
    try {
      return JSON.parse(window[area].getItem('leadflow:' + name));
    } catch {
      return null;
    }
  };
  const write = (area, name, value) => {
    try {
      window[area].setItem('leadflow:' + name, JSON.stringify(value));
    } catch {
      /* full or forbidden: what is in memory still counts */
    }
  };
  const newId = () =>
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (one) => one.toString(16).padStart(2, '0')).join('');

  let agreed = options.consent !== 'required' || read('localStorage', 'consent') === true;

  /* ---- where the visitor came from ---- */

  const MARKS = (
    'gclid gbraid wbraid gclsrc dclid srsltid yclid ymclid ysclid fbclid msclkid ttclid rb_clickid vkclid _vkclid ' +
    'roistat etext openstat admitad_uid aff_sub click_id campaign_id adgroup_id ad_id'
  ).split(' ');
  const COOKIES = '_ym_uid _ga _fbp _fbc _gcl_aw _ttp roistat_visit _ct_session_id comagic_id _vkclid'.split(' ');
  const PAYMENT = /(^|\.)(yookassa\.ru|robokassa\.ru|cloudpayments\.ru|securepay\.tinkoff\.ru|paypal\.com|stripe\.com)$/;

  const own = (host) => {
    const here = location.hostname;
    return host === here || host.endsWith('.' + here) || here.endsWith('.' + host) || PAYMENT.test(host);
  };

  const touchOfThisPage = () => {
    const touch = {};
    new URL(location.href).searchParams.forEach((value, name) => {
      const mark = name.toLowerCase();
      if (value && (mark.startsWith('utm_') || MARKS.includes(mark))) touch[mark] = value.slice(0, 512);
    });
    let host = '';
    try {
      host = new URL(document.referrer).hostname;
    } catch {
      /* none */
    }
    if (document.referrer && !own(host)) touch.referrer = document.referrer;
    if (!Object.keys(touch).length) return null; // a direct visit never overwrites where somebody came from
    touch.landing_url = location.href;
    touch.at = new Date().toISOString();
    return touch;
  };

  const thisPage = touchOfThisPage();
  let visit = null;

  const rememberVisit = () => {
    visit = read('sessionStorage', 'visit');
    if (visit && (!thisPage || visit.landing_url === location.href)) return;
    visit = { session_id: newId(), landing_url: location.href, referrer: document.referrer || undefined };
    write('sessionStorage', 'visit', visit);
    if (!thisPage) return;
    write('localStorage', 'last', thisPage);
    if (!young('first', KEEP_FIRST)) write('localStorage', 'first', thisPage);
  };

  const young = (name, limit) => {
    const touch = read('localStorage', name);
    return touch && Date.now() - Date.parse(touch.at) < limit ? touch : null;
  };

  const attribution = () => {
    const told = { page_url: location.href, language: russian ? 'ru' : 'en' };
    if (!agreed) {
      // Without consent: what the address of this page says anyway, and no ids.
      Object.keys(thisPage || {}).forEach((name) => {
        if (name.startsWith('utm_')) told[name] = thisPage[name];
      });
      return told;
    }
    const first = young('first', KEEP_FIRST) || thisPage;
    const last = young('last', KEEP_LAST) || thisPage;
    told.session_id = visit.session_id;
    if (first) told.first_touch = first;
    if (last) told.last_touch = last;
    else Object.assign(told, { landing_url: visit.landing_url, referrer: visit.referrer });
    document.cookie.split('; ').forEach((cookie) => {
      const [name, value] = [cookie.split('=')[0], cookie.slice(cookie.indexOf('=') + 1)];
      if (COOKIES.includes(name)) told[name] = value;
    });
    if (last && last.fbclid && !told._fbc) told._fbc = `fb.1.${Date.parse(last.at)}.${last.fbclid}`;
    return told;
  };

  if (agreed) rememberVisit();

  /* ---- what the source asks for ---- */

  const forms = {};
  const formOf = (key) => {
    forms[key] =
      forms[key] ||
      fetch(`${base}f/${key}/form.json?lang=${russian ? 'ru' : 'en'}`, { credentials: 'omit' })
        .then((answer) => {
          if (answer.status === 429 || answer.status >= 500) throw answer; // it may ask for a proof: to be asked again
          return answer.ok ? answer.json() : {};
        })
        .catch((error) => {
          delete forms[key];
          throw error;
        });
    return forms[key];
  };

  const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  const hex = (buffer) => Array.from(new Uint8Array(buffer), (one) => one.toString(16).padStart(2, '0')).join('');

  /* ALTCHA: a counter whose hash begins with the zeros wanted, searched in slices so that the page stays quick. */
  const prove = async (key) => {
    const challenge = await (await fetch(`${base}f/${key}/challenge`, { credentials: 'omit' })).json();
    const { salt, nonce, cost, keyPrefix } = challenge.parameters;
    const head = bytes(salt + nonce);
    const attempt = async (counter) => {
      let data = new Uint8Array(head.length + 4);
      data.set(head);
      new DataView(data.buffer).setUint32(head.length, counter);
      for (let round = 0; round < cost; round++) data = await crypto.subtle.digest('SHA-256', data);
      return hex(data);
    };
    for (let counter = 0; ; counter += 64) {
      const keys = await Promise.all(Array.from({ length: 64 }, (_, place) => attempt(counter + place)));
      const found = keys.findIndex((one) => one.startsWith(keyPrefix));
      if (found >= 0) {
        return btoa(JSON.stringify({ challenge, solution: { counter: counter + found, derivedKey: keys[found] } }));
      }
      if (counter % 1024 === 0) await pause(0);
    }
  };

  /* ---- sending, once and for sure ---- */

  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const queue = () => (read('localStorage', 'unsent') || []).filter((item) => Date.now() - item.at < KEEP_UNSENT);
  const keep = (item) => write('localStorage', 'unsent', [...queue().filter((one) => one.id !== item.id), item]);
  const forget = (item) => write('localStorage', 'unsent', queue().filter((one) => one.id !== item.id));
  const onTheirWay = {};

  const post = async (item) => {
    const asked = await formOf(item.key);
    if (asked.proof_of_work && crypto.subtle && !(item.proof && Date.now() - item.provedAt < 15 * 60000)) {
      item.proof = await prove(item.key);
      item.provedAt = Date.now();
      keep(item);
    }
    const fields = { ...item.fields };
    if (item.proof) fields.altcha = item.proof;
    if (Date.now() - item.at > 60000) fields.submitted_at = new Date(item.at).toISOString();
    const given = new AbortController();
    const late = setTimeout(() => given.abort(), 20000);
    try {
      return await fetch(item.to, {
        method: 'POST',
        credentials: 'omit',
        headers: { 'Content-Type': 'application/json', 'Idempotency-Key': item.id },
        body: JSON.stringify(fields),
        signal: given.signal,
      });
    } finally {
      clearTimeout(late);
    }
  };

  /* Resolves with the server's answer; rejects with 'kept' (no connection), 'failed' (refused, kept all the same) or
     'again' (not sent, and this browser keeps nothing). */
  const attempts = async (item) => {
    for (let attempt = 1; ; attempt++) {
      let status = 0;
      let wait = 0;
      try {
        const answer = await post(item);
        if (answer.ok) {
          forget(item);
          return await answer.json().catch(() => ({}));
        }
        status = answer.status;
        wait = 1000 * Math.min(60, Number(answer.headers.get('Retry-After')) || 0);
      } catch {
        /* no connection, or none to be had in time */
      }
      const passing = !status || status >= 500 || [408, 425, 429].includes(status);
      if (!passing || attempt === TRIES || navigator.onLine === false) {
        tryLater();
        if (!queue().some((one) => one.id === item.id)) throw 'again'; // the browser keeps nothing
        throw passing ? 'kept' : 'failed';
      }
      await pause(wait || 500 * 2 ** attempt * (0.5 + Math.random()));
    }
  };

  /* One tab at a time sends a submission; the browser frees the lock of a tab that is gone. Where there are no locks the
     server tells a repeat by its key. */
  const deliver = (item) => {
    const work = (lock) => (lock ? attempts(item) : Promise.reject('elsewhere'));
    const once = () =>
      navigator.locks ? navigator.locks.request('leadflow:' + item.id, { ifAvailable: true }, work) : work(true);
    onTheirWay[item.id] = onTheirWay[item.id] || once().finally(() => delete onTheirWay[item.id]);
    return onTheirWay[item.id];
  };

  let timer = 0;
  const tryLater = () => {
    clearTimeout(timer);
    timer = setTimeout(flush, AGAIN);
  };

  const tell = (target, name, detail) =>
    target.dispatchEvent(new CustomEvent('leadflow:' + name, { bubbles: true, cancelable: true, detail }));

  /* What an earlier visit or a lost connection left unsent. */
  const flush = () => {
    const unsent = queue();
    if (unsent.length) tryLater();
    unsent
      .filter((item) => !onTheirWay[item.id])
      .forEach((item) => {
        deliver(item).then(
          (answer) => {
            tell(document, 'sent', { key: item.key, submission_id: answer.submission_id, later: true });
            const waiting = document.querySelector(`[data-leadflow-waiting="${item.id}"]`);
            if (waiting) Object.assign(waiting, { textContent: waiting.dataset.thanks }).dataset.state = 'sent';
          },
          () => {},
        );
      });
  };

  const submit = (fields, key = options.key, more = {}) => {
    const item = { id: newId(), key, to: `${base}in/${key}`, at: Date.now() };
    item.fields = { ...attribution(), ...fields };
    keep(item);
    if (more.started) more.started(item);
    return deliver(item);
  };

  /* ---- forms ---- */

  const isEmail = (control) => control.type === 'email' || /e-?mail|почт/i.test(control.name);
  const isPhone = (control) => control.type === 'tel' || /phone|^tel$|телефон/i.test(control.name);
  const digits = (text) => text.replace(/\D/g, '').length;

  const wrongWith = (control) => {
    const ticked = control.type === 'checkbox' || control.type === 'radio';
    const value = ticked ? '' : control.value.trim();
    if (control.required && (control.validity.valueMissing || !(ticked || value))) {
      return control.type === 'checkbox' ? TEXTS.consent : TEXTS.required;
    }
    if (value && isEmail(control) && !/^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/.test(value)) return TEXTS.email;
    if (value && isPhone(control) && (digits(value) < 7 || digits(value) > 15)) return TEXTS.phone;
    return control.validity.valid ? '' : control.title || TEXTS.wrong;
  };

  const validate = (form) => {
    const controls = [...form.elements].filter((one) => one.name && one.willValidate && !one.closest('.leadflow-trap'));
    const wrong = controls.map((control) => [control, wrongWith(control)]).filter(([, text]) => text);
    const contacts = controls.filter((control) => isEmail(control) || isPhone(control));
    if (!wrong.length && contacts.length && contacts.every((one) => !one.value.trim())) {
      wrong.push([contacts[0], TEXTS.contact]);
    }
    return wrong;
  };

  const unmark = (control) => {
    const note = document.getElementById(control.getAttribute('aria-errormessage') || '');
    if (!note) return;
    note.remove();
    ['aria-invalid', 'aria-errormessage', 'aria-describedby'].forEach((name) => control.removeAttribute(name));
    if (control.dataset.leadflowHint) control.setAttribute('aria-describedby', control.dataset.leadflowHint);
  };

  const mark = (control, text) => {
    unmark(control);
    const note = document.createElement('span');
    note.id = 'leadflow-' + newId();
    note.className = 'leadflow-error';
    note.textContent = text;
    (control.type === 'checkbox' ? control.closest('label') || control : control).after(note);
    const hint = control.getAttribute('aria-describedby');
    if (hint) control.dataset.leadflowHint = hint;
    control.setAttribute('aria-invalid', 'true');
    control.setAttribute('aria-errormessage', note.id);
    control.setAttribute('aria-describedby', hint ? `${hint} ${note.id}` : note.id);
    control.addEventListener('input', () => unmark(control), { once: true });
  };

  /* A field that a person neither sees nor reaches; no inline style, so that a strict policy has nothing to refuse. */
  const addTrap = (form, name) => {
    if (!name || form.elements.namedItem(name)) return;
    const trap = document.createElement('div');
    trap.className = 'leadflow-trap';
    trap.setAttribute('aria-hidden', 'true');
    Object.assign(trap.style, { position: 'absolute', left: '-10000px', width: '1px', height: '1px', overflow: 'hidden' });
    const input = document.createElement('input');
    Object.assign(input, { name, type: 'text', tabIndex: -1, autocomplete: 'off' });
    trap.append(input);
    form.append(trap);
  };

  const addHidden = (form, name, value) => {
    if (value === undefined || value === null) return;
    if (typeof value === 'object') {
      Object.keys(value).forEach((inner) => addHidden(form, `${name}[${inner}]`, value[inner]));
      return;
    }
    const input = document.createElement('input');
    Object.assign(input, { type: 'hidden', name, value });
    form.append(input);
  };

  const isSecret = (form, name) => [...form.elements].some((one) => one.name === name && one.type === 'password');

  /* A password is for the page's own server, whatever it asks it for. */
  const fieldsOf = (form) => {
    const fields = {};
    new FormData(form).forEach((value, name) => {
      if (typeof value !== 'string' || isSecret(form, name)) return;
      fields[name] = name in fields ? [].concat(fields[name], value) : value;
    });
    return fields;
  };

  const hasFile = (form) => [...form.elements].some((one) => one.type === 'file' && one.files.length);

  /* Files cannot be kept for later: such a form goes the plain way, its marks in hidden fields. */
  const sendPlainly = (form, extra) => {
    Object.assign(form, { action: `${base}in/${options.key}`, method: 'post', enctype: 'multipart/form-data' });
    const told = { ...attribution(), ...extra };
    Object.keys(told).forEach((name) => addHidden(form, name, told[name]));
    HTMLFormElement.prototype.submit.call(form);
  };

  const bind = (form) => {
    if (form.dataset.leadflow) return;
    form.dataset.leadflow = 'bound';
    form.noValidate = true; // our messages, in the page's language
    const opened = Date.now();
    let status = form.querySelector('[data-leadflow-status]');
    if (!status) {
      status = document.createElement('p');
      status.className = 'leadflow-status';
      form.append(status);
    }
    status.setAttribute('role', 'status');
    status.setAttribute('aria-live', 'polite');
    let busy = false;
    const prepare = () => formOf(options.key).then((asked) => addTrap(form, asked.honeypot), () => {});
    form.addEventListener('focusin', prepare, { once: true });
    if (form.contains(document.activeElement)) prepare();

    const show = (state, text) => {
      status.textContent = text;
      status.dataset.state = state;
      busy = state === 'sending';
      form.setAttribute('aria-busy', String(busy));
      form.querySelectorAll('[type=submit], button:not([type])').forEach((button) => {
        button.setAttribute('aria-disabled', String(busy));
      });
    };

    form.addEventListener('input', () => {
      if (status.dataset.state === 'invalid' && !form.querySelector('[aria-invalid]')) show('', '');
    });

    form.addEventListener('submit', async (event) => {
      if (event.defaultPrevented) return;
      event.preventDefault();
      if (busy) return;
      const wrong = validate(form);
      [...form.elements].forEach((control) => unmark(control));
      wrong.forEach(([control, text]) => mark(control, text));
      if (wrong.length) {
        show('invalid', TEXTS.check);
        wrong[0][0].focus();
        tell(form, 'invalid', { fields: wrong.map(([control]) => control.name) });
        return;
      }
      const extra = { fill_ms: Date.now() - opened };
      if (hasFile(form)) {
        sendPlainly(form, extra);
        return;
      }
      show('sending', TEXTS.sending);
      const asked = await formOf(options.key).catch(() => ({}));
      const thanks = options.thanks || asked.thanks || TEXTS.sent;
      try {
        const answer = await submit({ ...fieldsOf(form), ...extra }, options.key, {
          started: (item) => Object.assign(status.dataset, { leadflowWaiting: item.id, thanks }),
        });
        show('sent', thanks);
        form.reset();
        const goOn = tell(form, 'sent', { key: options.key, submission_id: answer.submission_id, later: false });
        const next = options.redirect || asked.redirect_url;
        if (goOn && next && next !== 'none') location.assign(next);
      } catch (reason) {
        show(reason, TEXTS[reason] || TEXTS.failed);
        if (reason !== 'again') form.reset();
        tell(form, reason, { key: options.key });
      }
    });
  };

  /* ---- drawing ---- */

  const element = (name, properties, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  const TYPES = { phone: 'tel', email: 'email' };
  const AUTOCOMPLETE = { name: 'name', phone: 'tel', email: 'email', company: 'organization' };

  const drawField = (field, optional) => {
    const id = 'leadflow-' + newId();
    const common = { id, name: field.name, required: field.required, autocomplete: AUTOCOMPLETE[field.name] || 'off' };
    let control;
    if (field.options.length) {
      control = element('select', common, new Option('', ''), ...field.options.map((one) => new Option(one, one)));
    } else if (field.name === 'message') {
      control = element('textarea', { ...common, rows: 4 });
    } else {
      control = element('input', { ...common, type: TYPES[field.name] || 'text' });
    }
    const label = element('label', { htmlFor: id, textContent: field.label });
    if (!field.required) label.append(' ', element('span', { className: 'leadflow-optional', textContent: `(${optional})` }));
    return element('div', { className: 'leadflow-field' }, label, control);
  };

  const drawConsent = (consent) => {
    const box = element('input', { type: 'checkbox', name: 'consent', value: 'yes', required: consent.required });
    const text = element('span', { textContent: consent.text });
    if (consent.policy_url) {
      text.append(' ', element('a', { href: consent.policy_url, target: '_blank', rel: 'noopener', textContent: consent.policy }));
    }
    const version = element('input', { type: 'hidden', name: 'consent_version', value: consent.version });
    return element('div', { className: 'leadflow-consent' }, element('label', {}, box, ' ', text), version);
  };

  const draw = async (place, put) => {
    if (options.style !== 'none') document.head.append(element('link', { rel: 'stylesheet', href: base + 'embed.css' }));
    const asked = await formOf(options.key);
    if (!asked.fields) return;
    const form = element('form', { className: 'leadflow-form', method: 'post', action: `${base}in/${options.key}` });
    if (asked.title) form.append(element('h2', { textContent: asked.title }));
    if (asked.intro) form.append(element('p', { textContent: asked.intro }));
    form.append(...asked.fields.map((field) => drawField(field, asked.optional)));
    if (asked.consent) form.append(drawConsent(asked.consent));
    addTrap(form, asked.honeypot);
    form.append(element('button', { type: 'submit', textContent: asked.button }));
    put(place, form);
    bind(form);
  };

  const start = () => {
    if ('draw' in options) {
      const place = options.draw ? document.querySelector(options.draw) : script;
      if (place) draw(place, options.draw ? (at, form) => at.append(form) : (at, form) => at.after(form)).catch(() => {});
    }
    if (options.form) document.querySelectorAll(options.form).forEach(bind);
    addEventListener('online', flush);
    flush();
  };

  window.leadflow = window.leadflow || {
    /** Sends fields as a form would; resolves with `{submission_id}`, rejects with 'kept', 'failed' or 'again'. */
    submit: (fields, key) => submit(fields, key),
    /** Binds a form that came into the page later. */
    bind,
    /** For `data-consent="required"`: from now on touches and ids may be kept; `false` forgets them. */
    consent: (given) => {
      agreed = given === true;
      write('localStorage', 'consent', agreed);
      if (agreed) rememberVisit();
      else ['first', 'last'].forEach((name) => write('localStorage', name, null));
    },
    /** What a submission would tell of where the visitor came from. */
    attribution,
  };

  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
  else start();
})();
