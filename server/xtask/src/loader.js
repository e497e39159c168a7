const files = new Map(), modules = new Map();
// Once, unless it failed: then the next who asks tries again.
function once(all, name, make) {
    if (!all.has(name)) {
        const made = make();
        all.set(name, made);
        made.catch(() => all.delete(name));
    }
    return all.get(name);
}
const file = (name) => once(files, name, async () => {
    const answer = await fetch(new URL(`./${name}`, import.meta.url));
    if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
    return answer.arrayBuffer();
});
const load = ([piece, name, from, to]) => once(modules, piece, async () =>
    WebAssembly.instantiate(new Uint8Array(await file(name), from, to - from), getSharedImports()));
async function all(pieces) {
    const own = pieces.at(-1);
    file(own[1]).catch(() => {}); // Both files at once; a failure is told where the file is used.
    await Promise.all(pieces.slice(0, -1).map(load));
    await load(own);
}
// A page that cannot be fetched stays asked for: the page shown says so (`app/src/live/lazy_pages.rs`)
// and asks again. Before hydration nobody listens, and the failure is final.
async function page(indices) {
    const pieces = indices.map((at) => places[at]);
    for (;;) {
        try {
            return await all(pieces);
        } catch (error) {
            if (document.documentElement.dataset.js !== "on") throw error;
            await new Promise((again) => {
                addEventListener("pgdeck-load-page", again, { once: true });
                dispatchEvent(new Event("pgdeck-no-page"));
            });
        }
    }
}
