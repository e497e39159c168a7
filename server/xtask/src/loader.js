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
const load = ([module, name, from, to]) => once(modules, module, async () =>
    WebAssembly.instantiate(new Uint8Array(await file(name), from, to - from), getSharedImports()));
// Where the modules of a file lie in it: one behind the other.
function places(name) {
    let end = 0;
    return (contents[name] ?? []).map((module) => [module, name, end, (end += sizes[module])]);
}
// All modules of a page or a part of one, its own last, and those that all pages share.
async function all(name) {
    const own = places(name);
    file(name).catch(() => {}); // Both files at once; a failure is told where the file is used.
    await Promise.all([...places("shared.bin"), ...own.slice(0, -1)].map(load));
    await load(own.at(-1));
}
// A page that cannot be fetched stays asked for: the page shown says so (`app/src/live/lazy_pages.rs`)
// and asks again. Before hydration nobody listens, and the failure is final.
async function page(name) {
    for (;;) {
        try {
            return await all(name);
        } catch (error) {
            if (document.documentElement.dataset.js !== "on") throw error;
            await new Promise((again) => {
                addEventListener("pgdeck-load-page", again, { once: true });
                dispatchEvent(new Event("pgdeck-no-page"));
            });
        }
    }
}
