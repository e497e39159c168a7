// Runs before hydration. A form marked data-local is read in the browser and must not be sent: pressed
// too early it is kept, with what its fields say, and submitted to the page once that listens.
(() => {
  const root = document.documentElement;
  const ready = () => root.dataset.js === 'on';
  let kept = null;
  addEventListener('submit', (event) => {
    const form = event.target;
    if (ready() || !form.hasAttribute('data-local')) return;
    event.preventDefault();
    form.setAttribute('aria-busy', 'true');
    kept = { form, fields: [...form.elements].filter((field) => field.name).map((field) => [field, field.value]) };
  }, true);
  new MutationObserver((_, observer) => {
    if (!ready()) return;
    observer.disconnect();
    if (!kept) return;
    for (const [field, value] of kept.fields) {
      field.value = value;
      field.dispatchEvent(new Event('change', { bubbles: true }));
    }
    kept.form.removeAttribute('aria-busy');
    kept.form.requestSubmit();
  }).observe(root, { attributeFilter: ['data-js'] });
})();
