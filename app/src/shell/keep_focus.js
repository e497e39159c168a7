// An element that is moved in the document, as a row is when the order changes, loses the focus
// (https://html.spec.whatwg.org/multipage/interaction.html#focus-fixup). This gives it back.
(() => {
  let last = null;
  addEventListener('focusin', (event) => (last = event.target), true);
  addEventListener('pointerdown', () => (last = null), true);
  new MutationObserver((changes) => {
    if (!last?.isConnected || document.activeElement !== document.body) return;
    const moved = changes.some((change) => [...change.removedNodes].some((node) => node.contains(last)));
    if (moved) last.focus({ preventScroll: true });
  }).observe(document, { childList: true, subtree: true });
})();
