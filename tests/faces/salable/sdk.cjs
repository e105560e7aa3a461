// Runs calls of Salable's own client and prints what its user gets of each, as one JSON list.
//
//     node sdk.cjs <package> <key> <url> '[["products", "getOne", ["…"]], …]'
//
// The client has its host compiled in; so requests to it are sent to <url> instead, and nothing else is changed.

const [package_, key, url, calls] = process.argv.slice(2);
const real = globalThis.fetch;
globalThis.fetch = (to, options) => real(String(to).replace('https://api.salable.app', url), options);

const { Salable, SalableApi } = require(package_);
const client = new (Salable ?? SalableApi)(key);

(async () => {
  const results = [];
  for (const [resource, method, args] of JSON.parse(calls)) {
    try {
      results.push({ value: (await client[resource][method](...args)) ?? null });
    } catch (error) {
      results.push({ error: error.message, name: error.name });
    }
  }
  console.log(JSON.stringify(results));
})();
