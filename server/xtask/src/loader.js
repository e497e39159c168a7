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
async function page(pieces) {
    const own = pieces.at(-1);
    file(own[1]); // Both files at once.
    await Promise.all(pieces.slice(0, -1).map(load));
    await load(own);
}
